"""See an inner value of a model, or edit it on its way: `HookPoint`, `record`, `intervene`.

A model marks what can be seen: `h = self.see_hidden(h)`, where `see_hidden` is a `HookPoint`, a module that
returns its argument. A mark is named by its place in the model, for example `cells.0.see_hidden`.

    with record(model) as seen:                                      # what was there
        model(x)
    seen["cells.0.see_hidden"]

    with intervene(model, {"cells.0.see_hidden": lambda h: 0 * h}):  # what if it were otherwise
        model(x)

The idea is that of the hook points in TransformerLens. Here a mark keeps its own watchers instead of torch's
hooks, so that edits always come before readings, and a value that is passed once per step of a sequence gets
a time axis.

One rule for everybody who writes a model: a recorded tensor is the very tensor of the graph, never a copy.
So nothing may change it in place afterwards (`h += ...`); write `h = h + ...`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

Edit = Callable[[Tensor], Tensor]
_open: set[object] = set()
"""The blocks of `record` and `intervene` that run right now, on whatever model."""


class HookPoint(nn.Module):
    """A place worth seeing. Returns the very tensor it is given, unless somebody edits it.

    `every_step=True` marks a value that is passed once per step of a sequence, as in an RNN: its recording
    has a time axis, also for a sequence of one step.
    """

    hooked = False  # whether any mark ever had one of torch's own hooks

    def __init__(self, every_step: bool = False):
        super().__init__()
        self.every_step = every_step
        # Keyed by an object of each watcher's own, so that everybody removes exactly what they put in.
        self.edits: dict[object, Edit] = {}
        self.readers: dict[object, Callable[[Tensor], None]] = {}

    def register_forward_hook(self, *args: Any, **kwargs: Any) -> RemovableHandle:
        """torch's own hooks work here, too."""
        HookPoint.hooked = True
        return super().register_forward_hook(*args, **kwargs)

    def forward(self, value: Tensor) -> Tensor:
        for edit in self.edits.values():
            value = edit(value)
        for read in self.readers.values():
            read(value)
        return value


def hook_points(model: nn.Module) -> dict[str, HookPoint]:
    """All marks of a model by dotted name, in the order in which the model defines them."""
    return {name: module for name, module in model.named_modules() if isinstance(module, HookPoint)}


def is_watched(model: nn.Module) -> bool:
    """Is any mark of the model recorded or edited right now? Then a model takes its readable path."""
    if not (_open or HookPoint.hooked):  # a decoder asks in every layer and at every token
        return False
    # `_forward_hooks` are torch's own hooks: somebody who puts one on a mark wants to see its value, too.
    return any(point.edits or point.readers or point._forward_hooks for point in hook_points(model).values())


class Recording(Mapping[str, Tensor]):
    """What passed the marks of a model, by dotted name. Stays readable after `record` has ended."""

    def __init__(self, points: dict[str, HookPoint], gradients: bool):
        self._points = points
        self._gradients = gradients
        self._calls: dict[str, list[Tensor]] = {name: [] for name in points}

    def __getitem__(self, name: str) -> Tensor:
        """What passed the mark: [batch, ...], or [batch, time, ...] if the mark is passed at every step.

        KeyError for a name that is not recorded, LookupError if nothing has passed yet.
        """
        return self._joined(name, self.calls(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)

    def calls(self, name: str) -> list[Tensor]:
        """The tensors themselves, one per pass. They are part of the graph, for torch.autograd.grad."""
        _known([name], self._calls, "recorded here")
        return list(self._calls[name])

    def gradient(self, name: str) -> Tensor:
        """The gradient that `backward()` brought, in the shape of `seen[name]`; zeros where none came.

        RuntimeError when the recording was made without `gradients=True`, or before `backward()`.
        """
        calls = self.calls(name)
        if not self._gradients:
            raise RuntimeError("This recording holds no gradients: use record(model, gradients=True).")
        if all(tensor.grad is None for passed in self._calls.values() for tensor in passed):
            raise RuntimeError("No gradient has come back yet: call backward() on a loss of this very forward pass.")
        grads = [torch.zeros_like(tensor) if tensor.grad is None else tensor.grad for tensor in calls]
        return self._joined(name, grads)

    def _joined(self, name: str, calls: list[Tensor]) -> Tensor:
        if not calls:
            raise LookupError(f"Nothing has passed {name!r} yet: call the model inside `with record(model)`.")
        if len(calls) == 1 and not self._points[name].every_step:
            return calls[0]
        if any(tensor.shape != calls[0].shape for tensor in calls):
            shapes = ", ".join(str(list(tensor.shape)) for tensor in calls[:3])
            raise LookupError(f"The passes of {name!r} differ in shape ({shapes}, ...): use seen.calls({name!r}).")
        return torch.stack(calls, dim=1)  # [batch, ...] * time -> [batch, time, ...]

    def _reader(self, name: str) -> Callable[[Tensor], None]:
        def read(value: Tensor) -> None:
            if self._gradients and value.requires_grad:
                value.retain_grad()
            self._calls[name].append(value)

        return read


@contextmanager
def record(model: nn.Module, only: Iterable[str] | None = None, gradients: bool = False) -> Iterator[Recording]:
    """Record what passes the marks of a model while the block runs.

    only: names of the marks to record; all of them by default. gradients: also keep the gradients that a
    later `backward()` brings to the marks. A recording sees what the model goes on with, so after every
    edit. KeyError for an unknown name.
    """
    points = hook_points(model)
    if only is not None:
        names = [only] if isinstance(only, str) else list(only)
        _known(names, points, "in this model")
        points = {name: points[name] for name in names}
    seen = Recording(points, gradients)
    handle = object()
    _open.add(handle)
    try:
        for name, point in points.items():
            point.readers[handle] = seen._reader(name)
        yield seen
    finally:
        _open.discard(handle)
        for point in points.values():
            point.readers.pop(handle, None)


@contextmanager
def intervene(model: nn.Module, edits: Mapping[str, Edit]) -> Iterator[None]:
    """Edit values on their way while the block runs: `{name: fn}`, fn takes a tensor and returns the new one.

    fn is called at every pass and must return a tensor of the same shape (ValueError otherwise); it must not
    change its argument in place. When blocks are nested, the outer edit comes first. KeyError for an unknown
    name.
    """
    points = hook_points(model)
    _known(edits, points, "in this model")
    handle = object()
    _open.add(handle)
    try:
        for name, edit in edits.items():
            points[name].edits[handle] = _checked(name, edit)
        yield
    finally:
        _open.discard(handle)
        for name in edits:
            points[name].edits.pop(handle, None)


def _checked(name: str, edit: Edit) -> Edit:
    def checked(value: Tensor) -> Tensor:
        edited = edit(value)
        if not isinstance(edited, Tensor):
            kind = type(edited).__name__
            raise ValueError(f"The edit of {name!r} must return a tensor, not {kind}: is the return missing?")
        if edited.shape != value.shape:
            was, now = list(value.shape), list(edited.shape)
            raise ValueError(f"The edit of {name!r} must keep the shape {was}, but it returned {now}.")
        return edited

    return checked


def _known(names: Iterable[str], existing: Mapping[str, object], where: str) -> None:
    for name in names:
        if name not in existing:
            known = ", ".join(existing) or "none"
            raise KeyError(_Sentence(f"Nothing is called {name!r} {where}. The names are: {known}."))


class _Sentence(str):
    """KeyError prints the repr of its message; a sentence should read as a sentence."""

    def __repr__(self) -> str:
        return str(self)
