"""The panel of the next token, without a browser: what it shows, and what it makes of odd texts."""

import numpy as np
import pytest
import traitlets as t

from lessons import zoo
from lessons.attention.cache import LayerCache
from lessons.gpt.decoding import GREEDY, Decoding, probabilities
from tests.widgets.toy_writer import MODELS, SETTINGS, TEXT, ids_of, panel, said, toy, unsigned
from widgets.explorers import model_choice, next_token
from widgets.explorers.next_token import BY_CHANCE, LIKELIEST, NEXT, OWN, TITLES, NextToken
from widgets.explorers.next_token_prompts import PROMPTS, TALE
from widgets.explorers.next_token_views import named, percent


def test_the_strip_shows_the_text_in_tokens_with_what_the_model_gave_each() -> None:
    p = panel()
    tokenizer, ids = toy().tokenizer, toy().tokenizer.encode(TEXT).ids
    assert p.strip.tokens == [*map(tokenizer.token, ids), "?"] and p.strip.tokens[0] == "<|start|>"
    assert p.strip.notes == ["sign", *[""] * (len(ids) - 1), "next"]
    chances = said(toy(), ids)
    expected = [*chances[range(len(ids) - 1), ids[1:]].tolist(), chances[-1].max().item()]
    assert np.isnan(p.strip.values[0, 0])
    np.testing.assert_allclose(p.strip.values[0, 1:], expected, rtol=1e-4)
    assert p.strip.selected == len(ids) and p.place == NEXT
    assert panel(model="Bytes").strip.notes[0] == "first"


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_bars_show_the_best_tokens_before_and_after_the_settings(settings: dict) -> None:
    p = panel(**settings)
    scores = p.reading().logits(len(ids_of(p)))
    before, after = scores.softmax(dim=-1), probabilities(scores, p.decoding())
    best = before.topk(10).indices
    np.testing.assert_allclose(p.bars.values[0, :10], before[best], rtol=1e-5)
    np.testing.assert_allclose(p.bars.values[1, :10], after[best], rtol=1e-5)
    np.testing.assert_allclose(p.bars.values.sum(axis=1), 1.0, rtol=1e-5)
    assert p.bars.series == ["before", "after"] and p.bars.labels[-1] == f"all {len(before) - 10} others"
    name = named(toy().tokenizer, int(best[0]))
    assert p.bars.labels[0] == f"{name} ← greedy" and f"greedy takes “{name}”" in p.bars.title
    alive = int((after > 0).sum())
    assert {1: "one token may", 270: "every token may"}.get(alive, f"{alive} of 270 tokens may") in p.bars.title


def test_what_is_cut_off_is_seen_and_by_what() -> None:
    p = panel(top_k=3)
    assert [label.endswith("✂ top\u2011k") for label in p.bars.labels] == [False] * 3 + [True] * 7 + [False]
    assert (p.bars.values[1, 3:] == 0).all() and "3 of 270 tokens" in p.bars.title
    p.top_k, p.top_p = 0, 0.0
    assert [label.endswith("✂ top\u2011p") for label in p.bars.labels] == [False] + [True] * 9 + [False]
    p.top_k, p.top_p = 3, 0.0
    assert [label[-5:] for label in p.bars.labels[1:5]] == ["top\u2011p", "top\u2011p", "top\u2011k", "top\u2011k"]
    p.top_k, p.top_p = 1, 1.0
    assert p.bars.values[1, 0] == 1 and "one token may be drawn" in p.bars.title
    for p.way, p.temperature in ((LIKELIEST, 1.0), (BY_CHANCE, 0.0)):
        assert p.bars.values[1, 0] == 1 and not any("✂" in label for label in p.bars.labels), (
            "nothing is cut: it is chosen"
        )


def test_whoever_moves_in_the_strip_looks_at_what_the_model_said_there() -> None:
    p = panel()
    last = len(p.strip.tokens) - 1
    p.strip.selected = 3
    assert (
        p.place == 3
        and p.bars.title.startswith("In this place: greedy takes")
        and "← stands here" in " ".join(p.bars.labels)
        and "what could have been" in p.tree.title
    )
    p.strip.selected = last
    assert p.place == NEXT and p.tree.title == "The tree of what could come next"
    p.strip.selected = 0
    assert p.status.message == "Nothing stands before the first token, so the model says nothing of it."
    assert p.strip.selected == 0 == p.place and p.tree.title == "The tree of what could come next"
    p.place = 999
    assert p.strip.selected == last and p.status.kind == "note"


@pytest.mark.parametrize("text", ["<b>the</b> &amp; $x$", "🦊 the", "\ud83e the", "\u202ethe\x00\n", "  "])
def test_odd_texts_are_text(text: str) -> None:
    p = panel(text=text)
    shown = "".join(p.strip.tokens[1:-1])
    assert p.status.message == "" and len(p.strip.tokens) == len(ids_of(p)) + 1
    if "🦊" in text:
        assert "⟨F0⟩" in shown, "a part of a character is shown by its bytes"
    if "<b>" in text:
        assert "<b>the</b>" in shown.replace(" ", "") and "&amp;" in shown
    p.one_token()
    assert len(p.written) == 1 and p.status.kind == "note"


