"""Explorers without a browser: set a trait, read the instruments."""

import asyncio

import numpy as np
import pytest
import torch
import traitlets as t

from lessons.recurrent.flow import gradient_flow
from widgets import Bars
from widgets.explorers import explorer as base
from widgets.explorers.explorer import Explorer
from widgets.explorers.fading_memory import FadingMemory
from widgets.explorers.gradient_decay import GradientDecay
from widgets.explorers.gradient_flow import LONGEST, GradientFlow
from widgets.explorers.live_training import LiveTraining


class Sample(Explorer):
    name = "Sample"
    x = t.Int(1).tag(state=True)

    def __init__(self, **state):
        self.bars = Bars()
        self.updates = 0
        super().__init__({}, [self.bars], **state)

    def update(self):
        self.updates += 1
        if self.x == 13:
            raise ValueError("13 is not shown here. Take another number.")
        if self.x == 99:
            raise ZeroDivisionError("oops")
        return {"bars": dict(labels=["x"], values=[float(self.x)])}


def test_an_error_becomes_a_sentence_and_the_last_picture_stays() -> None:
    panel = Sample()
    panel.x = 13
    assert (panel.status.message, panel.status.kind) == (
        "13 is not shown here. Take another number.",
        "error",
    )
    assert panel.bars.values == 1.0 and not panel.status.busy
    panel.x = 99
    assert "could not answer (ZeroDivisionError: oops)" in panel.status.message
    panel.x = 4
    assert panel.status.message == "" and panel.bars.values == 4.0


def test_a_burst_of_messages_is_answered_once_with_the_last_state(monkeypatch) -> None:
    async def burst() -> Sample:
        panel = Sample()
        monkeypatch.setattr(base, "loop_of_a_message", asyncio.get_running_loop)
        for x in range(2, 40):
            panel.x = x
        assert panel.updates == 1, "nothing is computed while the burst lasts"
        await asyncio.sleep(0.05)
        return panel

    panel = asyncio.run(burst())
    assert panel.updates == 2 and panel.bars.values == 39.0


def test_what_is_set_together_is_answered_once() -> None:
    panel = Sample()
    with panel.together():
        panel.x = 13  # alone it would be an error
        with panel.together():
            panel.x = 7
        assert panel.updates == 1
    assert panel.updates == 2 and panel.bars.values == 7.0 and panel.status.message == ""
    with panel.together():
        pass
    assert panel.updates == 2, "where nothing changed nothing is answered"
    panel.x = 8
    assert panel.updates == 3
    with pytest.raises(ZeroDivisionError), panel.together():
        panel.x = 9
        raise ZeroDivisionError
    assert panel.bars.values == 9.0, "what was set before an error is answered, too"


def test_the_busy_sign_is_on_while_it_computes() -> None:
    panel = Sample()
    seen = []
    panel.status.observe(lambda change: seen.append(change["new"]), "busy")
    panel.x = 2
    assert seen == [True, False]


def test_an_unknown_state_is_refused() -> None:
    with pytest.raises(TypeError, match="Sample has no state 'y'; it has x"):
        Sample(y=1)


@pytest.mark.parametrize("kind", [FadingMemory, GradientDecay, GradientFlow, LiveTraining])
def test_update_is_a_pure_function_of_the_state(kind) -> None:
    panel = kind()
    before = str(panel.update())
    assert str(panel.update()) == before
    assert panel._repr_mimebundle_()["text/plain"] == f"{panel.name}: run this cell in JupyterLab to use it."


@pytest.mark.parametrize("kind", [FadingMemory, GradientDecay, GradientFlow, LiveTraining])
def test_every_control_moves_its_state_and_back(kind) -> None:
    panel, other = kind(), kind()
    for name in set(panel.controls) & set(panel.state()):
        control = panel.controls[name]
        value = {"text": "other words", "factor": 0.5}.get(name)
        if value is None:
            value = (not control.value) if isinstance(control.value, bool) else control.max
        control.value = value
        assert getattr(panel, name) == value
        assert getattr(other, name) != value, "two copies do not share their state"
        setattr(panel, name, getattr(other, name))
        assert control.value == getattr(other, name)


