"""Without positions the outputs are shuffled with the words, and are otherwise the same."""

import pytest
import torch

from lessons.positions.encodings import ENCODINGS
from lessons.positions.shuffle import change_by_shuffling, read

WORDS, ORDER = ["the", "dog", "bit", "the", "man"], [3, 4, 2, 0, 1]


def test_without_positions_the_same_vectors_come_in_another_order():
    before, after = read(WORDS, "none"), read([WORDS[i] for i in ORDER], "none")
    assert torch.allclose(after, before[ORDER], atol=1e-6) and not torch.allclose(after, before, atol=0.1)
    assert change_by_shuffling(WORDS, ORDER, "none").max() < 1e-5
    assert torch.allclose(before[0], before[3], atol=1e-6)  # "the" is "the", wherever it stands


@pytest.mark.parametrize("encoding", [name for name in ENCODINGS if name != "none"])
def test_with_positions_every_word_changes(encoding):
    """All but one or two of five words stand elsewhere or see the others elsewhere, and each change can be seen."""
    change = change_by_shuffling(WORDS, ORDER, encoding)
    assert change.shape == (5,) and change.min() > 0.01
    assert change_by_shuffling(WORDS, range(5), encoding).max() == 0


def test_learned_positions_count_as_much_as_the_words():
    """The first table of a model is 50 times as small, so an untrained one would show next to nothing."""
    assert change_by_shuffling(WORDS, ORDER, "learned").max() > 0.5


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_callers_random_numbers_are_left_alone(encoding):
    torch.manual_seed(4)
    expected = torch.rand(3)
    torch.manual_seed(4)
    first = read(WORDS, encoding)
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(first, read(WORDS, encoding)) and not torch.equal(first, read(WORDS, encoding, seed=1))


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: read([], "none"), "type at least one word"),
    (lambda: change_by_shuffling(WORDS, [0, 1, 2, 3, 3], "none"), "each place from 0 to 4 once"),
    (lambda: change_by_shuffling(WORDS, [0, 1], "none"), "each place from 0 to 4 once"),
    (lambda: read(WORDS, "bert"), "not 'bert'"),
])  # fmt: skip
def test_what_cannot_be_is_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
