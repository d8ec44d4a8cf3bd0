"""What SmolLM2 does with examples in its prompt: eight tasks of ours, with 0 to 8 shots (after Brown et al. 2020).

    points()["opposites"]["4 shots"].accuracy       # Interval(mean=…, low=…, high=…)

The curve is that of examples alone: without a shot only the labels say what is wanted. Beside it stand an instruction
in place of examples ("told"), and four examples that all have the answer of another ("contradicted"; Min et al. 2022
ask the same of larger models). The model is the one that was trained to follow instructions, but the prompt is plain
text, without its signs for a conversation: so it is asked in the lesson, too.
"""

from typing import Any

from torch import nn
from tqdm.auto import tqdm

from lessons import zoo
from lessons.core.bootstrap import Interval
from lessons.gpt.few_shot import Point, Score, answer_scores, point, questions
from lessons.text.word_tasks import TASKS
from lessons.zoo.recipes import Measurement

NAME, MODEL, SEED = "few-shot-smollm2", "smollm2-135m", 0
CONDITIONS: dict[str, dict[str, Any]] = {
    **{f"{shots} shot{'s' if shots != 1 else ''}": {"shots": shots} for shots in (0, 1, 2, 4, 8)},
    "told": {"shots": 0, "told": True},
    "contradicted": {"shots": 4, "contradicting": True},
}
"""What a model is shown -> how to ask for it, see `few_shot.questions`."""


def points() -> dict[str, dict[str, Point]]:
    """What was measured: task -> condition -> the means and the score of every question. ZooError."""
    return {
        task: {condition: _restored(found) for condition, found in conditions.items()}
        for task, conditions in zoo.measured(NAME).items()
    }


def measure(model: nn.Module) -> dict[str, Any]:
    """All tasks in all conditions."""
    rounds = [(task, condition) for task in TASKS for condition in CONDITIONS]
    figures: dict[str, Any] = {task: {} for task in TASKS}
    for task, condition in tqdm(rounds):
        asked = CONDITIONS[condition]
        scores = answer_scores(model, *questions(TASKS[task], seed=SEED, **asked))
        figures[task][condition] = _stored(point(asked["shots"], scores))
    return figures


def _stored(point: Point) -> dict[str, Any]:
    """A point as JSON can hold it; "right" has a 1 or a 0 for every question."""
    return {
        "shots": point.shots,
        **{key: _rounded(interval) for key, interval in (("accuracy", point.accuracy), ("chance", point.probability))},
        "right": "".join("01"[score.right] for score in point.scores),
        "chances": [round(score.probability, 6) for score in point.scores],
    }


def _restored(found: dict[str, Any]) -> Point:
    scores = [Score(p, right == "1") for p, right in zip(found["chances"], found["right"], strict=True)]
    return Point(found["shots"], Interval(*found["accuracy"]), Interval(*found["chance"]), scores)


def _rounded(interval: Interval) -> list[float]:
    return [round(value, 6) for value in (interval.mean, interval.low, interval.high)]


def few_shot() -> Measurement:
    """The measurement."""
    return Measurement(name=NAME, title="Few-shot tasks, 0 to 8 examples", model=MODEL, seed=SEED, measure=measure)
