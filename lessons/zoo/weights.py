"""Trained weights in one file: safetensors, with what builds the model in the header.

The header's metadata are `format`, `kind` (which class), `config` (the fields of its configuration, as JSON) and, for a
model that has one, `tokenizer` (the JSON of `lessons.text.tokenizer`). So a file needs no pickle and executes nothing.

What lies in the repository is small: it is written with 16 bits a number and computed with 32, and the score of a model
is that of the file, after the rounding. What is fetched is large: it is written with 32 bits and mapped, so that
nothing is copied, and the numbers are read from the disk when they are used.
"""

import hashlib
import importlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load as tensors_of
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lessons.core.files import write_whole
from lessons.text.tokenizer import Tokenizer
from lessons.zoo import safetensors_file
from lessons.zoo.manifest import Entry, ZooError

FORMAT = "unrolled weights 1"
KINDS = {
    "character-model": "lessons.recurrent.character_model:CharacterConfig:CharacterModel",
    "positioned-model": "lessons.positions.model:PositionedConfig:PositionedModel",
    "bert-encoder": "lessons.bert.encoder:BertConfig:BertEncoder",
    "masked-language-model": "lessons.bert.models:BertConfig:MaskedLanguageModel",
    "bert-for-pre-training": "lessons.bert.models:BertConfig:BertForPreTraining",
    "low-rank-updates": "lessons.bert.low_rank:UpdatesConfig:LowRankUpdates",
    "llama": "lessons.gpt.llama:LlamaConfig:Llama",
    "gpt2": "lessons.gpt.gpt2:GPT2Config:GPT2",
}
"""Kind -> "module:Config:Model". A lesson that ships another class adds a line. `Model(Config(**fields))` builds it,
`model.config` gives the configuration back, `model.tokenizer`, if there is one, the tokenizer."""


class Damaged(ValueError):
    """A file that is no model of ours: the clause that says why."""


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
    return b"".join(pieces(model, kind, torch.float16))


def pieces(model: nn.Module, kind: str, dtype: torch.dtype) -> Iterator[bytes]:
    """The bytes of a file piece by piece, with numbers of `dtype`: float16 or float32."""
    config_class, model_class = _classes(kind)
    if type(model) is not model_class:
        raise ZooError(f"A {type(model).__name__} is not of the kind {kind!r}: that is a {model_class.__name__}.")
    config = json.dumps(asdict(model.config), ensure_ascii=False)
    if config_class(**json.loads(config)) != model.config:
        raise ZooError(f"The configuration {model.config} is another one when read back from JSON: use plain values.")
    metadata = {"format": FORMAT, "kind": kind, "config": config}
    if tokenizer := getattr(model, "tokenizer", None):
        metadata["tokenizer"] = tokenizer.to_json()
    tensors = {name: _kept(name, tensor, dtype) for name, tensor in model.state_dict().items()}
    return safetensors_file.pieces(tensors, metadata)


def unpack(data: bytes, name: str, kind: str) -> nn.Module:
    """The model in the bytes of a file, see `read`. `name` is for the sentence of a ZooError."""
    try:
        try:
            tensors, metadata = tensors_of(data), _header(data).get("__metadata__", {})
        except (SafetensorError, ValueError, KeyError):
            raise Damaged("its file is damaged or no safetensors file") from None
        model = _build(kind, metadata, _drawn)
        require_same(model, tensors, torch.float16)
        for key, tensor in tensors.items():
            if tensor.is_floating_point() and not tensor.isfinite().all():
                raise Damaged(f"its weight {key} is not finite everywhere")
    except Damaged as damage:
        raise _broken(name, str(damage)) from None
    model.load_state_dict(tensors)
    return model.eval()


def mapped(path: Path, kind: str) -> nn.Module:
    """The model in a file of 32 bits, whose numbers stay on the disk until they are used. Damaged.

    A change of a number, as in training, stays in memory: the file is never written to.
    """
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except (SafetensorError, OSError):
        raise Damaged("its file is damaged or no safetensors file") from None
    model = _build(kind, metadata, hollow)
    require_same(model, tensors, torch.float32)
    model.load_state_dict(tensors, assign=True)
    return model.eval()


