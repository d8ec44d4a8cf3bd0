"""Beam search. `tests/reference/test_generate.py` compares with transformers."""

import pytest
import torch

from lessons.gpt.beam import beam_search
from lessons.gpt.generate import generate, prompt_ids
from tests.attention.tiny import decoder
from tests.gpt.test_generate import script

PROMPT = "The wolf knocked"


@pytest.fixture(scope="module")
def model():
    return decoder()


@torch.no_grad()
def log_probability(model, prompt, ids):
    """Of every token of a text, in one reading."""
    start = prompt_ids(model, prompt)[0]
    found = model(torch.tensor([start + ids]))[0].log_softmax(dim=-1)
    return sum(found[len(start) + i - 1, token].item() for i, token in enumerate(ids))


@pytest.mark.parametrize("prompt", ["", PROMPT, "Once upon a time"])
def test_one_beam_is_greedy(model, prompt):
    (beam,) = beam_search(model, prompt, 1, 12)
    (greedy,) = generate(model, [prompt], 12)
    assert (beam.text, beam.ids) == (greedy.text, greedy.ids)


def test_a_beam_says_how_probable_it_is_and_the_best_comes_first(model):
    beams = beam_search(model, PROMPT, 5, 8)
    assert len(beams) == 5 and len({tuple(beam.ids) for beam in beams}) == 5
    for beam in beams:
        assert beam.log_probability == pytest.approx(log_probability(model, PROMPT, beam.ids), rel=1e-4)
        assert beam.score == beam.log_probability / len(beam.ids)
        assert beam.text == model.tokenizer.decode(beam.ids).rstrip("\ufffd")
    scores = [beam.score for beam in beams]
    assert scores == sorted(scores, reverse=True)


def test_wide_enough_it_finds_the_most_probable_text(model):
    """As many beams as there are tokens: of two tokens every text is looked at."""
    vocab = model.config.vocab
    (best, *_) = beam_search(model, PROMPT, vocab, 2)
    start = prompt_ids(model, PROMPT)[0]
    with torch.no_grad():
        first = model(torch.tensor([start]))[0, -1].log_softmax(-1)
        texts = torch.tensor([[*start, token] for token in range(vocab)])
        both = first[:, None] + model(texts)[:, -1].log_softmax(-1)
    both[0] = -torch.inf  # nothing follows the sign
    ended_at_once = first[0].item()
    assert best.score == pytest.approx(max(both.max().item() / 2, ended_at_once), rel=1e-4)


def test_stop_strings_end_a_beam():
    text = "The wolf knocked at the door"
    (best, *_) = beam_search(script(text), "x", 1, 30, stop=["ked a"])
    assert best.text == " The wolf knoc"
    assert decoder().tokenizer.decode(best.ids).startswith(" The wolf knocked a")


def test_a_sign_ends_a_beam():
    model = script("a wolf")
    model.tokens = [*model.tokens, 0, 5, 5, 5, 5, 5]
    (best, *_) = beam_search(model, "x", 1, 30)
    assert best.text == " a wolf" and best.ids[-1] == 0


def test_it_ends_where_the_context_is_full(model):
    ids = prompt_ids(model, PROMPT)[0]
    for beam in beam_search(model, PROMPT, 2, 1000):
        assert len(ids) + len(beam.ids) == model.config.context or beam.ids[-1] == 0


@pytest.mark.parametrize(("wish", "sentence"), [
    ({"beams": 0}, "There must be 1 beam or more, not 0"),
    ({"tokens": 0}, "1 token or more to write, not 0"),
    ({"stop": [""]}, "An empty stop string"),
])  # fmt: skip
def test_wishes_that_cannot_be(model, wish, sentence):
    with pytest.raises(ValueError, match=sentence):
        beam_search(model, PROMPT, **wish)