def test_the_fading_memory_holds_powers_of_its_factor() -> None:
    panel = FadingMemory(text="a b c d", factor=0.5)
    np.testing.assert_allclose(panel.strip.values[panel.strip.frame], [0.125, 0.25, 0.5, 1.0])
    np.testing.assert_allclose(panel.heat.values[panel.heat.frame, 0, 2], [0.25, 0.5, 1.0, 0.0])
    data = panel.heat.data
    panel.factor = 0.9
    assert panel.heat.data == data, "all factors were sent ahead: only the frame moves"
    assert panel.strip.frame == panel.heat.frame == 18
    panel.text = "  "
    assert "sentence is empty" in panel.status.message and panel.strip.tokens == ["a", "b", "c", "d"]
    panel.text = "word " * 41
    assert "41 words" in panel.status.message and "shows 40" in panel.status.message
    panel.text = "one"
    assert panel.status.message == "" and panel.strip.tokens == ["one"]


def test_the_decay_shows_the_numbers_of_the_lecture() -> None:
    panel = GradientDecay(a_h=1.1, k=100)
    assert round(panel.chart.line(0)[100]) == 13781
    assert "13781" in panel.chart.summary and "explodes" in panel.chart.summary
    panel.a_h = 0.9
    assert f"{panel.chart.line(0)[100]:.7f}" == "0.0000266"
    assert "0.0000266" in panel.chart.summary and "vanishes" in panel.chart.summary
    panel.set_trait("saturate", True)
    assert panel.chart.line(0)[100] < panel.chart.line(1)[100]
    power, slopes, whole = panel.parts.values[0]
    assert power + slopes == pytest.approx(whole, abs=1e-4)


@pytest.mark.parametrize(
    "state",
    [
        {"a_h": 0.0},
        {"a_h": 0.0, "saturate": True},
        {"a_h": 1.5},
        {"k": 1},
        {"k": 200},
        {"saturate": True, "drive": 3.0},
        {"drive": 0.0},
    ],
)
def test_the_decay_at_the_ends_of_its_sliders(state: dict) -> None:
    panel = GradientDecay(**state)
    assert panel.status.message == "" and np.isfinite(panel.chart.line(0)).all()


def test_the_decay_answers_the_question_about_saturation() -> None:
    panel = GradientDecay(a_h=1.1, k=100, saturate=True, drive=0.0)
    assert panel.chart.line(0)[100] < 1e-6 and "vanishes" in panel.chart.summary


def test_the_flow_shows_what_came_back() -> None:
    panel = GradientFlow(text="hello there", radius=0.8)
    flow = gradient_flow("hello there", 0.8)
    np.testing.assert_allclose(panel.chart.line(0), flow.norms)
    np.testing.assert_allclose(panel.strip.values[0], flow.norms.log10(), rtol=1e-5)
    assert panel.heat.shape == [1, 1, 32, 11]
    assert (panel.chart.line(0) <= panel.chart.line(1) * (1 + 1e-9)).all()
    panel.strip.selected = 4
    assert panel.heat.cursor[2] == 4


def test_a_cut_leaves_nothing_before_it() -> None:
    panel = GradientFlow(text="hello there", window=4)
    assert (panel.chart.line(0)[:8] == 0).all() and (panel.chart.line(0)[8:] > 0).all()
    assert np.isnan(panel.strip.values[0, :8]).all()
    assert "every 4 steps, the gradient reaches the last 3 of 11" in panel.chart.summary


def test_clipping_shortens_all_gradients_alike() -> None:
    panel = GradientFlow(tau=0.1)
    before, after = panel.clipping.values
    assert after[-1] == pytest.approx(0.1, rel=1e-5)
    np.testing.assert_allclose(after / before, after[-1] / before[-1], rtol=1e-5)
    panel.tau = 10.0
    np.testing.assert_array_equal(*panel.clipping.values)


