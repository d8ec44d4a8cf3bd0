"""The state of a training in one file, without pickle.

The tensors are stored as safetensors, under the dotted name of their place in the state
(`model.cells.0.A_x`). What is not a tensor (numbers, names, the optimizer's settings) is JSON in the same
file's header, with the tensors named in it.

A file is written beside its final place and then renamed, so that a power cut leaves the old file or the new
one, never half of one. Loading executes nothing.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from lessons.core.files import write_whole

FORMAT = "unrolled training 1"


class CheckpointError(ValueError):
    """A file that cannot be used, with one sentence that says why and what to do."""


def save(path: str | Path, state: dict[str, Any]) -> None:
    """Write nested dicts, lists, tuples of tensors and plain values (str, int, float, bool, None) to `path`.

    The folder is made when it is missing. TypeError for any other kind of value. Existing files are replaced
    at once.
    """
    tensors: dict[str, Tensor] = {}
    header = json.dumps(_pack(state, "", tensors))
    data = to_bytes(tensors, metadata={"format": FORMAT, "state": header})
    write_whole(path, data)


def load(path: str | Path) -> dict[str, Any]:
    """Read back what `save` wrote, with all tensors on the CPU.

    FileNotFoundError when there is no such file, CheckpointError when it is cut off or something else
    altogether.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no checkpoint {path.name} in {path.parent}: train and save one first.")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except SafetensorError:
        raise CheckpointError(
            f"{path.name} is damaged, cut off, or not a checkpoint: delete it and train again."
        ) from None
    if metadata.get("format") != FORMAT:
        raise CheckpointError(f"{path.name} holds tensors, but it is not the checkpoint of a training.")
    return _unpack(json.loads(metadata["state"]), tensors)


def _pack(value: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    """The value as JSON; its tensors go into `tensors` under their dotted names."""
    inside = f"{name}." if name else ""
    if isinstance(value, Tensor):
        if name in tensors:
            raise ValueError(f"Two tensors of the state have the same dotted name {name!r}.")
        # A clone: safetensors refuses tensors that share memory, as tied weights do.
        tensors[name] = value.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
        return {"tensor": name}
    if isinstance(value, dict):  # as pairs: JSON would turn the optimizer's number keys into text
        return {"dict": [[key, _pack(item, f"{inside}{key}", tensors)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [_pack(item, f"{inside}{index}", tensors) for index, item in enumerate(value)]}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"A checkpoint cannot hold {name!r}: it is of the type {type(value).__name__}.")


def _unpack(value: Any, tensors: dict[str, Tensor]) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "tensor":
        return tensors[content]
    if kind == "dict":
        return {key: _unpack(item, tensors) for key, item in content}
    items = [_unpack(item, tensors) for item in content]
    return items if kind == "list" else tuple(items)
