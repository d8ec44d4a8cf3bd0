"""Equal but for rounding: the one measure of every proof that two ways to compute something agree."""

import torch
from torch import Tensor


def assert_equal(ours: Tensor, theirs: Tensor, tolerance: float = 1e-10, scale: Tensor | None = None) -> None:
    """The same shape, finite, and apart by no more than `tolerance` of the largest entry of `scale`, or of `theirs`."""
    assert ours.shape == theirs.shape
    assert ours.isfinite().all()
    assert (ours - theirs).abs().max() <= tolerance * (theirs if scale is None else scale).abs().max()


def assert_equal_gradients(ours, our_leaves, theirs, their_leaves, unused: bool = False) -> None:
    """Of a sum with a weight of its own for every entry, with respect to each leaf. unused: a leaf may play no part."""
    weight = torch.linspace(-1, 1, ours.numel(), dtype=torch.float64).reshape(ours.shape)
    one, other = (
        torch.autograd.grad((weight * result).sum(), leaves, allow_unused=unused, materialize_grads=unused)
        for result, leaves in ((ours, our_leaves), (theirs, their_leaves))
    )
    for mine, yours in zip(one, other, strict=True):
        assert_equal(mine, yours.reshape(mine.shape))
