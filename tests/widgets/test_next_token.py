"""The panel that writes token by token, without a browser."""

import asyncio
import threading
from functools import cache

import numpy as np
import pytest
import torch
import traitlets as t
from torch import nn

from lessons import zoo
from lessons.attention.cache import LayerCache
from lessons.core.seed import seeded
from lessons.gpt.decoding import GREEDY, Decoding, probabilities
from lessons.gpt.generate import stream
from lessons.gpt.llama import Llama, LlamaConfig
from lessons.text.pieces import byte_pairs
from tests.widgets import toy_readers
from widgets.explorers import model_choice, next_token
from widgets.explorers.next_token import BY_CHANCE, LIKELIEST, NEXT, OWN, TITLES, NextToken
from widgets.explorers.next_token_prompts import PROMPTS, TALE
from widgets.explorers.next_token_reading import AT_ONCE, Reading
from widgets.explorers.next_token_tree import grow
from widgets.explorers.next_token_views import named, percent

TEXT = "the cat sat on the mat"
SIGN = 0


@cache
def toy() -> nn.Module:
    """Pieces and a start sign; the context is short. The sign is what the model says most seldom."""
    tokenizer = byte_pairs(TEXT * 9, 270)
    with seeded(3):
        model = Llama(LlamaConfig(len(tokenizer), 12, 2, 3, 1, 4, 10, context=40))
        for weight in model.parameters():
            nn.init.normal_(weight, std=0.6)
    model.tokenizer = tokenizer
    return model.eval()


MODELS = {"Toy": toy, "Bytes": toy_readers.decoder}
SETTINGS = [{}, {"way": LIKELIEST}, {"temperature": 0.4, "top_k": 7}, {"temperature": 1.6, "top_p": 0.6, "seed": 5}]


def panel(**state: object) -> NextToken:
    return NextToken(MODELS, **{"text": TEXT, "model": "Toy", **state})


def ids_of(p: NextToken) -> list[int]:
    return list(p.reading().ids)


def said(model: nn.Module, ids: list[int]) -> torch.Tensor:
    """What the model says after every token, without any cache: [time vocab]."""
    with torch.no_grad():
        return model(torch.tensor([ids]))[0].softmax(dim=-1)


def unsigned(monkeypatch) -> None:
    """No sign ends a text in this test."""
    monkeypatch.setattr(toy().tokenizer, "signs", frozenset())


def at(p: NextToken, count: int, act) -> None:
    """Do something as soon as so many tokens are written."""
    p.observe(lambda change: len(change["new"]) == count and act(), "written")


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
    assert [label.endswith("✂ top-k") for label in p.bars.labels] == [False] * 3 + [True] * 7 + [False]
    assert (p.bars.values[1, 3:] == 0).all() and "3 of 270 tokens" in p.bars.title
    p.top_k, p.top_p = 0, 0.0
    assert [label.endswith("✂ top-p") for label in p.bars.labels] == [False] + [True] * 9 + [False]
    p.top_k, p.top_p = 3, 0.0
    assert [label[-5:] for label in p.bars.labels[1:5]] == ["top-p", "top-p", "top-k", "top-k"]
    p.top_k, p.top_p = 1, 1.0
    assert p.bars.values[1, 0] == 1 and "one token may be drawn" in p.bars.title
    for p.way, p.temperature in ((LIKELIEST, 1.0), (BY_CHANCE, 0.0)):
        assert p.bars.values[1, 0] == 1 and not any("✂" in label for label in p.bars.labels), (
            "nothing is cut: it is chosen"
        )


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("model", MODELS)
def test_it_writes_what_stream_writes(model: str, settings: dict) -> None:
    p = panel(model=model, tokens=6, **settings)
    expected = list(stream(MODELS[model](), TEXT, 6, p.decoding(), seed=p.seed))
    p.write()
    assert p.written == [step.id for step in expected] and not p.running
    other = panel(model=model, **settings)
    for _ in expected:
        other.one_token()
    assert other.written == p.written and other.strip.tokens == p.strip.tokens
    assert ids_of(p) == [*MODELS[model]().tokenizer.encode(TEXT).ids, *p.written]


def test_every_written_token_has_its_probability() -> None:
    p = panel(model="Bytes", tokens=9, temperature=2.0)
    p.write()
    typed, ids = len(ids_of(p)) - 9, ids_of(p)
    chances = said(toy_readers.decoder(), ids)[range(typed - 1, len(ids) - 1), ids[typed:]]
    np.testing.assert_allclose(p.strip.values[0, typed:-1], chances, rtol=1e-3)
    assert p.strip.notes[typed:-1] == [percent(chance) for chance in p.strip.values[0, typed:-1].tolist()]


