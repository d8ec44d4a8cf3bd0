"""The panel of the next token, without a browser: it writes, is stopped, goes back and goes on."""

import asyncio
import threading

import numpy as np
import pytest

from lessons.attention.cache import LayerCache
from lessons.gpt.generate import stream
from lessons.gpt.llama import Llama
from tests.widgets import toy_readers
from tests.widgets.toy_writer import MODELS, SETTINGS, TEXT, at, ids_of, panel, said, toy, unsigned
from widgets.explorers import next_token
from widgets.explorers.next_token import LIKELIEST, NEXT
from widgets.explorers.next_token_views import percent


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


def test_a_sign_ends_the_text(monkeypatch) -> None:
    p = panel(tokens=30, way=LIKELIEST)
    likeliest = int(p.reading().logits(len(ids_of(p))).argmax())
    monkeypatch.setattr(toy().tokenizer, "signs", frozenset({likeliest}))
    p.write()
    assert p.written == [likeliest] and not p.running
    assert p.status.message.startswith("The model has ended its text: it wrote the sign")
    p.write()
    assert len(p.written) > 1, "whoever asks again hears more"
