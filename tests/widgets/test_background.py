"""The base of the panels that work in the background, on work that counts."""

import asyncio
from collections.abc import Generator

import pytest

from widgets import Bars, controls
from widgets.explorers import background
from widgets.explorers.background import BackgroundPanel


class Counter(BackgroundPanel):
    name = "Counter"

    def __init__(self) -> None:
        self.bars, self.kept, self.closed = Bars(), [], 0
        super().__init__({}, [self.bars])

    def work(self, last: int, broken: Exception | None = None) -> Generator[None, None, None]:
        try:
            for i in range(last):
                self.kept.append(i)
                yield
            if broken:
                raise broken
        finally:
            self.closed += 1

    def update(self) -> dict[str, dict]:
        return {"bars": dict(labels=["kept"], values=[float(len(self.kept))]), "note": f"{len(self.kept)} kept"}


def test_buttons_are_kept_together_where_the_first_of_them_stood() -> None:
    panel = Counter()
    panel.controls = {name: controls.button(name) for name in "abcd"}
    panel.keep_together(["b", "c"])
    a, row, d = panel.children[1].children
    assert (a, d) == (panel.controls["a"], panel.controls["d"])
    assert row.children == (panel.controls["b"], panel.controls["c"])


def test_without_a_loop_it_is_done_at_once_and_the_picture_follows_every_bite() -> None:
    panel, seen = Counter(), []
    panel.observe(lambda _: seen.append(float(panel.bars.values[0, 0])), "come")
    panel.begin(panel.work(3))
    assert panel.kept == [0, 1, 2] and seen == [1.0, 2.0, 3.0] and panel.closed == 1
    assert not panel.running and not panel.status.busy and panel.status.message == "3 kept"


def test_it_stops_between_two_bites_and_closes_the_work() -> None:
    panel = Counter()
    panel.observe(lambda change: change["new"] == 2 and panel.stop(), "come")
    work = panel.work(100)  # kept here, so that it does not end by being forgotten
    panel.begin(work)
    assert panel.kept == [0, 1] and panel.closed == 1 and not panel.running and not panel.status.busy
    panel.begin(panel.work(1))
    assert panel.kept == [0, 1, 0], "it can be begun again"


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (ValueError("Give me a number."), "Give me a number."),
        (ZeroDivisionError("oops"), "The work stopped (ZeroDivisionError: oops). What has come so far is kept."),
    ],
)
def test_an_error_is_a_sentence_and_what_has_come_stays(broken: Exception, sentence: str) -> None:
    panel = Counter()
    panel.begin(panel.work(2, broken))
    assert (panel.status.message, panel.status.kind) == (sentence, "error")
    assert panel.bars.values == 2.0 and not panel.running and not panel.status.busy


def test_in_a_running_loop_it_works_in_the_background_and_only_the_newest_work_goes_on(monkeypatch) -> None:
    monkeypatch.setattr(background, "REST", 0)

    async def hurry() -> Counter:
        panel = Counter()
        panel.begin(panel.work(10**6))
        assert panel.running and panel.kept == []
        while not panel.kept:
            await asyncio.sleep(0)
        panel.stop()
        panel.begin(panel.work(2))  # before the older work has come to its next bite
        panel.kept.clear()
        while panel.running:
            await asyncio.sleep(0)
        return panel

    panel = asyncio.run(hurry())
    assert panel.kept == [0, 1] and panel.closed == 2
