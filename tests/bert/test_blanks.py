"""Blanks: what is asked, what may fill them, and the two ways."""

import math

import pytest
import torch

from lessons.bert import blanks
from lessons.bert.blanks import MASK, candidates, chain, fill, fill_in_turn
from tests.bert.toy_blanks import ENTRIES, SIGNS, WORDS, toy_model
from tests.equality import assert_equal

TEXT = "the cat sat on the large mat in the city."
PLACES = [6, 2, 10]
MODEL = toy_model(14)
IDS = torch.tensor(MODEL.tokenizer.encode(TEXT).ids)
HIDDEN = MODEL.tokenizer.special(MASK)


def asked(ids: list[int], place: int) -> torch.Tensor:
    """The chances at a place, by the whole model and without our functions."""
    with torch.no_grad():
        return MODEL(torch.tensor([ids]))[0, place].softmax(dim=-1)


def hidden(places: list[int], words: dict[int, int] | None = None) -> list[int]:
    ids = [HIDDEN if place in places else word for place, word in enumerate(IDS.tolist())]
    return [(words or {}).get(place, word) for place, word in enumerate(ids)]


def test_what_may_fill_a_blank_is_a_word_or_a_piece() -> None:
    allowed = candidates(MODEL.tokenizer)
    assert [ENTRIES[i] for i in range(len(ENTRIES)) if allowed[i]] == WORDS, "the bracket that was typed is a word"


def test_every_blank_is_hidden_and_answered_by_itself_in_the_order_asked() -> None:
    guesses = fill(MODEL, IDS, PLACES, best=4)
    assert [guess.place for guess in guesses] == PLACES
    for guess in guesses:
        chances = asked(hidden(PLACES), guess.place)
        assert_equal(guess.chances, chances)
        words = sorted((i for i in range(len(ENTRIES)) if ENTRIES[i] in WORDS), key=lambda i: -chances[i])
        assert guess.words == words[:4]
        assert guess.probabilities == pytest.approx([chances[i].item() for i in words[:4]], rel=1e-10)
        assert [guess.rank(word) for word in words] == list(range(1, len(words) + 1))
    other = IDS.clone()
    other[PLACES] = 7
    assert_equal(fill(MODEL, other, PLACES)[0].chances, guesses[0].chances)


def test_a_sign_fills_no_blank_however_likely_it_is() -> None:
    model = toy_model()
    with torch.no_grad():
        model.head.bias[[ENTRIES.index(entry) for entry in [*SIGNS, "[unused0]", "[unused1]"]]] += 30
    guess = fill(model, IDS, [2], best=500)[0]
    assert sorted(ENTRIES[word] for word in guess.words) == sorted(WORDS)
    assert guess.probabilities[0] < 1e-3 and guess.chances.sum().item() == pytest.approx(1), "the rest is the signs'"
    assert guess.rank(guess.words[0]) == 1


def test_one_after_the_other_begins_with_the_surest_and_tells_the_rest() -> None:
    filling = fill_in_turn(MODEL, IDS, PLACES)
    words, left = {}, list(PLACES)
    for step in filling.steps:
        chances = {place: asked(hidden(PLACES, words), place)[candidates(MODEL.tokenizer)] for place in left}
        surest = max(left, key=lambda place: chances[place].max())
        assert step.place == surest
        assert step.probabilities[0] == pytest.approx(chances[surest].max().item(), rel=1e-10)
        words[step.place] = step.words[0]
        left.remove(surest)
    assert left == [] and filling.ids.tolist() == hidden(PLACES, words)
    again = fill_in_turn(MODEL, IDS, PLACES, first=fill(MODEL, IDS, PLACES))
    assert [step.words for step in again.steps] == [step.words for step in filling.steps], "with a pass less"
    assert torch.equal(again.ids, filling.ids)


def test_the_two_ways_begin_alike_and_may_end_otherwise() -> None:
    apart, turns = fill(MODEL, IDS, PLACES), fill_in_turn(MODEL, IDS, PLACES).steps
    by_place = {guess.place: guess for guess in apart}
    assert turns[0].words == by_place[turns[0].place].words
    assert any(step.words[0] != by_place[step.place].words[0] for step in turns), "a model that tells nothing apart"
    assert fill_in_turn(MODEL, IDS, [4]).steps[0].words == fill(MODEL, IDS, [4])[0].words


def test_a_chain_is_the_product_of_answers_one_after_the_other() -> None:
    words = [ENTRIES.index(word) for word in ("fox", "new", "tea")]
    filled, expected = {}, []
    for place, word in zip(PLACES, words, strict=True):
        expected.append(asked(hidden(PLACES, filled), place)[word].item())
        filled[place] = word
    assert chain(MODEL, IDS, PLACES, words) == pytest.approx(expected, rel=1e-10)
    turned = chain(MODEL, IDS, PLACES[::-1], words[::-1])
    assert math.prod(turned) != pytest.approx(math.prod(expected), rel=1e-3), "two orders are two products"


def test_the_chain_of_a_filling_is_what_it_was_filled_with() -> None:
    steps = fill_in_turn(MODEL, IDS, PLACES).steps
    found = chain(MODEL, IDS, [step.place for step in steps], [step.words[0] for step in steps])
    assert found == pytest.approx([step.probabilities[0] for step in steps], rel=1e-10)


def test_nothing_is_changed() -> None:
    model = toy_model()
    model.encoder.drop.p = 0.5
    model.train()
    typed = model.tokenizer.encode(TEXT).ids
    ids = torch.tensor(typed)
    one, two = fill(model, ids, [2])[0], fill(model, ids, [2])[0]
    assert torch.equal(one.chances, two.chances), "no dropout while it is asked"
    assert not one.chances.requires_grad and model.training
    fill_in_turn(model, ids, PLACES)
    chain(model, ids, PLACES, [7, 8, 9])
    assert ids.tolist() == typed


def test_the_head_scores_the_blanks_alone() -> None:
    sizes = []
    handle = MODEL.head.register_forward_hook(lambda _, args, __: sizes.append(list(args[0].shape)))
    try:
        fill(MODEL, IDS, [2, 4])
    finally:
        handle.remove()
    assert sizes == [[1, 2, 16]]


@pytest.mark.parametrize(
    ("places", "sentence"),
    [
        ([], "There is no blank to fill: choose at least one token."),
        ([2, 40], "There is no token 40 to hide: they are numbered from 0 to 12."),
        ([-1], "There is no token -1 to hide"),
        ([2, 3, 2], "A blank is filled once: [2, 3, 2] names one twice."),
    ],
)
def test_wrong_places_are_named(places: list[int], sentence: str) -> None:
    for ask in (fill, fill_in_turn, lambda model, ids, places: chain(model, ids, places, places)):
        with pytest.raises(ValueError) as error:
            ask(MODEL, IDS, places)
        assert str(error.value).startswith(sentence)


def test_other_mistakes_are_sentences() -> None:
    with pytest.raises(ValueError, match="best must be 1 or more, not 0"):
        fill(MODEL, IDS, [2], best=0)
    with pytest.raises(ValueError, match="2 words do not fit 1 blanks"):
        chain(MODEL, IDS, [2], [7, 8])
    with pytest.raises(ValueError, match="30"):
        fill(MODEL, IDS.repeat(3), [2])


def test_all_words_can_be_hidden() -> None:
    places = list(range(1, len(IDS) - 1))
    assert len(fill(MODEL, IDS, places)) == len(places) == len(fill_in_turn(MODEL, IDS, places).steps)
    assert blanks.candidates(MODEL.tokenizer)[fill_in_turn(MODEL, IDS, places).ids[1:-1]].all()
