"""The small BERT of `lessons.bert.pretraining`, as it is after its last step: to fine-tune without waiting for it."""

from lessons.bert.fine_tuning import compare, mean
from lessons.bert.models import MaskedLanguageModel
from lessons.bert.pretraining import D_MODEL, LAYERS, held_out, pretraining
from lessons.zoo.recipes import Recipe

SEED = 0
LABELS = 32  # sentences of the fine-tuning that is part of the score


def score(model: MaskedLanguageModel, text: str) -> dict[str, float]:
    """On held-out reviews: top1, top5, nats. `scratch` and `fine_tuned`: right answers on words without a label."""
    figures = held_out(model)
    rows = compare(model, labels=(LABELS,), starts=("scratch", "fine-tuned"))
    return {
        "top1": figures.top1,
        "top5": figures.top5,
        "nats": figures.nats,
        "scratch": mean(rows, "scratch", LABELS).new_words,
        "fine_tuned": mean(rows, "fine-tuned", LABELS).new_words,
    }


def reviews_bert() -> Recipe:
    """The recipe."""
    return Recipe(
        name="reviews-bert",
        title=f"BERT that reads short reviews, {LAYERS} layers of width {D_MODEL}",
        kind="masked-language-model",
        architecture="bert",
        licence="MIT",
        source="reviews that lessons/text/reviews.py writes",
        text_sha256=None,
        seed=SEED,
        tolerance={"top1": 0.05, "fine_tuned": 0.1, "scratch": 0.12},
        training=lambda text: pretraining(SEED),
        score=score,
    )