@pytest.mark.parametrize("text", ["x", "\u202e</script>\u2028", "漢字 🤷", "y" * 5000])
def test_the_flow_reads_any_text(text: str) -> None:
    panel = GradientFlow(text=text)
    assert len(panel.strip.tokens) == min(len(text), LONGEST)
    assert ("5,000 characters" in panel.status.message) == (len(text) == 5000)
    assert panel.status.kind == "note" or panel.status.message == ""


def test_an_empty_text_gets_a_sentence_and_keeps_the_picture() -> None:
    panel = GradientFlow(text="abc")
    panel.text = ""
    assert "no text to read" in panel.status.message and panel.strip.tokens == ["a", "b", "c"]


@pytest.mark.parametrize("radius", [0.1, 2.0])
@pytest.mark.parametrize("window", [0, 1, 40])
def test_the_flow_at_the_ends_of_its_sliders(radius: float, window: int) -> None:
    panel = GradientFlow(radius=radius, window=window)
    assert panel.status.message == ""


def test_training_stops_goes_on_and_starts_afresh() -> None:
    panel = LiveTraining(lag=3)
    stop_at = 50
    panel.observe(lambda change: change["new"] >= stop_at and panel.stop(), "done")
    panel.train()
    stopped = panel.done
    assert stop_at <= stopped < panel.run.steps and not panel.running
    assert panel.controls["train"].description == "Go on" and panel.controls["stop"].disabled
    weights = panel.run.model.A_y.detach().clone()
    stop_at = 10_000
    panel.train()
    assert panel.done == panel.run.steps and panel.controls["train"].disabled
    assert panel.accuracy > 0.95 and "100%" in panel.loss.summary
    assert not torch.equal(weights, panel.run.model.A_y)
    assert len(panel.loss.line(0)) > 100
    assert len(panel.reach.line(1)) == len(panel.reach.line(2)) == len(panel.looks) >= 2
    panel.controls["again"].click()
    assert panel.done == 0 and "Press Train" in panel.loss.summary and not panel.controls["train"].disabled


def test_a_long_lag_lets_nothing_arrive_at_the_first_state() -> None:
    panel = LiveTraining(lag=60)
    panel.observe(lambda change: panel.stop(), "done")
    panel.train()
    (_, first, last) = panel.looks[-1]
    assert 0 < first < 1e-9 * last
    assert panel.reach.line(2)[-1] == first


def test_a_training_that_fails_says_so_and_starts_afresh() -> None:
    panel = LiveTraining(lag=3)

    def broken(model, batch):
        raise RuntimeError("no batch")

    panel.run.loss = broken
    panel.train()
    assert "The training stopped (RuntimeError: no batch)" in panel.status.message and not panel.running
    panel.controls["again"].click()
    assert panel.status.message == ""
    panel.train()
    assert panel.done == panel.run.steps


def test_a_fault_leaves_no_trace_in_the_student_s_face(capfd) -> None:
    Sample().x = 99
    assert "Traceback" not in capfd.readouterr().err


def test_a_slider_that_scrubs_in_the_page_is_not_answered(monkeypatch) -> None:
    async def scrub() -> None:
        from widgets.explorers import fading_memory

        monkeypatch.setattr(fading_memory, "loop_of_a_message", asyncio.get_running_loop)
        panel = FadingMemory(factor=0.5)
        frame = panel.heat.frame
        panel.factor = 0.9
        await asyncio.sleep(0.05)
        assert panel.heat.frame == frame, "the page has moved it; the kernel does not send it again"

    asyncio.run(scrub())


def test_another_lag_starts_afresh() -> None:
    panel = LiveTraining(lag=3)
    run = panel.run
    panel.lag = 4
    assert panel.run is not run and panel.done == 0