def test_a_token_is_read_once(monkeypatch) -> None:
    monkeypatch.setattr(next_token, "grow", lambda reading, place: [])  # a tree reads what is not in the text
    read = []
    real = Llama.hidden
    monkeypatch.setattr(
        Llama, "hidden", lambda self, ids, **more: (read.append(ids.shape[1]), real(self, ids, **more))[1]
    )
    unsigned(monkeypatch)
    p = panel()
    assert sum(read) == len(ids_of(p))
    read.clear()
    p.one_token()
    assert read == [1]
    p.tokens = 5
    p.write()
    assert read == [1] * 6
    read.clear()
    p.temperature, p.top_k, p.top_p, p.seed, p.place = 0.5, 4, 0.9, 7, 3
    p.back()
    p.start_afresh()
    assert read == [], "a slider, another place and Back ask for nothing that is not there"
    p.text = TEXT + " sat"
    assert sum(read) == len(ids_of(p)) - len(toy().tokenizer.encode(TEXT).ids)


def test_it_is_stopped_in_the_middle_and_goes_on_as_if_it_had_not_been(monkeypatch) -> None:
    unsigned(monkeypatch)
    p, other = panel(tokens=9), panel(tokens=9)
    at(p, 4, p.stop)
    p.write()
    assert len(p.written) == 4 and not p.running
    p.tokens = 5
    p.write()
    other.write()
    assert p.written == other.written and len(p.written) == 9


def test_back_takes_one_token_and_start_afresh_all(monkeypatch) -> None:
    unsigned(monkeypatch)
    p = panel(tokens=4, place=2)
    assert p.controls["back"].disabled and p.controls["again"].disabled
    p.back()
    assert p.written == []
    p.write()
    first = p.written
    assert p.place == NEXT and not p.controls["back"].disabled
    p.back()
    assert p.written == first[:-1] and len(p.strip.tokens) == len(ids_of(p)) + 1
    p.start_afresh()
    assert p.written == [] and p.controls["back"].disabled
    p.write()
    assert p.written == first, "the chances of the seed begin anew"
    p.start_afresh()
    p.seed = 1
    p.write()
    assert p.written != first


def test_back_stops_the_writing(monkeypatch) -> None:
    unsigned(monkeypatch)
    p = panel(tokens=9)
    running = []
    at(p, 4, lambda: (p.back(), running.append(p.running)))
    p.write()
    assert len(p.written) == 3 and running == [False], "stopped then, not at the end"


@pytest.mark.parametrize(("what", "value"), [("text", "the mat"), ("model", "Bytes")])
def test_another_text_or_model_stops_the_writing(monkeypatch, what: str, value: str) -> None:
    unsigned(monkeypatch)
    p = panel(tokens=9)
    at(p, 3, lambda: setattr(p, what, value))
    p.write()
    model = MODELS[p.model]()
    assert p.written == [] and not p.running and ids_of(p) == model.tokenizer.encode(p.text).ids
    p.one_token()
    assert len(p.written) == 1 and p.status.kind == "note"


def test_a_slider_that_moves_while_it_writes_counts_from_the_next_token(monkeypatch) -> None:
    unsigned(monkeypatch)
    p = panel(tokens=8, temperature=2.0)
    at(p, 3, lambda: setattr(p, "temperature", 0.0))
    p.write()
    ids = ids_of(p)
    likeliest = said(toy(), ids).argmax(dim=-1).tolist()
    assert len(p.written) == 8 and ids[-5:] == likeliest[-6:-1] and ids[-8:-5] != likeliest[-9:-6]


def test_buttons_say_what_can_be_done(monkeypatch) -> None:
    unsigned(monkeypatch)
    p, seen = panel(tokens=3), []
    names = ("one", "write", "stop", "back")
    at(p, 2, lambda: seen.append([p.controls[name].disabled for name in names]))
    assert [p.controls[name].disabled for name in names] == [False, False, True, True]
    p.write()
    assert seen == [[True, True, False, False]]
    assert [p.controls[name].disabled for name in names] == [False, False, True, False]
    assert not p.controls["top_k"].disabled
    p.way = LIKELIEST
    assert all(p.controls[name].disabled for name in ("temperature", "top_k", "top_p"))


