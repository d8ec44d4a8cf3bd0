"""Compare an answer with the expected one, and say how wrong it is, not only that it is wrong.

Differences are relative to the largest entry of the expected tensor: an entry that should be 0 may be off by
rounding. After `cmp` of the nn-zero-to-hero course, which prints the largest difference; here it is also said
where, how many entries, and what in shape, type or precision makes a comparison of values pointless.
"""

import math
from dataclasses import dataclass, replace
from numbers import Real
from os.path import commonprefix

import torch
from torch import Tensor

from lessons.checks.wording import clean, number

SHORT = 80  # characters of a text that are shown


@dataclass(frozen=True)
class Finding:
    """What differs. `size` is the relative difference, infinite where the two cannot be compared."""

    kind: str  # type, count, keys, shape, dtype, strange, value, text, precision
    says: str
    size: float = math.inf


def compare(expected: object, answer: object, tolerance: float, name: str = "Your result") -> Finding | None:
    """The first thing that differs, or None when the two agree within `tolerance` (see above).

    Expected may be a tensor, a number, a truth value, text, None, or a tuple, list or dictionary of these.
    A list may stand for a tuple, and a number for a tensor that holds one number. Of a whole number in place of
    another, both are said and no distance.
    """
    if isinstance(expected, list | tuple):
        return _compare_sequences(expected, answer, tolerance, name)
    if isinstance(expected, dict):
        return _compare_dictionaries(expected, answer, tolerance, name)
    if _is_numeric(expected):
        if not _is_numeric(answer):
            return _wrong_type(expected, answer, name)
        finding = _compare_tensors(_as_tensor(expected), _as_tensor(answer), tolerance, name)
        if isinstance(expected, int) and finding and finding.kind == "value":  # how far off it is says nothing
            return replace(finding, says=f"{name} is {float(answer):.12g}, expected {expected}.")
        return finding
    if type(expected) is not type(answer):
        return _wrong_type(expected, answer, name)
    if expected != answer:
        return Finding("text", _different_words(expected, answer, name))
    return None


