"""The sizes calculator: set a trait, read the bars."""

import numpy as np
import pytest
import traitlets as t

from lessons.gpt.sizes import PUBLISHED, cache_bytes, parameters, weight_bytes
from widgets.explorers import sizes as module
from widgets.explorers.sizes import NUMBERS, OWN, PARTS, Sizes, unit_of

UNITS = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}
OPTIONS = {
    "layers": range(1, module.MOST_LAYERS + 1), "d_model": module.WIDTHS, "heads": module.HEADS,
    "d_head": module.HEAD_WIDTHS, "vocab": module.VOCABULARIES, "context": module.CONTEXTS,
}  # fmt: skip


def numbers(panel: Sizes) -> dict[str, int]:
    return {name: getattr(panel, name) for name in NUMBERS}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_model_sets_all_numbers_and_is_compared_with_its_paper(name: str) -> None:
    panel, published = Sizes(), PUBLISHED[name]
    panel.model = name
    config, counted = published.config, parameters(published.config)
    assert panel.model == name and panel.config() == config
    assert {key: panel.controls[key].value for key in NUMBERS} == numbers(panel)
    assert panel.parts.value_axis == "million parameters"
    shown = dict(zip(panel.parts.labels, 1e6 * panel.parts.values[0], strict=True))
    for label, part in PARTS.items():
        assert shown[label] == pytest.approx(getattr(counted, part), rel=1e-6)
    assert sum(shown.values()) == pytest.approx(counted.total, rel=1e-6)
    total, unit, word = panel.parts.title.split()
    assert float(total) * UNITS[unit] == pytest.approx(counted.total, rel=5e-4) and word == "parameters"
    assert 1 <= float(total) < 1000
    said = panel.status.message
    sign = "fewer" if published.difference < 0 else "more"
    difference = f"{100 * abs(published.difference):.1f} % {sign}" if name != "GPT-3 760M" else "as many"
    assert (
        panel.status.kind == "note" and f"and here are {difference}." in said and said.endswith(published.note or ".")
    )
    stated = said.removeprefix("The paper says ").split(",")[0].split()
    assert float(stated[0]) * UNITS[stated[1]] == pytest.approx(published.parameters)


def test_the_memory_of_the_weights_and_of_a_full_cache() -> None:
    panel = Sizes(model="GPT-3 175B")
    config = PUBLISHED["GPT-3 175B"].config
    expected = np.array([weight_bytes(config), cache_bytes(config, 2048)]) / 1e9
    np.testing.assert_allclose(panel.memory.values[0], expected, rtol=1e-6)
    assert panel.memory.labels == ["weights", "cache of 2,048 tokens"] and panel.memory.value_axis == "GB"
    panel.context = 131_072
    weights, cache = panel.memory.values[0]
    assert cache == pytest.approx(64 * expected[1]) and cache > weights


def test_a_number_that_is_moved_makes_the_model_your_own_or_the_one_that_it_is() -> None:
    panel = Sizes()
    panel.controls["layers"].value = 13
    assert panel.model == panel.controls["model"].value == OWN
    assert panel.status.message == "A model of your own: no paper has it."
    panel.controls["layers"].value = 12
    assert panel.model == panel.controls["model"].value == "GPT-2 117M"
    panel.controls["context"].value = 2048
    assert panel.model == "GPT-3 125M"
    before = numbers(panel)
    panel.controls["model"].value = OWN
    assert panel.model == OWN and numbers(panel) == before, "your own begins with what there is"


def test_heads_that_do_not_add_up_are_spoken_of() -> None:
    panel = Sizes(heads=16)
    assert "The heads together are 1,024 wide, the model 768" in panel.status.message
    panel.d_head, panel.heads = 32, 24
    assert "together" not in panel.status.message


def test_every_control_answers_every_key() -> None:
    """From end to end, one step at a time, there and back: each changes the state and shows its picture."""
    panel = Sizes()
    for name, options in OPTIONS.items():
        for value in [*options, *reversed(options)]:
            panel.controls[name].value = value
            assert getattr(panel, name) == value == panel.controls[name].value and panel.status.kind == "note", name
    for model in ([*PUBLISHED, OWN] * 2)[::-1]:
        panel.controls["model"].value = model
        assert panel.model == model and panel.status.kind == "note"


def test_the_smallest_and_the_largest() -> None:
    small = Sizes(**{name: options[0] for name, options in OPTIONS.items()})
    large = Sizes(**{name: options[-1] for name, options in OPTIONS.items()})
    assert small.parts.title.endswith(" thousand parameters") and small.parts.value_axis == "thousand parameters"
    assert small.memory.value_axis == "kB" and small.parts.values.sum() == pytest.approx(
        parameters(small.config()).total / 1e3
    )
    assert large.parts.title.endswith(" billion parameters") and large.memory.value_axis == "TB"
    assert unit_of(1e6, {1e3: "k", 1e6: "M"}) == (1e6, "M") and unit_of(999_999, {1e3: "k", 1e6: "M"}) == (1e3, "k")


def test_a_published_model_is_answered_from_its_own_numbers_alone() -> None:
    """While its numbers are set one by one, no picture of a mixture is shown."""
    panel, titles = Sizes(), []
    panel.parts.observe(lambda change: titles.append(change["new"]), "title")
    panel.model = "GPT-3 175B"
    assert titles == ["174.6 billion parameters"]


def test_the_state_and_what_is_refused() -> None:
    assert set(Sizes().controls) == set(Sizes.state()) == {"model", *NUMBERS}
    assert all(model.config in [Sizes(model=name).config()] for name, model in PUBLISHED.items())
    for wrong in ({"model": "GPT-4"}, {"layers": 0}, {"layers": 129}, {"d_model": 100}, {"heads": 3}):
        with pytest.raises(t.TraitError):
            Sizes(**wrong)


def test_update_is_a_pure_function_of_the_state() -> None:
    panel = Sizes(model="GPT-3 13B")
    assert str(panel.update()) == str(panel.update())
