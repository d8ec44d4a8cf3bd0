"""The panel that fills blanks, without a browser."""

import math

import numpy as np
import pytest
import torch
import traitlets as t

from lessons import zoo
from lessons.attention.heads import read_heads
from lessons.bert.blanks import chain, fill, fill_in_turn
from tests.bert.toy_blanks import toy_model
from widgets.explorers import blank_views, model_choice
from widgets.explorers.blank_views import APART, IN_TURN, MOST_IN_TURN
from widgets.explorers.blanks import HIDDEN, OPENING, TITLES, BlanksExplorer

TEXT = "the cat sat on the large mat in the city."
PLACES = [2, 6, 10]
MASK = "[MASK]"
MODEL = toy_model(14)
IDS = torch.tensor(MODEL.tokenizer.encode(TEXT).ids)
MODELS = {"Toy": lambda: MODEL, "Another": lambda: toy_model(1)}
FIRST, SECOND = MODELS


def panel(**state: object) -> BlanksExplorer:
    return BlanksExplorer(MODELS, **{"text": TEXT, **state})


def words(guess) -> list[str]:
    return [MODEL.tokenizer.token(word) for word in guess.words]


def test_a_click_hides_a_word_and_asks_for_it() -> None:
    p = panel()
    assert "Nothing is hidden yet: click a word" in p.status.message and p.status.kind == "note"
    assert p.strip.tokens == MODEL.tokenizer.encode(TEXT).tokens and p.strip.mark_name == "hidden"
    assert p.bars.layout.display == "none" == p.apart.layout.display
    p.strip.marks = [2]
    guess = fill(MODEL, IDS, [2])[0]
    assert p.masked == [2] and p.strip.tokens[2] == MASK and p.strip.notes[2] == "blank 1: was cat"
    assert [label.removesuffix(" ← hidden here") for label in p.bars.labels[:10]] == words(guess)
    np.testing.assert_allclose(p.bars.values[0][:10], guess.probabilities, rtol=1e-5)
    assert p.apart.tokens[2] == words(guess)[0] and p.bars.layout.display is None is p.apart.layout.display
    p.strip.marks = []
    assert p.masked == [] and p.strip.tokens[2] == "cat" and p.bars.layout.display == "none"


def test_the_hidden_word_is_marked_wherever_it_ranks() -> None:
    among = beyond = 0
    for place in range(1, len(IDS) - 1):
        p = panel(masked=[place])
        guess, true = fill(MODEL, IDS, [place])[0], int(IDS[place])
        (marked,) = [i for i, label in enumerate(p.bars.labels) if "hidden here" in label]
        assert p.bars.values[0, marked] == pytest.approx(guess.chances[true].item(), rel=1e-5)
        if true in guess.words:
            among += 1
            assert p.bars.labels[marked] == f"{MODEL.tokenizer.token(true)} ← hidden here" and len(p.bars.labels) == 10
        else:
            beyond += 1
            name = MODEL.tokenizer.token(true)
            assert p.bars.labels[marked] == f"{name} ← hidden here, number {guess.rank(true)}" and marked == 10
    assert among and beyond


def test_a_typed_blank_hides_nothing_that_anybody_knows() -> None:
    p = panel(text=f"the {MASK} sat on the mat")
    assert p.strip.marks == [2] and p.strip.notes[2] == "blank 1" and p.masked == []
    assert len(p.bars.labels) == 10 and not any("hidden" in label for label in p.bars.labels)
    p.strip.marks = []
    assert p.status.message == f"This {MASK} is part of your text: change the text to take it away."
    assert p.strip.marks == [2]


@pytest.mark.parametrize("typed", ["[mask]", "[Mask]", "[maSK]", "___", "_______"])
def test_what_people_type_for_a_blank_is_one(typed: str) -> None:
    p, plain = panel(text=f"the {typed} sat on a mat"), panel(text=f"the {MASK} sat on a mat")
    assert (
        p.blanks() == [2] == p.strip.marks
        and p.strip.tokens == plain.strip.tokens
        and p.text == f"the {typed} sat on a mat"
    )
    np.testing.assert_array_equal(p.bars.values, plain.bars.values)
    p.strip.marks = [2, 3]
    assert p.strip.notes[2:4] == ["blank 1", "blank 2: was sat"], "the tokens behind it are counted right"
    p.text = f"{typed} {typed}"
    assert p.status.message.startswith("Your text is nothing but blanks")


@pytest.mark.parametrize("typed", ["__", "mask", "(mask)"])
def test_what_only_looks_like_a_blank_is_text(typed: str) -> None:
    assert panel(text=f"the {typed} sat").blanks() == []


