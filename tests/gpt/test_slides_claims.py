"""What lesson 06 says that SmolLM2 writes after the prompts that are often shown: its own cells are run again."""

import nbformat
import pytest

from tests.notebooks.running import REPO
from tests.real_weights import needs_real

pytestmark = needs_real("smollm2-135m")
LESSON = REPO / "notebooks" / "06_gpt_few_shot.ipynb"


@pytest.fixture(scope="module")
def written() -> list[str]:
    """What the two cells print, a line for each prompt."""
    from lessons import zoo
    from lessons.gpt.generate import generate

    cells = [cell.source for cell in nbformat.read(LESSON, as_version=4).cells if cell.cell_type == "code"]
    asked = [source for source in cells if "in generate(model," in source]
    assert len(asked) == 2
    lines: list[str] = []
    model, names = zoo.load("smollm2-135m"), {}
    for source in asked:
        names |= {"model": model, "generate": generate, "print": lines.append}
        exec(source, names)
    return [line.strip("'\" ") for line in lines]


def test_it_answers_by_the_form_of_the_examples(written):
    assert written[1] == "slow"
    assert written[4].startswith("8")


def test_it_takes_the_wrong_lesson_from_one_correction(written):
    assert written[0].startswith("I didn't eat the purple berries.")


def test_what_it_does_not_know_no_example_teaches(written):
    assert written[2] == "cheese"
    assert written[3].startswith("10")
    assert "on a farduddle" in written[5]
