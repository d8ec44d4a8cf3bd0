"""The heads of two real models, measured on texts of our own: what lesson 3 says of them."""

import pytest
import torch

from lessons import zoo
from lessons.attention.deletion import deleted, next_probabilities, similarity, surprise
from lessons.attention.head_scores import best_head, chance, score_table
from lessons.attention.heads import read, read_heads
from lessons.text.repeats import twice
from lessons.text.tale import TALE
from tests.real_weights import needs_real

FLOWING = " ".join(TALE.split())
INDUCTION = [(17, 3), (17, 4), (17, 5), (18, 6), (18, 7), (20, 6)]  # of SmolLM2
NAME = "My neighbour is called Wolmar Tenkel. Everybody in our street likes Wolmar"


def best(scores: dict, job: str) -> tuple[tuple[int, int], float]:
    """The head that does the job best, and its score."""
    layer, head = best_head(scores[job])
    return (layer, head), scores[job][layer, head].item()


@pytest.fixture(scope="module")
def minilm():
    return zoo.load("minilm-l6")


@pytest.fixture(scope="module")
def tale(minilm):
    """The beginning of the tale as MiniLM reads it."""
    return read(minilm, FLOWING)


@pytest.fixture(scope="module")
def smollm2():
    return zoo.load("smollm2-135m")


@pytest.fixture(scope="module")
def ids(smollm2):
    """Forty random pieces that come twice."""
    return twice(smollm2.tokenizer, 40)


@pytest.fixture(scope="module")
def nats(smollm2, ids):
    """How much each of them surprises SmolLM2."""
    return surprise(smollm2, ids)


def require(scores: dict, expected: dict) -> None:
    """The best head for every job is the expected one, and its score lies within .03."""
    for job, (head, score) in expected.items():
        found, value = best(scores, job)
        assert found == head and value == pytest.approx(score, abs=0.03), (job, found, value)


@needs_real("minilm-l6")
def test_the_best_heads_of_minilm(tale):
    require(
        tale.scores,
        {
            "previous_token": ((0, 2), 0.99),
            "next_token": ((1, 8), 0.67),
            "first_token": ((1, 11), 0.68),
            "same_word": ((2, 9), 0.43),
        },
    )


@needs_real("minilm-l6")
def test_its_sink_is_the_first_sign_and_not_the_separator(tale):
    assert tale.tokens[0] == "[CLS]" and tale.tokens[-1] == "[SEP]"
    assert best(tale.scores, "separator")[1] < 0.1
    assert tale.scores["first_token"].median() > 20 * tale.chance["first_token"]


@needs_real("minilm-l6")
def test_an_encoder_has_no_induction_for_it_need_not_foretell(tale):
    assert best(tale.scores, "induction")[1] < 0.1


@needs_real("minilm-l6")
def test_the_meaning_of_a_sentence_outlives_a_head(minilm):
    """Of all heads, (5, 7) changes this similarity most."""
    texts = "The king gave the fox his crown.", "A ruler handed an animal his treasure."
    a, b = (torch.tensor(minilm.tokenizer.encode(text).ids) for text in texts)
    whole = similarity(minilm, a, b)
    with deleted(minilm, [(5, 7)]):
        change = similarity(minilm, a, b) - whole
    assert whole == pytest.approx(0.509, abs=0.02) and change == pytest.approx(0.036, abs=0.01)


@needs_real("smollm2-135m")
def test_the_best_heads_of_smollm2_on_a_tale(smollm2):
    scores = read(smollm2, FLOWING).scores
    require(scores, {"previous_token": ((16, 0), 0.75), "separator": ((1, 1), 0.51)})
    assert best(scores, "first_token")[1] > 0.99
    begun = read(smollm2, FLOWING[:400]).scores["first_token"]  # as the lesson measures it
    assert 1 / 3 < (begun > 0.5).float().mean() < 0.45, "more than a third rest on the first token"


@needs_real("smollm2-135m")
def test_the_best_heads_of_smollm2_on_pieces_that_come_twice(smollm2, ids):
    patterns, none = read_heads(smollm2, ids), torch.zeros(len(ids), dtype=torch.bool)
    scores = score_table(patterns, ids, none)
    require(
        scores,
        {
            "previous_token": ((16, 0), 0.90),
            "first_token": ((18, 8), 1.0),
            "same_word": ((14, 3), 0.84),
            "induction": ((18, 6), 0.91),
        },
    )
    assert chance(patterns, ids, none)["induction"] < 0.02
    above_half = {tuple(place) for place in (scores["induction"] > 0.5).nonzero().tolist()}
    assert set(INDUCTION) < above_half and len(above_half) == 7


@needs_real("smollm2-135m")
def test_the_second_time_is_no_surprise(nats):
    assert nats[:39].mean() > 9 and nats[40:].mean() < 1


@needs_real("smollm2-135m")
@pytest.mark.parametrize(
    "heads, least, most",
    [
        ([(18, 6)], 0.7, 1.2),  # the best head for induction
        ([(16, 0)], 2.2, 3.0),  # the best head for the previous token, on whose word induction stands
        ([(18, 8)], -0.02, 0.02),  # the best sink
        (INDUCTION, 5.0, 7.5),
    ],
)
def test_what_a_deleted_head_costs_the_second_time(smollm2, ids, nats, heads, least, most):
    with deleted(smollm2, heads):
        change = surprise(smollm2, ids) - nats
    assert least < change[40:].mean() < most, change[40:].mean()
    assert change[:39].mean().abs() < 0.15  # the first time has nothing to do with it


@needs_real("smollm2-135m")
def test_a_name_is_foretold_until_the_heads_for_induction_are_deleted(smollm2):
    ids = torch.tensor(smollm2.tokenizer.encode(NAME).ids)
    expected = smollm2.tokenizer.encode(" Ten").ids[0]
    assert next_probabilities(smollm2, ids)[expected] == pytest.approx(0.545, abs=0.03)
    with deleted(smollm2, [(18, 6)]):  # the others stand in for one alone
        assert next_probabilities(smollm2, ids)[expected] == pytest.approx(0.543, abs=0.04)
    with deleted(smollm2, INDUCTION):
        assert next_probabilities(smollm2, ids)[expected] == pytest.approx(0.01, abs=0.008)
    with deleted(smollm2, [(0, 6)]):  # no head for induction, and needed by those above
        assert next_probabilities(smollm2, ids)[expected] == pytest.approx(0.018, abs=0.01)
    others = [(layer, head) for layer in range(15, 24) for head in range(9) if (layer, head) not in INDUCTION]
    for seed in range(6):
        drawn = torch.randperm(len(others), generator=torch.Generator().manual_seed(seed))[:6]
        with deleted(smollm2, [others[i] for i in drawn]):
            assert 0.40 < next_probabilities(smollm2, ids)[expected] < 0.77


@needs_real("smollm2-135m")
def test_without_its_best_induction_head_the_second_copy_surprises_about_twice_as_much(smollm2, ids):
    def second_copy() -> float:
        nats = surprise(smollm2, ids)
        return nats[len(nats) // 2 :].mean().item()

    whole = second_copy()
    with deleted(smollm2, [(18, 6)]):
        without = second_copy()
    assert whole == pytest.approx(1.15, abs=0.1) and without == pytest.approx(2.06, abs=0.15)