def test_signs_cannot_be_hidden() -> None:
    p = panel(masked=[2])
    p.strip.marks = [0, 2]
    assert p.status.message == "[CLS] is a sign and no word: it cannot be hidden. Choose a word."
    assert p.strip.marks == [2] == p.masked and p.status.kind == "error"
    p.strip.marks = [2, 3]
    assert p.masked == [2, 3] and p.status.kind == "note"
    p.masked = [12]
    assert p.status.message == "[SEP] is a sign and no word: it cannot be hidden."
    p.masked = [99]
    assert p.status.message == "There is no token 99 to hide: they are numbered from 0 to 12."


def test_both_ways_are_shown_with_how_likely_they_are() -> None:
    p = panel(masked=PLACES)
    apart, turns = fill(MODEL, IDS, PLACES), fill_in_turn(MODEL, IDS, PLACES)
    by_place = {guess.place: guess for guess in apart}
    order = [step.place for step in turns.steps]
    first = [by_place[place].words[0] for place in order]
    assert first != [step.words[0] for step in turns.steps], "a case in which the two differ"
    assert [p.apart.tokens[place] for place in PLACES] == [words(guess)[0] for guess in apart]
    assert [p.turns.tokens[place] for place in order] == [words(step)[0] for step in turns.steps]
    for i, step in enumerate(turns.steps):
        assert p.turns.notes[step.place].startswith(f"number {i + 1}: ")
        assert p.turns.values[0, step.place] == pytest.approx(step.probabilities[0], rel=1e-5)
    products = [
        math.prod(chain(MODEL, IDS, order, chosen)) for chosen in (first, [step.words[0] for step in turns.steps])
    ]
    np.testing.assert_allclose(p.whole.values[0], products, rtol=1e-5)
    differ = [i + 1 for i, place in enumerate(PLACES) if p.apart.tokens[place] != p.turns.tokens[place]]
    assert f"The two ways differ in {blank_views.named(differ)}." in p.status.message
    assert p.turns.layout.display is None is p.whole.layout.display
    p.masked = [2]
    assert p.turns.layout.display == "none" == p.whole.layout.display and "ways" not in p.status.message


def test_two_ways_that_agree_say_so() -> None:
    p = BlanksExplorer({"Toy": lambda: toy_model(0)}, text=TEXT, masked=PLACES)
    assert p.status.message == "Both ways choose the same words." and p.whole.values[0, 0] == p.whole.values[0, 1]


@pytest.mark.parametrize(
    ("numbers", "said"),
    [([2], "blank 2"), ([1, 3], "the blanks 1 and 3"), ([1, 3, 4, 5], "the blanks 1, 3, 4 and 5")],
)
def test_blanks_are_named_in_one_list(numbers: list[int], said: str) -> None:
    assert blank_views.named(numbers) == said


def test_the_way_chooses_what_the_bars_say() -> None:
    p = panel(masked=PLACES, way=IN_TURN)
    for turn, step in enumerate(fill_in_turn(MODEL, IDS, PLACES).steps):
        p.blank = step.place
        assert [label.split(" ← ")[0] for label in p.bars.labels[:10]] == words(step)
        np.testing.assert_allclose(p.bars.values[0][:10], step.probabilities, rtol=1e-5)
        assert p.bars.title.endswith(f"filled as number {turn + 1} of 3")
    p.way = APART
    guess = next(guess for guess in fill(MODEL, IDS, PLACES) if guess.place == p.blank)
    assert [label.split(" ← ")[0] for label in p.bars.labels[:10]] == words(guess)


def test_the_strip_shows_where_the_blank_looks() -> None:
    p = panel(masked=PLACES, blank=6)
    hidden = IDS.index_fill(0, torch.tensor(PLACES), MODEL.tokenizer.special(MASK))
    patterns = read_heads(MODEL.encoder, hidden)  # [layer head query key]
    assert p.layer == 2 and p.controls["layer"].max == 2 and p.controls["head"].max == 1
    np.testing.assert_allclose(p.strip.values[0], patterns[2, :, 6].mean(dim=0), rtol=1e-5)
    p.layer, p.head = 1, 0
    np.testing.assert_allclose(p.strip.values[0], patterns[1, 0, 6], rtol=1e-5)
    assert "where blank 2 looks in layer 1, head 0" in p.strip.title
    p.head = 5
    assert p.status.message == "There is no head 5: this model has the heads 0 to 1."


def test_the_colours_tell_words_apart_and_what_a_sign_takes_stands_below_it() -> None:
    p, beyond = panel(text="the cat", masked=[1, 2]), 0
    for p.layer in range(3):
        for p.head in range(2):
            for p.blank in (1, 2):
                looks = p.strip.values[0]
                assert p.strip.high == pytest.approx(looks[1:-1].max(), rel=1e-6)
                for i in (0, -1):
                    most = bool(looks[i] > looks[1:-1].max())
                    beyond += most
                    assert p.strip.notes[i] == (f"{looks[i]:.2f}" if most else "")
    assert beyond, "a case in which a sign takes most"


