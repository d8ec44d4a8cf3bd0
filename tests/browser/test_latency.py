"""A generous ceiling for the time from a key to the picture; `make bench` measures it beside others."""

import pytest

from benchmarks.latency import KINDS, OURS, measure

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_on_a_slider_gives_a_picture_in_time(browser, lab, kind: str) -> None:
    figures = measure(lab, browser, kind, OURS, keys=8)
    assert figures["median"] < 300, figures
    assert figures["bytes"] < 60_000, figures
