"""What the benchmark of writing concludes from its figures, and that both it compares are asked for the same."""

import pytest

from benchmarks.generation import in_turns, library, their_tokens, verdict
from lessons.gpt.generate import generate
from tests.attention.tiny import decoder


def test_all_goals_have_to_be_reached() -> None:
    said, code = verdict({1: 1.5, 8: 1.7}, 2.0, 0.5)
    assert code == 0 and said == (
        "1 prompts at least 1.5x: True. 8 prompts at least 1.5x: True. loaded within 2 s: True. "
        "first token within 500 ms: True."
    )


@pytest.mark.parametrize("figures", [
    ({1: 1.49, 8: 1.7}, 1.0, 0.1), ({1: 1.7, 8: 1.49}, 1.0, 0.1), ({1: 1.7, 8: 1.7}, 2.1, 0.1),
    ({1: 1.7, 8: 1.7}, 1.0, 0.51),
])  # fmt: skip
def test_one_that_is_missed_is_a_failure(figures: tuple) -> None:
    said, code = verdict(*figures)
    assert code == 1 and said.count("False") == 1


def test_the_turns_alternate_and_the_first_does_not_count() -> None:
    calls: list[str] = []
    taken = in_turns({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 2)
    assert calls == ["a", "b"] * 3 and taken.keys() == {"a", "b"}


def test_both_write_the_same() -> None:
    model, prompts = decoder(), ["The wolf", "Mother, mother, the wolf is here", ""]
    found = [text.ids for text in generate(model, prompts, 9)]
    assert their_tokens(library(model), model, prompts, 9) == found
