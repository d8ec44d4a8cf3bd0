"""Each kind of broken file has its own sentence, with the name, what is wrong and the way out."""

import hashlib
import json
import pickle
from dataclasses import asdict

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save as to_bytes
from torch import nn

from lessons import zoo
from lessons.zoo import manifest, weights
from lessons.zoo.manifest import ZooError
from tests.zoo import empty_box, entry, model, ship


@pytest.fixture(autouse=True)
def box(tmp_path, monkeypatch):
    return empty_box(tmp_path, monkeypatch)


def halves(kept: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.half() for name, tensor in kept.state_dict().items()}


def header(**changes) -> dict[str, str]:
    config = json.dumps(asdict(model().config), ensure_ascii=False)
    return {"format": weights.FORMAT, "kind": "character-model", "config": config} | changes


def put(data: bytes, **changes) -> None:
    """Ship these very bytes, with a manifest that agrees with them."""
    made = ship(**changes)
    made.path.write_bytes(data)
    manifest.write({"tiny": entry(**{**asdict(made), "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})})


def refused() -> str:
    with pytest.raises(ZooError) as caught:
        zoo.load("tiny")
    said = str(caught.value)
    assert said.startswith("tiny: ") and said.endswith("`python -m lessons.zoo train tiny --ship`.")
    assert "course's repository" in said and "\n" not in said
    assert caught.value.__cause__ is None and (caught.value.__suppress_context__ or not caught.value.__context__)
    return said


def test_a_missing_file(box):
    ship().path.unlink()
    assert f"there is no file tiny.safetensors in {box / 'weights'};" in refused()


def test_a_file_that_cannot_be_read():
    path = ship().path
    path.unlink()
    path.mkdir()
    assert "cannot be read (Is a directory)" in refused()


def test_a_file_cut_off_anywhere_or_too_long():
    made = ship()
    whole = made.path.read_bytes()
    for size in (0, 4, 8, 100, len(whole) // 2, len(whole) - 1):
        made.path.write_bytes(whole[:size])
        assert f"tiny.safetensors is cut off, with {size:,} bytes in place of {len(whole):,}" in refused()
    made.path.write_bytes(whole + b" ")
    assert f"is too long, with {len(whole) + 1:,} bytes" in refused()


def test_an_altered_file():
    made = ship()
    data = bytearray(made.path.read_bytes())
    data[-1] ^= 1
    made.path.write_bytes(data)
    assert "tiny.safetensors was altered, its sha256 is not that of the manifest" in refused()


@pytest.mark.parametrize(
    "data", [b"hello, these are no weights", b"", pickle.dumps({"weight": 1}), b"\x02" + b"\0" * 7 + b"[]"]
)
def test_a_file_of_another_sort(data):
    put(data or b"\0")
    assert "its file is damaged or no safetensors file" in refused()


def test_a_header_of_another_format_or_kind(monkeypatch):
    put(to_bytes(halves(model())))
    assert "its file has the format None, not 'unrolled weights 1'" in refused()
    put(to_bytes(halves(model()), header(format="unrolled training 1")))
    assert "its file has the format 'unrolled training 1'" in refused()
    put(to_bytes(halves(model()), header(kind="gpt")))
    assert "its file holds the kind 'gpt', not 'character-model'" in refused()
    put(to_bytes(halves(model()), header()), kind="gpt")
    with pytest.raises(ZooError, match="its file holds the kind 'character-model', not 'gpt'"):
        zoo.load("tiny")
    put(to_bytes(halves(model()), header(kind="gpt")), kind="gpt")
    with pytest.raises(ZooError, match="no kind 'gpt'"):
        zoo.load("tiny")


def test_weights_of_another_model():
    put(to_bytes(halves(model(hidden=9)), header()))
    assert (
        "its weights belong to another model, stack.A_y is float16 [29, 9] there and float16 [29, 8] here" in refused()
    )
    put(to_bytes(halves(model("gru")), header()))
    assert "another model" in refused()
    few = halves(model())
    del few["stack.A_y"]
    put(to_bytes(few, header()))
    assert "stack.A_y is missing there and float16 [" in refused()
    put(to_bytes({**halves(model()), "extra": torch.zeros(2).half()}, header()))
    assert "extra is float16 [2] there and missing here" in refused()
    put(to_bytes(dict(model().state_dict()), header()))
    assert "is float32 [" in refused()


def test_weights_that_are_not_finite():
    spoilt = halves(model())
    spoilt["stack.A_y"][0, 0] = float("nan")
    put(to_bytes(spoilt, header()))
    assert "its weight stack.A_y is not finite everywhere" in refused()


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({"architecture": "transformer"}, "There is no architecture 'transformer'"),
        ({"hidden_size": 0}, "hidden_size must be 1 or more, not 0"),
        ({"symbols": "abc"}, "A vocabulary starts with"),
        ({"colour": "red"}, "unexpected keyword argument 'colour'"),
    ],
)
def test_a_configuration_that_the_model_refuses(config, why):
    put(to_bytes(halves(model()), header(config=json.dumps(asdict(model().config) | config))))
    said = refused()
    assert "its configuration is refused (" in said and why in said


@pytest.mark.parametrize("config", ["", "{", "3", "[1]", '{"hidden_size": "many"}'])
def test_a_configuration_that_is_none(config):
    put(to_bytes(halves(model()), header(config=config)))
    assert "its configuration is refused (" in refused()


def test_a_count_that_is_not_the_manifests():
    ship(parameters=10)
    assert f"has {weights.parameters(model()):,} parameters, but the manifest says 10" in refused()


WHOLE = weights.pack(model(), "character-model")


@settings(deadline=None, max_examples=150)
@given(st.integers(0, int.from_bytes(WHOLE[:8], "little") + 64), st.integers(0, 255))
def test_any_byte_may_be_wrong_in_the_header(place, value):
    """With a manifest that agrees, so that nothing but the reading itself stands in the way."""
    data = bytearray(WHOLE)
    data[place] = value
    try:
        assert isinstance(weights.unpack(bytes(data), "tiny", "character-model"), nn.Module)
    except ZooError as error:
        assert str(error).startswith("tiny: ") and "\n" not in str(error)
