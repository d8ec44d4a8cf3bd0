"""A linear map by the faster library is the same map."""

import pytest
import torch
from torch.nn import functional as F

from lessons.core import linear as module
from lessons.core.linear import Linear, linear
from tests.equality import assert_equal


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(7,), (1, 7), (5, 7), (3, 1, 7), (2, 3, 4, 7)], ids=str)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-5)])
def test_it_is_torchs_linear_map(shape, bias, dtype, tolerance):
    x, weight, b = (torch.randn(size, dtype=dtype) for size in (shape, (11, 7), (11,)))
    b = b if bias else None
    with torch.no_grad():
        assert_equal(linear(x, weight, b), F.linear(x, weight, b), tolerance)
        across = x.transpose(0, -2) if x.dim() > 1 else x  # not in a row in memory
        assert_equal(linear(across, weight, b), F.linear(across, weight, b), tolerance)
    with torch.inference_mode():
        assert_equal(linear(x, weight, b), F.linear(x, weight, b), tolerance)


def test_where_a_gradient_is_wanted_there_is_one():
    layer, x = Linear(7, 11), torch.randn(5, 7, requires_grad=True)
    grads = torch.autograd.grad(layer(x).square().sum(), [x, layer.weight, layer.bias])
    theirs = torch.autograd.grad(F.linear(x, layer.weight, layer.bias).square().sum(), [x, layer.weight, layer.bias])
    assert all(torch.equal(mine, yours) for mine, yours in zip(grads, theirs, strict=True))


def test_a_torch_without_the_other_library(monkeypatch):
    x, layer = torch.randn(5, 7), Linear(7, 11, bias=False)
    with torch.no_grad():
        both = layer(x)
        monkeypatch.setattr(module, "_ONEDNN", None)
        assert_equal(layer(x), both, 1e-5)