def parameters(model: nn.Module) -> int:
    """How many numbers a model has learned. Tied weights count once."""
    return sum(parameter.numel() for parameter in model.parameters())


def hollow(kind: str, config: Any) -> nn.Module:
    """A model of `kind` whose weights are memory that was never written to, and are to be replaced: built at once."""
    _, model_class = _classes(kind)
    with torch.device("cpu"), _NoDraws():
        return model_class(config).float()


class _NoDraws(TorchFunctionMode):
    """While it is on, weights are not drawn. (The device "meta" keeps sizes alone, and nothing could be computed.)"""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if function in (Tensor.normal_, Tensor.uniform_) or getattr(function, "__module__", "") == nn.init.__name__:
            return args[0] if args else kwargs["tensor"]
        return function(*args, **kwargs)


def _drawn(kind: str, config: Any) -> nn.Module:
    """A fresh model of `kind`. Its first weights are soon replaced, so the caller's random numbers are left alone."""
    _, model_class = _classes(kind)
    with torch.random.fork_rng(devices=[]), torch.device("cpu"):
        return model_class(config).float()


def _build(kind: str, metadata: dict[str, str], make: Callable[[str, Any], nn.Module]) -> nn.Module:
    """A fresh model as the header of a file describes it, with its tokenizer."""
    if metadata.get("format") != FORMAT:
        raise Damaged(f"its file has the format {metadata.get('format')!r}, not {FORMAT!r}")
    if metadata.get("kind") != kind:
        raise Damaged(f"its file holds the kind {metadata.get('kind')!r}, not {kind!r}")
    config_class, _ = _classes(kind)
    try:
        model = make(kind, config_class(**json.loads(metadata.get("config", ""))))
    except Exception as error:  # whatever a configuration from a file can do wrong
        why = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise Damaged(f"its configuration is refused ({why})") from None
    if "tokenizer" in metadata:
        try:
            model.tokenizer = Tokenizer.from_json(metadata["tokenizer"])
        except ValueError:
            raise Damaged("its tokenizer is none") from None
    return model


def require_same(model: nn.Module, tensors: dict[str, Tensor], dtype: torch.dtype) -> None:
    """Damaged unless the file's tensors are those of the model, in the precision of the file."""
    ours = model.state_dict()
    for key in [*ours, *tensors]:
        expected, found = _shape(ours.get(key), dtype), _shape(tensors.get(key))
        if expected != found:
            raise Damaged(f"its weights belong to another model, {key} is {found} there and {expected} here")


def _classes(kind: str) -> tuple[type, type]:
    """The classes of the configuration and of the model, imported when they are asked for."""
    if kind not in KINDS:
        raise ZooError(f"There is no kind {kind!r} of model in the zoo: choose from {', '.join(KINDS)}.")
    module, config, model = KINDS[kind].split(":")
    found = importlib.import_module(module)
    return getattr(found, config), getattr(found, model)


def _kept(name: str, tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """The tensor on the CPU, in the precision of the file where it is not whole numbers."""
    if not tensor.is_floating_point():
        return tensor.detach().cpu()
    if not tensor.isfinite().all():
        raise ZooError(f"The weight {name} is not finite everywhere: such a model cannot be kept, train it again.")
    kept = tensor.detach().to("cpu", dtype)
    if not kept.isfinite().all():
        largest, limit = tensor.abs().max().item(), torch.finfo(dtype).max
        raise ZooError(
            f"The weight {name} reaches {largest:g}, beyond the {limit:g} of 16 bits: "
            "train with a smaller learning rate."
        )
    return kept


def _header(data: bytes) -> dict[str, Any]:
    """The JSON at the start of a safetensors file, after the 8 bytes of its length."""
    return json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])


def _shape(tensor: Tensor | None, dtype: torch.dtype | None = None) -> str:
    """A tensor in words, if asked as it would be in a file of `dtype`."""
    if tensor is None:
        return "missing"
    kept = dtype if dtype and tensor.is_floating_point() else tensor.dtype
    return f"{str(kept).removeprefix('torch.')} {list(tensor.shape)}"


def _broken(name: str, what: str) -> ZooError:
    return ZooError(
        f"{name}: {what}; take the file again from the course's repository, "
        f"or make it anew with `python -m lessons.zoo train {name} --ship`."
    )
