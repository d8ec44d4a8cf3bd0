"""The answers of lesson 05, computed with the course's own masking, WordPiece and BERT."""

import math

import torch

from lessons import zoo
from lessons.bert.encoder import BertConfig
from lessons.bert.fine_tuning import compare, mean
from lessons.bert.masking import IGNORE, KEPT, Masking, mask_tokens, masked_loss
from lessons.bert.models import MaskedLanguageModel
from lessons.bert.variants import COMPARISONS, SIZES
from lessons.checks import all_questions
from lessons.checks.masking_blanks import CITIES
from lessons.core.seed import generator, seeded
from lessons.text.wordpiece import pieces_of

QUESTIONS = all_questions()
VOCAB = 30_522


def chosen(key: str) -> str:
    return QUESTIONS[key].options[QUESTIONS[key].answer]


def test_unknown():
    vocabulary = ["un", "unf", "##fit", "[UNK]"]
    assert pieces_of("unfit", vocabulary) == ["[UNK]"] == [chosen("05.unknown")]
    assert pieces_of("unfit", ["un", "##fit"]) == ["un", "##fit"], "greed made it unknown"


def test_unchanged():
    texts, time = 4000, 200
    ids = torch.randint(5, VOCAB, (texts, time), generator=generator(0))
    everywhere = torch.ones_like(ids, dtype=torch.bool)
    masked = mask_tokens(ids, everywhere, 4, torch.arange(5, VOCAB), Masking(), generator(1))
    alike = (masked.labels != IGNORE) & (masked.ids == ids)
    mean = time * 0.15 * 0.1
    bound = 5 * math.sqrt(time * 0.015 * 0.985 / texts)  # five deviations of the mean of `texts` binomial counts
    assert abs(alike.sum().item() / texts - mean) < bound
    assert (alike & (masked.fate != KEPT)).sum() <= 30, "a random token is the same by chance, and hardly ever"
    assert round(mean, 9) == QUESTIONS["05.unchanged"].answer
    for wrong in (20, 30, 27):  # 10 % of all; all that have a label; all the labels that were changed
        assert QUESTIONS["05.unchanged"].score(wrong) == 0.0


def test_start():
    with seeded(0):
        model = MaskedLanguageModel(BertConfig(vocab=VOCAB, d_model=24, layers=1, heads=2, d_ff=48, context=32))
    ids = torch.randint(5, VOCAB, (4, 32), generator=generator(0))
    with torch.no_grad():
        loss = masked_loss(model(ids), ids).item()
    answer = QUESTIONS["05.start"].answer
    assert round(loss, 1) == round(math.log(VOCAB), 1) == answer
    assert QUESTIONS["05.start"].score(math.log2(VOCAB)) == 0.0  # in bits
    assert QUESTIONS["05.start"].score(1.0) == 0.0


def test_signal():
    answer = QUESTIONS["05.signal"].answer
    assert round(1 / Masking().rate, 2) == answer
    assert QUESTIONS["05.signal"].score(15) == QUESTIONS["05.signal"].score(1.0) == 0.0


def test_blanks():
    question = QUESTIONS["05.blanks"]
    guesses = CITIES(["I", "went", "to", "[MASK]", "[MASK]", "today"])
    assert " ".join(word for word, _ in guesses.values()) == "New Francisco" == chosen("05.blanks")
    assert [round(probability, 2) for _, probability in guesses.values()] == [0.54, 0.36]
    for sentence, weight in CITIES.sentences:  # the question tells of the same model
        assert " ".join(sentence.split()[3:5]) in question.text and f"{weight:.2f}" in question.text
    assert "New Francisco" not in " ".join(sentence for sentence, _ in CITIES.sentences)


def test_wide():
    bert, albert = SIZES["BERT large"], SIZES["ALBERT xxlarge"]
    assert (albert.layers, albert.shared, albert.d_model) == (12, True, 4 * bert.d_model)
    assert (albert.published["ALBERT"], bert.published["ALBERT"]) == (235, 334)
    comparison = COMPARISONS["speed"]
    speed = {name: values[comparison.measures.index("speed")] for name, values in comparison.rows.items()}
    assert speed["ALBERT xxlarge"] == 0.3 and speed["BERT large"] == 1.0
    assert chosen("05.wide") == "At about a third of the speed."


def test_gain():
    rows = compare(zoo.load("reviews-bert"), labels=(32,), starts=("scratch", "fine-tuned"))
    scratch, tuned = (mean(rows, start, 32).new_words for start in ("scratch", "fine-tuned"))
    assert abs(scratch - 0.5) < 0.12 and tuned > 0.9
    assert chosen("05.gain") == "From scratch as often as guessing, pre-trained above 0.9."
