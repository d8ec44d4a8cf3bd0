"""Weights of another library under our names: a table of names and shapes, and nothing is copied."""

from collections.abc import Mapping

from torch import Tensor

Table = dict[str, tuple[str, tuple[int, ...]]]
"""The other library's name -> our name and our shape."""


def renamed(tensors: Mapping[str, Tensor], table: Table, whose: str) -> dict[str, Tensor]:
    """Every tensor of the table under our name, as a view in our shape.

    ValueError when one is missing, is left over, or has another number of entries; `whose` says what they belong to.
    """
    if missing := [name for name in table if name not in tensors]:
        raise ValueError(f"These are not all the weights of {whose}: {_few(missing)} missing.")
    if unknown := [name for name in tensors if name not in table]:
        raise ValueError(f"These are not the weights of {whose}: {_few(unknown)} unknown to it.")
    ours = {}
    for name, (our_name, shape) in table.items():
        found = tuple(tensors[name].shape)
        if found != shape and not _folds(shape, found):
            raise ValueError(f"{name} has the shape {list(found)}, which does not fit {list(shape)} of {whose}.")
        ours[our_name] = tensors[name].reshape(shape)
    return ours


def _folds(shape: tuple[int, ...], found: tuple[int, ...]) -> bool:
    """Is `found` our shape with the head and d_head axes joined?"""
    return any(found == (*shape[:i], shape[i] * shape[i + 1], *shape[i + 2 :]) for i in range(len(shape) - 1))


def _few(names: list[str]) -> str:
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return f"{', '.join(names[:2])}{more} {'is' if len(names) == 1 else 'are'}"
