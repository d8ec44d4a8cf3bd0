"""The base of the panels that train, on a model of one number."""

import asyncio

import pytest
import torch
import traitlets as t

from lessons.core.seed import seeded
from lessons.core.training import Training
from widgets import Bars, controls
from widgets.explorers.training_panel import MOST_POINTS, TrainingPanel, thinned


class Toy(TrainingPanel):
    name = "Toy"
    settings = ("rate", "seed")
    rate = t.Float(0.1).tag(state=True)
    seed = t.Int(0).tag(state=True)
    note = t.Unicode("").tag(state=True)
    steps = 10

    def __init__(self, every: int = 0, **state) -> None:
        self.every = every
        self.bars = Bars()
        parts = {"note": controls.text("Note", ""), "rate": controls.slider("Rate", self.rate, 0.0, 10.0, 0.1)}
        super().__init__(parts, [self.bars], **state)

    def fresh(self) -> Training:
        if self.rate == 0.0:
            raise ValueError("Nothing is learned at a rate of 0.")
        if self.rate == 10.0:
            raise RuntimeError("There are no weights here.")
        with seeded(self.seed):
            model = torch.nn.Linear(1, 1, bias=False)
        optimizer = torch.optim.SGD(model.parameters(), lr=self.rate)
        return Training(model, optimizer, lambda model, x: model(x).square().mean(), self.batch, self.steps, self.seed)

    def batch(self, generator: torch.Generator) -> torch.Tensor:
        return torch.rand(4, 1, generator=generator)

    def look(self, run: Training) -> int:
        return run.done

    def update(self) -> dict[str, dict]:
        return {"bars": dict(labels=["steps"], values=[float(self.run.done)]), "note": self.note}


def bitten(panel: Toy, until: int) -> None:
    """Train until so many steps are done, whatever they take."""
    panel.observe(lambda change: change["new"] >= until and panel.stop(), "done")
    panel.train()


def test_it_looks_before_the_first_step_every_so_many_steps_and_at_the_end() -> None:
    panel = Toy(every=4)
    assert panel.looks == []
    panel.train()
    assert panel.looks == [0, 4, 8, 10] and panel.done == panel.run.done == 10 and not panel.running
    panel.train()
    assert panel.looks == [0, 4, 8, 10], "all steps are taken"


def test_without_a_number_of_steps_it_looks_after_every_bite() -> None:
    panel = Toy()
    seen = []
    panel.observe(lambda change: seen.append(change["new"]), "done")
    panel.train()
    assert panel.looks == seen and seen[-1] == 10


def test_it_is_stopped_between_two_looks_and_goes_on_as_if_it_had_not_been() -> None:
    panel, other = Toy(every=4), Toy(every=4)
    first = panel.run
    bitten(panel, 4)
    assert panel.done == 4 and not panel.running and panel.looks == [0, 4]
    assert panel.controls["train"].description == "Go on" and not panel.controls["train"].disabled
    assert panel.controls["stop"].disabled
    panel.unobserve_all("done")
    panel.train()
    other.train()
    assert panel.looks == other.looks and panel.run is first
    assert [r.loss for r in panel.run.history] == [r.loss for r in other.run.history]


def test_the_buttons_say_what_can_be_done() -> None:
    panel = Toy()
    train, stop = panel.controls["train"], panel.controls["stop"]
    seen = []
    panel.observe(lambda _: seen.append((train.disabled, stop.disabled)), "done")
    assert (train.description, train.disabled, stop.disabled) == ("Train", False, True)
    panel.train()
    assert seen[0] == (True, False), "while it trains there is only a way to stop it"
    assert train.disabled and stop.disabled, "all steps are taken"
    panel.controls["again"].click()
    assert (train.description, train.disabled, stop.disabled) == ("Train", False, True)


def test_the_buttons_stay_together_behind_the_settings() -> None:
    panel = Toy()
    rate, row, note = panel.children[1].children
    assert (rate, note) == (panel.controls["rate"], panel.controls["note"])
    assert row.children == tuple(panel.controls[name] for name in ("train", "stop", "again"))


@pytest.mark.parametrize("setting", ["rate", "seed"])
def test_a_setting_starts_afresh_and_other_state_does_not(setting: str) -> None:
    panel = Toy(every=4)
    panel.train()
    run = panel.run
    panel.note = "a remark"
    assert panel.run is run and panel.done == 10 and panel.status.message == "a remark"
    setattr(panel, setting, 1)
    assert panel.run is not run and panel.done == 0 and panel.looks == []
    assert panel.bars.values == 0.0, "the picture follows"


