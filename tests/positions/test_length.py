"""The length table: the loss at every position, and its means, against one character at a time."""

import pytest
import torch

from lessons.positions.length import LengthRow, length_table, loss_by_position
from lessons.positions.model import PositionedConfig, PositionedModel

TEXT = "abc ab cab acb bca " * 5
CONTEXT = 3


def model(encoding: str, context: int = CONTEXT) -> PositionedModel:
    torch.manual_seed(0)
    return PositionedModel(PositionedConfig("□ abc", encoding, 8, 1, 2, 10, context, dropout=0.5))


@pytest.mark.parametrize("encoding", ["none", "sinusoidal", "alibi"])
def test_the_loss_at_each_position(encoding):
    """Windows begin at 0, in the middle and so that the last character is predicted."""
    built = model(encoding).eval()
    ids = built.vocabulary.encode(TEXT)
    starts = [0, (len(TEXT) - 13) // 2, len(TEXT) - 13]
    expected = []
    for t in range(12):
        losses = []
        for start in starts:
            logits = built(ids[None, start : start + t + 1])[0, -1]
            losses.append(-logits.log_softmax(dim=0)[ids[start + t + 1]].item())
        expected.append(sum(losses) / 3)
    found = loss_by_position(built.train(), TEXT, windows=3)  # dropout is off all the same
    assert found.tolist() == pytest.approx(expected, abs=1e-5)


def test_learned_positions_are_asked_about_their_table_alone():
    (row,) = length_table({"mine": model("learned")}, TEXT, windows=2)
    assert row.name == "mine" and row.by_position.shape == (3,)
    assert row.nats(1) == pytest.approx(row.by_position.mean().item())
    assert row.nats(2) is None and row.nats(4) is None and row.between(1, 4) is None


def test_the_means():
    row = LengthRow("mine", 2, torch.tensor([4.0, 2.0, 1.0, 1.0, 5.0, 6.0, 7.0, 8.0]))
    assert (row.nats(1), row.nats(2), row.nats(4)) == (3.0, 2.0, 4.25)
    assert (row.between(0, 1), row.between(1, 2), row.between(1, 4)) == (3.0, 1.0, pytest.approx(28 / 6))


def test_two_rows_can_be_compared():
    row = LengthRow("mine", 2, torch.tensor([4.0, 2.0]))
    assert row == row and row != LengthRow("mine", 2, torch.tensor([4.0, 2.0]))


def test_measuring_leaves_the_model_in_training():
    built = model("none").train()
    loss_by_position(built, TEXT, windows=1)
    assert all(part.training for part in built.modules())


def test_more_windows_than_the_text_has_begin_at_the_same_place():
    text = TEXT[:13]
    assert torch.allclose(loss_by_position(model("none"), text, 5), loss_by_position(model("none"), text, 1))


@pytest.mark.parametrize(("text", "windows", "numbers"), [(TEXT[:12], 4, "not 4 and 12"), (TEXT, 0, "not 0 and 95")])
def test_a_text_too_short_is_a_sentence(text, windows, numbers):
    with pytest.raises(ValueError, match=f"13 characters or more, {numbers}"):
        loss_by_position(model("none"), text, windows)
