"""Who may look where: True means "may look", and masks are combined with &."""

import pytest
import torch

from lessons.attention.masks import causal_mask, padding_mask


def test_a_causal_mask_shows_the_past_and_oneself():
    mask = causal_mask(4)
    assert [[bool(mask[query, key]) for key in range(4)] for query in range(4)] == [
        [key <= query for key in range(4)] for query in range(4)
    ]


def test_a_padding_mask_hides_what_is_behind_the_text_from_everybody():
    mask = padding_mask([3, 0, 5], 5)
    assert mask.shape == (3, 1, 1, 5)
    assert mask.flatten(1).tolist() == [[True] * 3 + [False] * 2, [False] * 5, [True] * 5]


def test_both_together():
    mask = causal_mask(3) & padding_mask([2, 3], 3)
    assert mask.shape == (2, 1, 3, 3)
    assert mask[0, 0].tolist() == [[True, False, False], [True, True, False], [True, True, False]]
    assert torch.equal(mask[1, 0], causal_mask(3))


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: causal_mask(0), "A causal mask needs 1 or more positions, not 0."),
    (lambda: padding_mask([3, 6], 5), "A length must be from 0 to 5, the time axis of the batch, not 6."),
    (lambda: padding_mask([-1], 5), "from 0 to 5, the time axis of the batch, not -1."),
])  # fmt: skip
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