def test_whoever_looks_at_an_earlier_token_does_not_change_what_is_written(monkeypatch) -> None:
    unsigned(monkeypatch)
    p, other = panel(tokens=6, temperature=2.0), panel(tokens=6, temperature=2.0)
    at(p, 2, lambda: setattr(p, "place", 3))
    p.write()
    other.write()
    assert p.written == other.written and p.place == 3 == p.strip.selected


def test_a_message_in_another_thread_waits_until_a_token_is_read(monkeypatch) -> None:
    """While a kernel is at work, JupyterLab hands it further messages in another thread."""
    unsigned(monkeypatch)
    p, real, others, waited = panel(tokens=6), LayerCache.extend, [], []

    def interrupted(*args: object) -> object:
        if p.written and not others:  # in the first layer, with a token half read
            others.append(threading.Thread(target=lambda: setattr(p, "text", "a mat")))
            others[0].start()
            others[0].join(1)
            waited.append(others[0].is_alive())
        return real(*args)

    monkeypatch.setattr(LayerCache, "extend", interrupted)
    p.write()
    others[0].join()
    assert waited == [True] and p.status.message == "" and p.written == [] and not p.running
    assert ids_of(p) == toy().tokenizer.encode("a mat").ids
    np.testing.assert_allclose(p.strip.values[0, 1:], panel(text="a mat").strip.values[0, 1:], rtol=1e-4)


def test_in_a_notebook_it_writes_in_the_background_and_hears_stop_between_two_tokens(monkeypatch) -> None:
    unsigned(monkeypatch)
    p = panel(tokens=20)

    async def student() -> None:
        p.write()
        assert p.running and p.written == [], "the button has answered at once"
        while len(p.written) < 3:
            await asyncio.sleep(0)
        p.write()
        p.one_token()  # in vain, while it writes
        p.stop()
        count = len(p.written)
        for _ in range(10):
            await asyncio.sleep(0.005)
        assert len(p.written) == count < 20 and not p.running

    asyncio.run(student())
    assert p.strip.tokens[-1] == "?" and len(p.strip.tokens) == len(ids_of(p)) + 1


@pytest.mark.parametrize("model", MODELS)
def test_the_tree_grows_as_the_model_says(model: str) -> None:
    p, whole = panel(model=model), MODELS[model]()
    ids = ids_of(p)
    _, branches = p._shown
    assert len(branches) == len(p.tree.labels) and p.tree.labels == [named(whole.tokenizer, b.id) for b in branches]
    assert p.tree.root == named(whole.tokenizer, ids[-1]) and p.tree.marks == []
    for i, branch in enumerate(branches):
        before = [branches[j].id for j in p.tree.path(i)[:-1]]
        chances = said(whole, [*ids, *before])[-1]
        assert p.tree.values[i] == pytest.approx(chances[branch.id].item(), rel=1e-4)
        brothers = [b.id for b in branches if b.parent == branch.parent]
        assert set(brothers) == set(chances.topk(len(brothers)).indices.tolist())
    widths = [sum(b.parent == fork for b in branches) for fork in range(-1, len(branches))]
    assert widths[0] == 3 and set(widths[1:]) <= {0, 2} and max(len(p.tree.path(i)) for i in range(len(branches))) == 3


def test_what_stands_in_the_text_is_among_the_branches_wherever_it_ranks(monkeypatch) -> None:
    unsigned(monkeypatch)
    p, beyond = panel(tokens=6, temperature=2.0), 0
    p.write()
    ids = ids_of(p)
    for p.place in range(1, len(ids)):
        standing = p.tree.marks
        assert [p._shown[1][i].id for i in standing] == ids[p.place : p.place + 3]
        assert [p.tree.parents[i] for i in standing] == [-1, *standing[:-1]]
        assert f"in place of “{named(toy().tokenizer, ids[p.place])}”" in p.tree.title
        beyond += p.tree.parents.count(-1) > 3
        (bar,) = [i for i, label in enumerate(p.bars.labels) if "← stands here" in label]
        chances = said(toy(), ids)[p.place - 1]
        rank = int((chances > chances[ids[p.place]]).sum())
        assert p.bars.values[0, bar] == pytest.approx(chances[ids[p.place]].item(), rel=1e-4)
        assert bar == min(rank, 10) and (rank < 10 or p.bars.labels[bar].endswith(f"number {rank + 1}"))
    assert beyond, "a case in which the text did not take one of the best"