def test_an_empty_text_begins_with_the_start_sign_where_there_is_one() -> None:
    p = panel(text="")
    assert p.strip.tokens == ["<|start|>", "?"] and p.status.message == ""
    p.one_token()
    assert len(p.written) == 1
    other = panel(model="Bytes")
    before = other.strip.tokens, other.bars.labels, other.tree.labels
    other.text = ""
    assert other.status.message.startswith("The prompt is empty, and this model has no start sign")
    assert other.status.kind == "error" and (other.strip.tokens, other.bars.labels, other.tree.labels) == before
    for act in (other.one_token, other.write, other.back, other.start_afresh):
        act()
        assert other.status.message.startswith("The prompt is empty") and not other.running and other.written == []
    other.text = "the"
    assert other.status.message == "" and other.strip.tokens == ["t", "h", "e", "?"]


def test_a_long_text_is_cut_in_front_with_room_to_write(monkeypatch) -> None:
    unsigned(monkeypatch)
    p = panel(text="the mat " * 500, tokens=200)
    whole = toy().tokenizer.encode(p.text).ids
    assert ids_of(p) == whole[-20:] and "the first" in p.status.message and "were left out" in p.status.message
    p.write()
    assert len(ids_of(p)) == 40 and "The text has 40 tokens, and that is all" in p.status.message
    assert p.controls["write"].disabled and p.controls["one"].disabled and not p.running
    p.one_token()
    assert len(ids_of(p)) == 40
    p.back()
    assert len(ids_of(p)) == 39 and not p.controls["write"].disabled
    monkeypatch.setattr(next_token, "grow", lambda *args: [])
    p = panel(model="Bytes", text="x" * 100_000)
    assert len(ids_of(p)) == 512 - 64


def test_texts_to_begin_with_are_chosen_from_a_list() -> None:
    p = panel()
    assert p.controls["preset"].value == OWN
    for title, text in PROMPTS.items():
        p.controls["preset"].value = title
        assert p.text == text and p.written == [] and p.status.kind == "note"
    p.text = "my own"
    assert p.controls["preset"].value == OWN and p.text == "my own"
    assert NextToken(MODELS).controls["preset"].value == "A tale" and NextToken(MODELS).text == TALE


def test_no_text_to_begin_with_has_to_be_cut_for_the_model_in_the_box() -> None:
    model = zoo.load("tales-llama")
    p = NextToken({"Tales": lambda: model}, tokens=3)
    for p.text in PROMPTS.values():
        assert p.status.message == "" and ids_of(p) == model.tokenizer.encode(p.text).ids
    p.write()
    assert p.written


def test_models_are_checked_and_a_missing_one_is_told(monkeypatch) -> None:
    with pytest.raises(t.TraitError, match="model must be one of Toy, Bytes, not 'x'"):
        panel(model="x")
    monkeypatch.setattr(zoo, "is_here", lambda name: name == "tales-llama")
    monkeypatch.setattr(model_choice, "load_once", lambda name: toy())
    p = NextToken()
    assert p.model == TITLES["tales-llama"]
    assert p.status.message.startswith("SmolLM2 is not on this computer: `python -m lessons.zoo fetch`")
    p.one_token()
    assert len(p.written) == 1


def test_a_model_that_fails_leaves_a_sentence_and_no_half_reading(monkeypatch) -> None:
    unsigned(monkeypatch)
    p = panel()

    real, calls = LayerCache.extend, []

    def fail_later(*args: object) -> object:
        calls.append(1)
        if len(calls) % 2 == 0:  # the first layer has put its keys into the cache
            raise RuntimeError("out of memory")
        return real(*args)

    monkeypatch.setattr(LayerCache, "extend", fail_later)
    p.text = "the mat the mat"
    assert "out of memory" in p.status.message and p.status.kind == "error"
    p.write()
    assert "out of memory" in p.status.message and not p.running
    monkeypatch.undo()
    p.text = TEXT
    np.testing.assert_allclose(p.strip.values[0, 1:], panel().strip.values[0, 1:], rtol=1e-5)


def test_decoding_follows_the_state() -> None:
    assert panel(way=LIKELIEST, temperature=2.0).decoding() == GREEDY
    assert panel(temperature=0.5, top_k=3, top_p=0.25).decoding() == Decoding(0.5, 3, 0.25)
    assert panel().decoding() == Decoding(1.0, None, 1.0)


@pytest.mark.parametrize(
    ("share", "written"),
    [
        (0, "0 %"),
        (1.0, "100 %"),
        (0.0004, "<0.1 %"),
        (0.0421, "4.2 %"),
        (0.0996, "10 %"),
        (0.314, "31 %"),
        (0.9991, ">99 %"),
    ],
)
def test_a_share_is_written_for_people(share: float, written: str) -> None:
    assert percent(share) == written