def test_a_blank_is_chosen_on_the_strip_or_in_the_list() -> None:
    p = panel(masked=PLACES)
    assert p.controls["shown"].value == 2 and "blank 1" in p.bars.title
    p.strip.selected = 6
    assert p.blank == 6 and p.controls["shown"].value == 6 and "blank 2" in p.bars.title
    p.strip.selected = 7
    assert p.blank == 6, "who passes a word that is no blank keeps looking at the last"
    p.controls["shown"].value = 10
    assert p.blank == 10 and "blank 3" in p.bars.title
    p.strip.marks = [2, 4, 6, 10]
    assert p.blank == 4, "a new blank is looked at"
    p.strip.marks = [2, 6, 10]
    assert "blank 1" in p.bars.title and p.controls["shown"].value == 2
    assert [place for _, place in p.controls["shown"].options] == PLACES


def test_another_text_or_model_clears_the_clicks() -> None:
    p = panel(masked=[2], blank=2)
    p.text = "the dog ran to the city"
    assert (p.masked, p.blank, p.strip.marks) == ([], -1, []) and p.strip.tokens[2] == "dog"
    p.masked = [2]
    p.model = SECOND
    assert p.masked == [] and p.status.kind == "note"
    assert panel(masked=[2]).masked == [2], "what is given at the start stays"
    assert BlanksExplorer(MODELS, masked=[2], text=TEXT, model=SECOND).masked == [2]


def test_it_opens_with_a_word_hidden() -> None:
    p = BlanksExplorer(MODELS)
    (place,) = p.masked
    assert p.text == OPENING and p.strip.tokens[place] == MASK and p.strip.notes[place] == f"blank 1: was {HIDDEN}"


def test_all_words_hidden_is_told() -> None:
    p = panel(masked=list(range(1, 12)))
    assert "Every word is hidden: the model sees blanks alone" in p.status.message
    p.text = "the cat " * 10
    p.masked = list(range(1, MOST_IN_TURN + 2))
    assert f"{MOST_IN_TURN} blanks are filled at most; here are {MOST_IN_TURN + 1}." in p.status.message
    assert p.turns.layout.display == "none" and p.apart.layout.display is None
    p.way = IN_TURN
    assert p.status.kind == "note" and p.bars.title == "The best words for blank 1"


@pytest.mark.parametrize(
    ("text", "says", "kind"),
    [
        ("", "There is no text to read: type a sentence.", "error"),
        (f"{MASK} {MASK}", "Your text is nothing but blanks: type a word or a full stop beside them.", "error"),
        ("the cat " * 40, "The text has 82 tokens; read are the 30 up to “cat”.", "note"),
        ("... , .", "Nothing is hidden yet", "note"),
        ("你好 кошка", "The model does not know 你, 好, кошка, and reads [UNK] there.", "note"),
        ("<b>cat</b> $x$", "Nothing is hidden yet", "note"),
    ],
)
def test_odd_texts_are_answered_with_a_sentence(text: str, says: str, kind: str) -> None:
    p = panel(masked=[2])
    before = p.strip.tokens
    p.text = text
    assert says in p.status.message and p.status.kind == kind
    assert (p.strip.tokens == before) == (kind == "error"), "an error leaves the last picture"
    if kind == "error":
        p.strip.marks = [2, 3]
        assert p.masked == [] and says in p.status.message, "a click on the old picture changes nothing"
    else:
        p.strip.marks = [1]
        assert p.masked == [1] and p.strip.tokens[1] == MASK and p.status.kind == "note"


def test_an_unknown_word_can_be_hidden_and_is_none_that_fills_a_blank() -> None:
    p = panel(text="the zebra sat")
    p.strip.marks = [2]
    assert p.bars.labels[-1] == "[UNK] ← hidden here, which is no word"


def test_what_was_said_is_kept(monkeypatch) -> None:
    asked = []
    real = blank_views.ask
    monkeypatch.setattr(blank_views, "ask", lambda *args: (asked.append(1), real(*args))[1])
    p = panel(masked=PLACES)
    count = len(asked)
    p.blank, p.way, p.layer, p.head = 6, IN_TURN, 0, 1
    assert len(asked) == count == 1


def test_models_are_checked_and_a_missing_one_is_told(monkeypatch) -> None:
    with pytest.raises(t.TraitError, match="model must be one of Toy, Another, not 'x'"):
        panel(model="x")
    monkeypatch.setattr(zoo, "is_here", lambda name: name == "small-bert")
    monkeypatch.setattr(model_choice, "load_once", lambda name: MODEL)
    p = BlanksExplorer()
    assert p.model == TITLES["small-bert"]
    assert p.status.message.startswith("MiniLM is not on this computer: `python -m lessons.zoo fetch`")
