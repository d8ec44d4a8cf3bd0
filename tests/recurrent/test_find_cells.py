"""The search for cells with a meaning: the labels, the correlation, and that a planted unit is found."""

import numpy as np
import pytest
import torch

from lessons.recurrent.character_model import CharacterConfig, CharacterModel
from lessons.recurrent.find_cells import best_unit, correlations, inside_quotes, memory, place_in_line
from lessons.text.characters import Characters

TEXT = "He said, “Go on,” and\nwent. “Yes.”\n"


def test_inside_quotes():
    assert inside_quotes("a“b”c").tolist() == [0, 1, 1, 0, 0]
    assert inside_quotes("“a\n“b”c").tolist() == [1, 1, 1, 1, 1, 0, 0]  # a new paragraph opens again


def test_place_in_line():
    assert place_in_line("ab\n\nc").tolist() == [1, 2, 0, 0, 1]


def test_correlations_are_numpys():
    values = torch.randn(40, 7, generator=torch.Generator().manual_seed(0))
    label = (torch.arange(40) % 3 == 0).float()
    expected = [np.corrcoef(values[:, unit], label)[0, 1] for unit in range(7)]
    assert correlations(values, label).tolist() == pytest.approx(expected)


def test_what_never_changes_has_no_correlation():
    values = torch.stack([torch.ones(9), torch.arange(9.0)], dim=1)
    assert correlations(values, torch.arange(9.0)).tolist() == pytest.approx([0, 1])
    assert correlations(values, torch.zeros(9)).tolist() == [0, 0]


def test_the_strongest_unit_of_all_layers_wins_with_its_sign():
    label = inside_quotes(TEXT)
    values = torch.randn(3, len(TEXT), 5, generator=torch.Generator().manual_seed(0))
    values[1, :, 4] = 2 - 0.5 * label
    found = best_unit(values, label)
    assert (found.layer, found.unit) == (1, 4) and found.r == pytest.approx(-1)


@pytest.mark.parametrize("architecture", ["ugrnn", "lstm"])
def test_memory_is_that_of_every_layer_and_step(architecture):
    torch.manual_seed(0)
    model = CharacterModel(CharacterConfig(Characters.of(TEXT).symbols, architecture, 3, 6, layers=2))
    values = memory(model, TEXT)
    assert values.shape == (2, len(TEXT), 6)
    _, last = model(model.encode(TEXT))
    expected = last[1].tanh() if architecture == "lstm" else last
    assert torch.allclose(values[:, -1], expected[:, 0], atol=1e-6)
