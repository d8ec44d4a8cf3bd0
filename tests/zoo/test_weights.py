"""The files: what goes in comes out, rounded to 16 bits, whole or not at all."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load
from torch import nn

from lessons import zoo
from lessons.core.files import write_whole
from lessons.recurrent.architectures import ARCHITECTURES
from lessons.zoo import manifest, safetensors_file, weights
from lessons.zoo.manifest import ZooError
from tests.zoo import TEXT, empty_box, model, ship

SHIPPED = manifest.FOLDER / "weights"  # of the course, for the tests have a box of their own


@pytest.fixture(autouse=True)
def box(tmp_path, monkeypatch):
    return empty_box(tmp_path, monkeypatch)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_what_goes_in_comes_out_rounded(architecture):
    kept = model(architecture).train()
    ship(kept, architecture=architecture)
    found = zoo.load("tiny")
    assert type(found) is type(kept) and found.config == kept.config and found.vocabulary == kept.vocabulary
    assert found.state_dict().keys() == kept.state_dict().keys()
    for name, tensor in found.state_dict().items():
        assert tensor.dtype == torch.float32 and tensor.device.type == "cpu"
        assert torch.equal(tensor, kept.state_dict()[name].half().float())
    assert not found.training and all(parameter.requires_grad for parameter in found.parameters())
    kept.load_state_dict(found.state_dict())
    assert torch.equal(found(found.encode(TEXT))[0], kept.eval()(kept.encode(TEXT))[0])


def test_names_and_entries():
    assert zoo.names() == []
    with pytest.raises(ZooError, match="no model 'tiny' in the zoo: it is still empty"):
        zoo.load("tiny")
    one, two = ship(), ship(name="two")
    assert zoo.names() == ["tiny", "two"] and zoo.entry("tiny") == one and zoo.entry("two") == two
    with pytest.raises(ZooError, match="^There is no model 'three' in the zoo: choose from tiny, two.$"):
        zoo.entry("three")


def test_loading_leaves_random_numbers_and_settings_alone():
    ship()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    torch.set_default_dtype(torch.float64)
    try:
        found = zoo.load("tiny")
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.equal(torch.rand(3), expected)
    assert all(tensor.dtype == torch.float32 for tensor in found.state_dict().values())


def test_the_same_model_gives_the_same_bytes():
    assert len({weights.pack(model(), "character-model") for _ in range(20)}) == 1


def test_the_file_is_safetensors_for_everybody(tmp_path):
    size, sha256 = weights.save(tmp_path / "a.safetensors", model(), "character-model")
    data = (tmp_path / "a.safetensors").read_bytes()
    assert (size, sha256) == (len(data), hashlib.sha256(data).hexdigest())
    with safe_open(tmp_path / "a.safetensors", framework="pt") as file:
        assert file.metadata() == {
            "format": "unrolled weights 1",
            "kind": "character-model",
            "config": json.dumps(asdict(model().config), ensure_ascii=False),
        }
        assert {name: file.get_tensor(name).dtype for name in file.keys()} == {  # noqa: SIM118 - not a dict
            name: torch.float16 for name in model().state_dict()
        }
    assert int.from_bytes(data[:8], "little") % 8 == 0


@pytest.mark.parametrize("broken", ["replace", "fsync"])
def test_a_crash_in_the_middle_leaves_the_old_file(tmp_path, monkeypatch, broken):
    path = tmp_path / "a.safetensors"
    weights.save(path, model(), "character-model")
    before, there = path.read_bytes(), set(os.listdir(tmp_path))

    def fails(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, broken, fails)
    with pytest.raises(OSError, match="No space"):
        weights.save(path, model(seed=1), "character-model")
    assert path.read_bytes() == before and set(os.listdir(tmp_path)) == there


def test_a_file_has_its_name_only_when_it_is_complete(tmp_path, monkeypatch):
    events = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (events.append("fsync"), fsync(file)))
    monkeypatch.setattr(os, "replace", lambda a, b: (events.append("replace"), replace(a, b)))
    weights.save(tmp_path / "a.safetensors", model(), "character-model")
    assert events == ["fsync", "replace"]


@pytest.mark.parametrize("pieces", [[b"one", b"", b"two"], (part for part in [b"onetwo"])])
def test_a_file_may_come_in_pieces(tmp_path, pieces):
    write_whole(tmp_path / "new" / "a", pieces)
    assert (tmp_path / "new" / "a").read_bytes() == b"onetwo" and os.listdir(tmp_path / "new") == ["a"]


def test_a_piece_that_cannot_be_made_leaves_the_old_file(tmp_path):
    def pieces():
        yield b"half"
        raise KeyboardInterrupt

    write_whole(tmp_path / "a", b"old")
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "a", pieces())
    assert (tmp_path / "a").read_bytes() == b"old" and not list(tmp_path.glob(".*.tmp"))


def test_the_library_reads_every_dtype_that_is_written():
    tensors = {
        "b.half": torch.randn(3, 5).half(), "a.whole": torch.randn(2, 3, 4), "count": torch.tensor(7),
        "mask": torch.tensor([True, False, True]), "bytes": torch.arange(5, dtype=torch.uint8),
        "turned": torch.randn(4, 6).T, "none": torch.zeros(0, 3),
    }  # fmt: skip
    data = b"".join(safetensors_file.pieces(tensors, {"z": "1", "a": "é"}))
    found = load(data)
    assert found.keys() == tensors.keys()
    assert all(
        torch.equal(found[name], tensor) and found[name].dtype == tensor.dtype for name, tensor in tensors.items()
    )
    with pytest.raises(ValueError, match="x is of torch.float64, but only these are written: torch.int64, "):
        list(safetensors_file.pieces({"x": torch.zeros(1).double()}, {}))


def test_every_tensor_starts_at_a_multiple_of_its_width():
    tensors = {
        "a": torch.ones(3, dtype=torch.bool),
        "b": torch.ones(1).half(),
        "c": torch.ones(1),
        "d": torch.tensor(1),
    }
    head = next(safetensors_file.pieces(tensors, {}))
    starts = {name: told["data_offsets"][0] for name, told in json.loads(head[8:]).items() if name in tensors}
    assert all(start % tensors[name].element_size() == 0 for name, start in starts.items()) and len(head) % 8 == 0


def test_the_box_is_written_today_as_it_was(monkeypatch):
    monkeypatch.setattr(manifest, "FOLDER", SHIPPED.parent)
    box = [entry for entry in manifest.read().values() if isinstance(entry, manifest.Entry)]
    assert {entry.path for entry in box} == set(SHIPPED.glob("*.safetensors"))
    for entry in box:
        data = entry.path.read_bytes()
        assert weights.pack(weights.unpack(data, entry.name, entry.kind), entry.kind) == data


@pytest.mark.parametrize(("value", "said"), [(7e4, "reaches 70000, beyond the 65504 of 16 bits"), (-65520.0, "beyond")])
def test_a_weight_beyond_16_bits_is_an_error(tmp_path, value, said):
    kept = model()
    kept.stack.A_y.data[0, 0] = value
    with pytest.raises(ZooError, match=f"The weight stack.A_y .*{said}"):
        weights.save(tmp_path / "a", kept, "character-model")
    assert not (tmp_path / "a").exists()


def test_the_largest_weight_of_16_bits_is_kept():
    kept = model()
    kept.stack.A_y.data[0, 0] = 65504.0
    assert weights.unpack(weights.pack(kept, "character-model"), "a", "character-model").stack.A_y[0, 0] == 65504


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_weight_that_is_not_finite_is_an_error(value):
    kept = model()
    kept.stack.A_y.data[0, 0] = value
    with pytest.raises(ZooError, match="The weight stack.A_y is not finite everywhere"):
        weights.pack(kept, "character-model")


def test_a_model_of_another_kind_is_not_written():
    with pytest.raises(ZooError, match="A Linear is not of the kind 'character-model': that is a CharacterModel"):
        weights.pack(nn.Linear(2, 2), "character-model")
    with pytest.raises(ZooError, match="no kind 'cat' of model in the zoo: choose from character-model"):
        weights.pack(model(), "cat")


@dataclass(frozen=True)
class Odd:
    sizes: object


class OddModel(nn.Module):
    """A model of a lesson to come, with something that is not rounded."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.weight = nn.Parameter(torch.ones(config.sizes))
        self.tied = self.weight
        self.register_buffer("count", torch.tensor(100_000))


def test_another_kind_is_one_more_line(monkeypatch):
    monkeypatch.setitem(weights.KINDS, "odd", f"{__name__}:Odd:OddModel")
    kept = OddModel(Odd([2, 3]))
    kept.count += 1
    found = weights.unpack(weights.pack(kept, "odd"), "a", "odd")
    assert found.count == 100_001 and found.count.dtype == torch.int64 and found.tied is found.weight
    assert weights.parameters(found) == 6


def test_a_configuration_that_json_changes_is_not_written(monkeypatch):
    monkeypatch.setitem(weights.KINDS, "odd", f"{__name__}:Odd:OddModel")
    with pytest.raises(ZooError, match="is another one when read back from JSON"):
        weights.pack(OddModel(Odd((2, 3))), "odd")