def _different_words(expected: object, answer: object, name: str) -> str:
    """Both as they are written. Of long texts only the part where they begin to differ, behind an ellipsis."""
    if isinstance(expected, str) and max(len(expected), len(answer)) > SHORT:
        start = max(0, len(commonprefix([expected, answer])) - SHORT // 4)
        if start:
            expected, answer = "…" + expected[start:], "…" + answer[start:]
    return f"{name} is {clean(repr(answer), SHORT)}, expected {clean(repr(expected), SHORT)}."


def _is_numeric(value: object) -> bool:
    return isinstance(value, Tensor) or (isinstance(value, Real) and not isinstance(value, bool))


def _as_tensor(value: Tensor | Real) -> Tensor:
    if isinstance(value, Tensor):
        return value.detach().cpu()
    try:
        return torch.tensor(float(value), dtype=torch.float64)
    except OverflowError:  # a whole number that is too large to be a float
        return torch.tensor(math.inf, dtype=torch.float64)


def _kind(value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, Tensor):
        return "one tensor"
    if isinstance(value, list | tuple | dict):
        return f"a {type(value).__name__} of {len(value)}"
    names = {str: "text", bool: "True or False", int: "a number", float: "a number"}
    return names.get(type(value), f"an object of type {clean(type(value).__name__, 40)}")


def _wrong_type(expected: object, answer: object, name: str) -> Finding:
    if answer is None and type(expected) is int:  # a function that gives whole numbers may give None on purpose
        return Finding("type", f"{name} is None, expected {expected}.")
    if answer is None and name == "Your result":
        return Finding("type", "Your function returns None: is the return missing?")
    return Finding("type", f"{name} is {_kind(answer)}, expected {_kind(expected)}.")


def _compare_sequences(expected: list | tuple, answer: object, tolerance: float, name: str) -> Finding | None:
    if not isinstance(answer, list | tuple):
        return _wrong_type(expected, answer, name)
    if len(answer) != len(expected):
        if _is_plain(expected) and _is_plain(answer):
            got, want = (clean(list(items), 80) for items in (answer, expected))
            return Finding("count", f"{name} is {got}, expected {want}.")
        parts = "1 part" if len(answer) == 1 else f"{len(answer)} parts"
        return Finding("count", f"{name} has {parts}, expected {len(expected)}.")
    part = "Result" if name == "Your result" else f"{name}, part"
    findings = (
        compare(one, other, tolerance, f"{part} {place}")
        for place, (one, other) in enumerate(zip(expected, answer, strict=True), start=1)
    )
    return _first(findings)


def _is_plain(items: list | tuple) -> bool:
    """Whether these are few texts and whole numbers, so that they say more than their count."""
    return len(items) <= 12 and all(
        isinstance(item, str) or (isinstance(item, int) and abs(item) < 1e6) for item in items
    )


def _compare_dictionaries(expected: dict, answer: object, tolerance: float, name: str) -> Finding | None:
    if not isinstance(answer, dict):
        return _wrong_type(expected, answer, name)
    if set(answer) != set(expected):
        got, want = (clean(sorted(map(str, keys))) for keys in (answer, expected))
        return Finding("keys", f"{name} has the keys {got}, expected {want}.")
    part = "Result" if name == "Your result" else f"{name}, part"
    return _first(compare(expected[key], answer[key], tolerance, f"{part} {key!r}") for key in expected)


def _first(findings) -> Finding | None:
    """The finding that says most: a difference before a mere loss of precision."""
    found = [finding for finding in findings if finding is not None]
    return min(found, key=lambda finding: finding.kind == "precision", default=None)


def _compare_tensors(expected: Tensor, answer: Tensor, tolerance: float, name: str) -> Finding | None:
    if answer.shape != expected.shape:
        return Finding("shape", f"{name} is {_shape(answer)}, expected {_shape(expected)}.")
    decimals_lost = expected.is_floating_point() and not answer.is_floating_point()
    mask_missed = (answer.dtype == torch.bool) != (expected.dtype == torch.bool)
    if answer.is_complex() or decimals_lost or mask_missed:
        return Finding("dtype", f"{name} holds {_dtype(answer)}, expected {_dtype(expected)}.")
    finding = _compare_values(expected.double(), answer.double(), max(tolerance, _rounding(answer)), name)
    if finding is None and _rounding(answer) > max(tolerance, _rounding(expected)):
        says = f"{name} is right, but only as precise as {_dtype(answer)}; keep {_dtype(expected)}."
        if not expected.is_floating_point():
            says = f"{name} is right, but holds {_dtype(answer)}: keep whole numbers ({_dtype(expected)})."
        return Finding("precision", says)
    return finding


def _shape(tensor: Tensor) -> str:
    return f"a tensor of shape {list(tensor.shape)}" if tensor.dim() else "a single number"


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _rounding(tensor: Tensor) -> float:
    """What a few dozen operations may lose in this type of number."""
    return 30 * torch.finfo(tensor.dtype).eps if tensor.is_floating_point() else 0.0


def _compare_values(expected: Tensor, answer: Tensor, tolerance: float, name: str) -> Finding | None:
    same = (answer == expected) | (answer.isnan() & expected.isnan())
    strange = ~same & ~(answer.isfinite() & expected.isfinite())
    if strange.any():
        place = _place(strange)
        which = "NaN (not a number)" if answer[place].isnan() else number(answer[place].item())
        count = int(strange.sum())
        says = f"{name} holds {which}{_at(place)}: {count} of {answer.numel()} entries are not as expected."
        if answer[place].isfinite():
            says = f"{name} is {which}{_at(place)}, expected {number(expected[place].item())}."
        return Finding("strange", says)
    gap = (answer - expected).abs().masked_fill(same, 0.0)  # equal infinities would leave NaN
    if not gap.any():
        return None
    finite = expected[expected.isfinite()].abs()
    largest = finite.max().item()
    scale = largest or 1.0  # where zeros are expected, the difference itself is what counts
    size = gap.max().item() / scale
    if size <= tolerance:
        return None
    place = _place(gap == gap.max())
    got, want = (_entry(t[place].item(), scale) for t in (answer, expected))
    says = f"{name} is off by {number(gap[place].item())}{_at(place)}: it is {got}, expected {want}."
    if answer.numel() > 1:
        wrong = int((gap > tolerance * scale).sum())
        share = f", by up to {_share(size)} the largest entry" if largest else ""
        says += f" {wrong} of {answer.numel()} entries differ{share}."
    elif largest:
        says += f" The difference is {_share(size)} the expected value."
    return Finding("value", says, size)


def _place(mask: Tensor) -> tuple[int, ...]:
    return tuple(mask.nonzero()[0].tolist())


def _at(place: tuple[int, ...]) -> str:
    return f" at {list(place)}" if place else ""


def _entry(value: float, scale: float) -> str:
    """An entry far below the others is rounding, which differs from machine to machine: write 0."""
    return "0" if abs(value) < 1e-12 * scale else number(value)


def _share(size: float) -> str:
    return f"{number(100 * size)} % of" if size < 10 else f"{number(size)} times"
