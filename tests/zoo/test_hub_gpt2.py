"""GPT-2 from the hub, for which a folder that transformers has written stands, and in a file of ours."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from lessons import zoo
from lessons.gpt.gpt2 import GPT2
from lessons.zoo import weights
from lessons.zoo.manifest import ZooError

SIGN = "<|endoftext|>"
TEXT = "Hello hello, Hello there!\n\n It's 'all' naïve 🙂  42"


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny random GPT-2 as the hub has it, with a tokenizer of its kind."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import GPT2Config, GPT2LMHeadModel, GPT2TokenizerFast

    place = tmp_path_factory.mktemp("gpt2")
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=270, special_tokens=[SIGN], initial_alphabet=alphabet, show_progress=False)
    made.train_from_iterator([TEXT * 3], trainer)
    GPT2TokenizerFast(tokenizer_object=made, eos_token=SIGN).save_pretrained(place)
    torch.manual_seed(0)
    sizes = dict(vocab_size=270, n_embd=12, n_layer=2, n_head=4, n_inner=20, n_positions=64)
    theirs = GPT2LMHeadModel(GPT2Config(**sizes))
    for name, weight in theirs.named_parameters():
        torch.nn.init.normal_(weight, mean=float("ln_" in name and name.endswith("weight")), std=0.2)
    theirs.save_pretrained(place)
    return place


def same(ours, folder) -> bool:
    from transformers import GPT2LMHeadModel

    ids = torch.tensor([ours.tokenizer.encode(TEXT).ids])
    expected = GPT2LMHeadModel.from_pretrained(folder).eval()(ids).logits
    return bool((ours(ids) - expected).abs().max() <= 1e-5 * expected.abs().max())


def test_a_gpt2_with_its_tokenizer(folder):
    from transformers import AutoTokenizer

    ours = zoo.from_hub(str(folder))
    assert type(ours) is GPT2 and not ours.training and same(ours, folder)
    assert ours.config.d_ff == 20 and ours.config.d_head == 3
    theirs, encoded = AutoTokenizer.from_pretrained(folder), ours.tokenizer.encode(TEXT)
    assert encoded.ids == theirs(TEXT).input_ids and ours.tokenizer.decode(encoded.ids) == TEXT
    assert encoded.tokens[0] == "Hello" and "⟨" not in "".join(encoded.tokens[:3])
    assert ours.tokenizer.special(SIGN) == theirs.eos_token_id
    assert ours.tokenizer.encode(SIGN).special == [True]


def test_a_file_with_the_old_names_and_its_masks(folder, tmp_path):
    """As `gpt2` on the hub has it: without the word "transformer." in front, and without the head."""
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    tensors = load_file(folder / "model.safetensors")
    tensors = {name.removeprefix("transformer."): tensor for name, tensor in tensors.items()}
    tensors.pop("lm_head.weight", None)
    masks = {f"h.{layer}.attn.bias": torch.ones(1, 1, 64, 64).tril() for layer in range(2)}
    save_file(tensors | masks, tmp_path / "model.safetensors", {"format": "pt"})
    assert same(zoo.from_hub(str(tmp_path)), folder)


@pytest.mark.parametrize("files", [["tokenizer.json"], ["vocab.json", "merges.txt"]])
def test_its_tokenizer_is_read_from_either_form(folder, tmp_path, files):
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "GPT2Tokenizer"}))
    model = json.loads((folder / "tokenizer.json").read_text("utf-8"))["model"]
    forms = {
        "tokenizer.json": (folder / "tokenizer.json").read_text("utf-8"),
        "vocab.json": json.dumps(model["vocab"]),
        "merges.txt": "\n".join(["#version: 0.2", *(" ".join(merge) for merge in model["merges"])]),
    }
    for name in files:
        (tmp_path / name).write_text(forms[name], "utf-8")
    one, other = (zoo.from_hub(str(place)).tokenizer.encode(TEXT) for place in (folder, tmp_path))
    assert one == other


@pytest.mark.parametrize(("change", "why"), [
    ({"activation_function": "relu"}, "activation_function 'gelu_new', this model has 'relu'"),
    ({"scale_attn_weights": False}, "scale_attn_weights True, this model has False"),
])  # fmt: skip
def test_a_setting_that_our_gpt2_does_not_have(folder, tmp_path, change, why):
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    config = json.loads((folder / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | change))
    with pytest.raises(ZooError, match=why):
        zoo.from_hub(str(tmp_path))


def test_it_is_kept_in_a_file_of_ours(folder):
    ours = zoo.from_hub(str(folder))
    back = weights.unpack(weights.pack(ours, "gpt2"), "a test", "gpt2")
    assert type(back) is GPT2 and back.config == ours.config and back.tokenizer == ours.tokenizer
    ids = torch.tensor([[5, 3, 260]])
    assert torch.allclose(back(ids), ours(ids), atol=0.05)
