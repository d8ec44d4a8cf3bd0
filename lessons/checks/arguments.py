"""Copies of a case's arguments, and whether a function has changed them.

Every call gets copies of its own. So a function that changes its input in place cannot spoil the next case,
nor the reference's answer, and we can tell the student about it.
"""

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from lessons.checks.wording import clean, number


def copied(value: object) -> object:
    """A copy of tensors, and of lists, tuples and dictionaries of them, that shares no memory with `value`.

    Any other object is handed on as it is: numbers and text cannot change.
    """
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, list):
        return [copied(item) for item in value]
    if isinstance(value, tuple):
        return tuple(copied(item) for item in value)
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return value


def changed(before: object, after: object) -> bool:
    """Whether data was changed, compared with an earlier copy. Other objects count as unchanged."""
    if type(before) is not type(after):
        return True
    if isinstance(before, Tensor):
        return not _same_tensor(before, after)
    if isinstance(before, list | tuple):
        return len(before) != len(after) or any(map(changed, before, after))
    if isinstance(before, dict):
        return list(before) != list(after) or any(changed(before[key], after[key]) for key in before)
    if isinstance(before, int | float | str):
        return before != after and (before == before or after == after)  # NaN is not equal to itself
    return False


def _same_tensor(before: Tensor, after: Tensor) -> bool:
    if before.shape != after.shape or before.dtype != after.dtype:
        return False
    return bool(((before == after) | (before.isnan() & after.isnan())).all())  # NaN is not equal to itself


def tensors_in(value: object) -> Iterator[Tensor]:
    """Every tensor inside lists, tuples and dictionaries, in their order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from tensors_in(item)
    elif isinstance(value, dict):
        yield from tensors_in(list(value.values()))


def decimals_in(value: object) -> list[Tensor]:
    """Every tensor of floating-point numbers: those that can have a gradient."""
    return [tensor for tensor in tensors_in(value) if tensor.is_floating_point()]


def watched(arguments: tuple) -> tuple:
    """Copies of the arguments in which every tensor of decimals asks for its gradient."""
    arguments = copied(arguments)
    for tensor in decimals_in(arguments):
        tensor.requires_grad_()
    return arguments


def described(names: Iterable[str], arguments: tuple) -> str:
    """The arguments of a case in a few words: "x [3, 2], k = 4"."""
    return ", ".join(_one(name, value) for name, value in zip(names, arguments, strict=False))


def _one(name: str, value: object) -> str:
    if isinstance(value, Tensor):
        return f"{name} {list(value.shape)}"
    if isinstance(value, list) and value and all(isinstance(item, Tensor) for item in value):
        return f"{name} " + " and ".join(str(list(item.shape)) for item in value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{name} = {number(value)}"
    return f"{name} = {clean(repr(value), 40)}"


def generator(seed: int) -> torch.Generator:
    """A random generator of our own, on the CPU: a case never depends on the global seed."""
    return torch.Generator().manual_seed(seed)


def normal(generator: torch.Generator, *shape: int, scale: float = 1.0) -> Tensor:
    """A float64 tensor of normal numbers with the standard deviation `scale`, to make cases of."""
    return scale * torch.randn(shape, generator=generator, dtype=torch.float64)
