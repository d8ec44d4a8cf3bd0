"""Trained weights in one small file: safetensors in half precision, with what builds the model in the header.

The header's metadata are `format`, `kind` (which class) and `config` (the fields of its configuration, as JSON). So a
file needs no pickle and executes nothing. It is written with 16 bits a number and computed with 32: the score of
a model is that of the file, after the rounding.
"""

import hashlib
import importlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_of
from safetensors.torch import save as to_bytes
from torch import Tensor, nn

from lessons.core.files import write_whole
from lessons.zoo.manifest import Entry, ZooError

FORMAT = "unrolled weights 1"
KINDS = {"character-model": "lessons.recurrent.character_model:CharacterConfig:CharacterModel"}
"""Kind -> "module:Config:Model". A lesson that ships another class adds a line. `Model(Config(**fields))` builds it,
`model.config` gives the configuration back."""


def save(path: str | Path, model: nn.Module, kind: str) -> tuple[int, str]:
    """Write the model's weights to `path`, never half a file, and return the size in bytes and the sha256.

    ZooError when a weight is not finite or beyond the range of 16 bits, or the model is not of that kind.
    """
    data = pack(model, kind)
    write_whole(Path(path), data)
    return len(data), hashlib.sha256(data).hexdigest()


def read(path: str | Path, entry: Entry) -> nn.Module:
    """The model in the file that `entry` describes: on the CPU, in float32 and eval mode. ZooError.

    Its gradients are on, as built, so that a lesson can train it further.
    """
    path, name = Path(path), entry.name
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise _broken(name, f"there is no file {path.name} in {path.parent}") from None
    except OSError as error:
        raise _broken(name, f"{path} cannot be read ({error.strerror})") from None
    if len(data) != entry.bytes:
        how = "cut off" if len(data) < entry.bytes else "too long"
        raise _broken(name, f"{path.name} is {how}, with {len(data):,} bytes in place of {entry.bytes:,}")
    if hashlib.sha256(data).hexdigest() != entry.sha256:
        raise _broken(name, f"{path.name} was altered, its sha256 is not that of the manifest")
    model = unpack(data, name, entry.kind)
    if (count := parameters(model)) != entry.parameters:
        raise _broken(name, f"{path.name} has {count:,} parameters, but the manifest says {entry.parameters:,}")
    return model


def pack(model: nn.Module, kind: str) -> bytes:
    """The bytes of a file, see `save`. The same model gives the same bytes."""
    config_class, model_class = _classes(kind)
    if type(model) is not model_class:
        raise ZooError(f"A {type(model).__name__} is not of the kind {kind!r}: that is a {model_class.__name__}.")
    config = json.dumps(asdict(model.config), ensure_ascii=False)
    if config_class(**json.loads(config)) != model.config:
        raise ZooError(f"The configuration {model.config} is another one when read back from JSON: use plain values.")
    tensors = {name: _halved(name, tensor) for name, tensor in model.state_dict().items()}
    data = to_bytes(tensors, metadata={"format": FORMAT, "kind": kind, "config": config})
    # safetensors shuffles the metadata anew in every process, and the checksum would change with them.
    header, rest = _header(data), data[8 + int.from_bytes(data[:8], "little") :]
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the tensors start at a multiple of 8, as the format asks
    return len(text).to_bytes(8, "little") + text + rest


def unpack(data: bytes, name: str, kind: str) -> nn.Module:
    """The model in the bytes of a file, see `read`. `name` is for the sentence of a ZooError."""
    try:
        tensors, header = tensors_of(data), _header(data).get("__metadata__", {})
    except (SafetensorError, ValueError, KeyError):
        raise _broken(name, "its file is damaged or no safetensors file") from None
    if header.get("format") != FORMAT:
        raise _broken(name, f"its file has the format {header.get('format')!r}, not {FORMAT!r}")
    if header.get("kind") != kind:
        raise _broken(name, f"its file holds the kind {header.get('kind')!r}, not {kind!r}")
    model = _build(name, kind, header.get("config", ""))
    ours = model.state_dict()
    for key in [*ours, *tensors]:
        expected, found = _shape(ours.get(key), halved=True), _shape(tensors.get(key))
        if expected != found:
            raise _broken(name, f"its weights belong to another model, {key} is {found} there and {expected} here")
    for key, tensor in tensors.items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise _broken(name, f"its weight {key} is not finite everywhere")
    model.load_state_dict(tensors)
    return model.eval()


def parameters(model: nn.Module) -> int:
    """How many numbers a model has learned. Tied weights count once."""
    return sum(parameter.numel() for parameter in model.parameters())


def _build(name: str, kind: str, config: str) -> nn.Module:
    """A fresh model. Its first weights are drawn and soon replaced, so the caller's random numbers are left alone."""
    config_class, model_class = _classes(kind)
    try:
        with torch.random.fork_rng(devices=[]), torch.device("cpu"):
            return model_class(config_class(**json.loads(config))).float()
    except Exception as error:  # whatever a configuration from a file can do wrong
        why = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise _broken(name, f"its configuration is refused ({why})") from None


def _classes(kind: str) -> tuple[type, type]:
    """The classes of the configuration and of the model, imported when they are asked for."""
    if kind not in KINDS:
        raise ZooError(f"There is no kind {kind!r} of model in the zoo: choose from {', '.join(KINDS)}.")
    module, config, model = KINDS[kind].split(":")
    found = importlib.import_module(module)
    return getattr(found, config), getattr(found, model)


def _halved(name: str, tensor: Tensor) -> Tensor:
    """A copy on the CPU, in 16 bits where it is not whole numbers. A copy, for tied weights may not share memory."""
    if not tensor.is_floating_point():
        return tensor.detach().to("cpu", copy=True).contiguous()
    if not tensor.isfinite().all():
        raise ZooError(f"The weight {name} is not finite everywhere: such a model cannot be kept, train it again.")
    half = tensor.detach().to("cpu", torch.float16, copy=True).contiguous()
    if not half.isfinite().all():
        largest, limit = tensor.abs().max().item(), torch.finfo(torch.float16).max
        raise ZooError(
            f"The weight {name} reaches {largest:g}, beyond the {limit:g} of 16 bits: "
            "train with a smaller learning rate."
        )
    return half


def _header(data: bytes) -> dict[str, Any]:
    """The JSON at the start of a safetensors file, after the 8 bytes of its length."""
    return json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])


def _shape(tensor: Tensor | None, halved: bool = False) -> str:
    """A tensor in words, if asked as it would be after `_halved`."""
    if tensor is None:
        return "missing"
    dtype = torch.float16 if halved and tensor.is_floating_point() else tensor.dtype
    return f"{str(dtype).removeprefix('torch.')} {list(tensor.shape)}"


def _broken(name: str, what: str) -> ZooError:
    return ZooError(
        f"{name}: {what}; take the file again from the course's repository, "
        f"or make it anew with `python -m lessons.zoo train {name} --ship`."
    )