def test_nothing_grows_behind_a_sign_or_beyond_the_context() -> None:
    reading = Reading(toy())
    reading.read(list(range(1, 39)))  # of 40
    assert max(grown_depth(reading, 38)) == 3
    reading.read(list(range(1, 40)))
    assert max(grown_depth(reading, 39)) == 2
    reading.read(list(range(1, 41)))
    assert max(grown_depth(reading, 40)) == 1
    reading.read([1, SIGN, 5])
    branches = grow(reading, 1)
    (sign,) = [i for i, branch in enumerate(branches) if branch.id == SIGN and branch.stands]
    assert all(branch.parent != sign for branch in branches)
    assert reading.ids == [1, SIGN, 5] and reading.logits(3).isfinite().all(), "the reading is what it was"


def grown_depth(reading: Reading, place: int) -> list[int]:
    depth: list[int] = []
    for branch in grow(reading, place):
        depth.append(1 if branch.parent < 0 else depth[branch.parent] + 1)
    return depth


def test_a_branch_is_taken_with_all_that_leads_to_it() -> None:
    p = panel()
    branches = p._shown[1]
    chosen = next(i for i in range(len(branches)) if len(p.tree.path(i)) == 3)
    path = [branches[i].id for i in p.tree.path(chosen)]
    p.tree.taken = chosen
    assert p.written == path and p.tree.taken == -1 and not p.tree.stale
    place = len(ids_of(p)) - 2
    p.place = place
    other = next(i for i, b in enumerate(p._shown[1]) if b.parent < 0 and not b.stands)
    taken = p._shown[1][other].id
    p.tree.taken = other
    assert p.written == [path[0], taken] and p.place == NEXT, "what stood behind it is gone"
    p.place = 2
    p.tree.taken = 0
    assert p.status.message == "This place is in your own text: change the text to go another way there."
    assert p.written == [path[0], taken] and p.tree.taken == -1


def test_a_stale_tree_cannot_be_taken_and_none_grows_while_it_writes(monkeypatch) -> None:
    unsigned(monkeypatch)
    p, seen = panel(tokens=4), []
    at(p, 3, lambda: (seen.append((p.tree.stale, p._shown[0])), setattr(p.tree, "taken", 0)))
    first = p._shown[0]
    p.write()
    assert seen == [(True, first)] and len(p.written) == 4
    assert not p.tree.stale and p._shown[0][1] == tuple(ids_of(p))


def test_a_tree_that_need_not_change_is_not_grown_again(monkeypatch) -> None:
    count = []
    monkeypatch.setattr(next_token, "grow", lambda *args: (count.append(1), grow(*args))[1])
    p = panel()
    p.temperature, p.top_k, p.seed = 0.3, 5, 4
    assert count == [1]
    p.place = 3
    assert count == [1, 1]


def test_whoever_moves_in_the_strip_looks_at_what_the_model_said_there() -> None:
    p = panel()
    last = len(p.strip.tokens) - 1
    p.strip.selected = 3
    assert p.place == 3 and "← stands here" in " ".join(p.bars.labels) and "what could have been" in p.tree.title
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


def test_a_sign_ends_the_text(monkeypatch) -> None:
    p = panel(tokens=30, way=LIKELIEST)
    likeliest = int(p.reading().logits(len(ids_of(p))).argmax())
    monkeypatch.setattr(toy().tokenizer, "signs", frozenset({likeliest}))
    p.write()
    assert p.written == [likeliest] and not p.running
    assert p.status.message.startswith("The model has ended its text: it wrote the sign")
    p.write()
    assert len(p.written) > 1, "whoever asks again hears more"


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


@pytest.mark.parametrize("size", [1, 2, AT_ONCE, AT_ONCE + 1, AT_ONCE + 2, 3 * AT_ONCE])
def test_a_long_text_is_scored_in_pieces_with_the_same_probabilities(size: int) -> None:
    model = toy_readers.decoder()
    ids = np.random.default_rng(0).integers(0, 256, size).tolist()
    reading = Reading(model)
    reading.read(ids[: size // 3])
    reading.read(ids)
    expected = said(model, ids)[range(size - 1), ids[1:]]
    assert len(reading.chances) == size
    np.testing.assert_allclose(reading.chances[1:], expected, rtol=1e-3)
    np.testing.assert_allclose(reading.logits(size).softmax(dim=-1), said(model, ids)[-1], rtol=1e-3, atol=1e-7)


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