def test_start_afresh_forgets_and_keeps_the_settings() -> None:
    panel = Toy(every=4, rate=0.3)
    panel.train()
    run = panel.run
    panel.controls["again"].click()
    assert panel.run is not run and panel.done == 0 and panel.looks == [] and panel.rate == 0.3
    panel.train()
    assert panel.looks == [0, 4, 8, 10]


@pytest.mark.parametrize(
    ("rate", "sentence"), [(0.0, "Nothing is learned at a rate of 0."), (10.0, "There are no weights here.")]
)
def test_what_cannot_be_trained_is_said_in_a_sentence_and_kept_apart(rate: float, sentence: str) -> None:
    panel = Toy()
    panel.rate = rate
    assert (panel.status.message, panel.status.kind) == (sentence, "error")
    panel.tell("")
    panel.train()
    assert (panel.status.message, panel.running, panel.done) == (sentence, False, 0)
    panel.rate = 0.2
    panel.train()
    assert panel.status.message == "" and panel.done == 10
    assert Toy(rate=rate).status.message == sentence, "also when the panel is opened so"


def test_a_step_that_fails_ends_the_training_with_a_sentence() -> None:
    panel = Toy(every=4)

    def broken(model, batch):
        raise ZeroDivisionError("oops")

    panel.run.loss = broken
    panel.train()
    assert panel.status.message == "The training stopped (ZeroDivisionError: oops). Press “Start afresh”."
    assert not panel.running
    panel.start_afresh()
    assert panel.status.message == ""


def test_a_training_that_diverges_says_so() -> None:
    panel = Toy(every=4)
    panel.run.loss = lambda model, batch: model(batch).mean() * float("inf")
    panel.train()
    assert "At step 1 the loss is" in panel.status.message and not panel.running


def test_another_setting_while_it_trains_leaves_the_old_training_behind() -> None:
    panel = Toy(every=4)
    panel.observe(lambda change: change["new"] >= 4 and panel.set_trait("seed", 1), "done")
    panel.train()
    assert panel.seed == 1 and panel.done == 0 and panel.looks == [], "nothing of the old one is left"
    assert not panel.running and not panel.controls["train"].disabled


def test_in_a_running_loop_it_trains_in_the_background() -> None:
    async def press() -> Toy:
        panel = Toy(every=4)
        panel.train()
        assert panel.running and panel.done == 0
        task = panel._task
        panel.train()  # a second press changes nothing
        assert panel._task is task
        while panel.running:
            await asyncio.sleep(0.001)
        return panel

    assert asyncio.run(press()).looks == [0, 4, 8, 10]


def test_who_changes_a_setting_and_presses_train_at_once_leaves_one_training_running() -> None:
    async def hurry() -> tuple[Toy, Training, int]:
        panel = Toy(every=4)
        panel.train()
        while panel.done == 0:
            await asyncio.sleep(0)
        left, taken = panel.run, panel.run.done
        panel.seed = 1
        panel.train()  # before the old training has come to its next step
        while panel.running:
            await asyncio.sleep(0.001)
        return panel, left, taken

    panel, left, taken = asyncio.run(hurry())
    assert left.done == taken < 10 and panel.looks == [0, 4, 8, 10]


def test_who_presses_stop_and_train_at_once_has_one_loop_that_trains() -> None:
    async def hurry() -> int:
        panel, seen = Toy(), []
        panel.bite, panel.run.steps = 0.001, 10**6
        panel.observe(seen.append, "done")
        panel.train()
        while not seen:
            await asyncio.sleep(0)
        panel.stop()
        panel.train()
        while len(seen) < 8:  # long enough for the older loop to have its turn
            await asyncio.sleep(0.001)
        loops = len(asyncio.all_tasks()) - 1
        panel.stop()
        return loops

    assert asyncio.run(hurry()) == 1


def test_a_long_history_is_thinned() -> None:
    assert thinned(range(7)) == range(7)
    assert MOST_POINTS <= len(thinned(range(10 * MOST_POINTS + 3))) < 2 * MOST_POINTS
    assert thinned(range(1000))[0] == 0
