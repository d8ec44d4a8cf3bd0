"""Tests that need a real model, which `python -m lessons.zoo fetch` brings, say so with `needs_real`.

    @needs_real("smollm2-135m")
    def test_it_speaks(): ...

Where it is not on this computer they are left out, and it is said at the end; with REQUIRE_WEIGHTS=1 that is a failure.
"""

import pytest

from lessons import zoo


def needs_real(name: str) -> pytest.MarkDecorator:
    """The mark of a test, class or module (`pytestmark = needs_real(…)`) that loads the fetched model `name`."""
    return pytest.mark.real(name)


def absent(item: pytest.Item) -> list[str]:
    """The models that a test needs and that are not here."""
    return [mark.args[0] for mark in item.iter_markers("real") if not zoo.is_here(mark.args[0])]
