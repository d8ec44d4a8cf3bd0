"""The hub: a folder that transformers has written stands for it, and the network is never asked."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from lessons import zoo
from lessons.bert.encoder import BertEncoder
from lessons.bert.models import BertForPreTraining, MaskedLanguageModel
from lessons.gpt.llama import Llama
from lessons.zoo.manifest import ZooError
from lessons.zoo.weights import parameters
from tests.zoo import packages


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


def refused(name, **more) -> str:
    with pytest.raises(ZooError) as caught:
        zoo.from_hub(str(name), **more)
    said = str(caught.value)
    assert said.startswith(f"{name} cannot be had from the hub (") and "\n" not in said and "  " not in said
    assert said.endswith(
        "): look whether the name is right and you are online, or take a model of the course, "
        "see `python -m lessons.zoo list`."
    )
    return said


def test_a_bert_encoder(tmp_path):
    from transformers import BertModel

    folder = packages.bert(tmp_path / "bert")
    ours, theirs = zoo.from_hub(str(folder)), BertModel.from_pretrained(folder).eval()
    assert type(ours) is BertEncoder and not ours.training
    encoded = ours.tokenizer.encode("The unaffable fox 19.")
    ids = torch.tensor([encoded.ids])
    expected = theirs(ids).last_hidden_state
    assert (ours(ids) - expected).abs().max() <= 1e-5 * expected.abs().max()
    assert encoded.tokens == ["[CLS]", "The", "un", "##aff", "##able", "fox", "1", "##9", ".", "[SEP]"]


def bert_with(heads, tmp_path, **changes):
    """A folder with a tiny random BERT of this class, its biases and norms random, too, and its tokenizer."""
    import transformers

    folder = packages.bert(tmp_path / heads, **changes)
    theirs = getattr(transformers, heads)(transformers.BertConfig.from_pretrained(folder))
    for name, weight in theirs.named_parameters():
        torch.nn.init.normal_(weight, mean=float(name.endswith("LayerNorm.weight")), std=0.2)
    theirs.save_pretrained(folder)
    return folder


def read(folder, heads):
    """The model of ours, that of transformers, and a pair of texts for both."""
    import transformers

    ours, theirs = zoo.from_hub(str(folder)), getattr(transformers, heads).from_pretrained(folder).eval()
    assert not ours.training and all(parameter.requires_grad for parameter in ours.parameters())
    ids = torch.tensor([ours.tokenizer.encode("The unaffable fox [MASK] 19.").ids])
    return ours, theirs, ids, torch.arange(ids.shape[1])[None] // 4 % 2


def near(ours, theirs) -> bool:
    return bool((ours - theirs).abs().max() <= 1e-5 * theirs.abs().max())


def test_a_masked_language_model(tmp_path):
    ours, theirs, ids, segments = read(bert_with("BertForMaskedLM", tmp_path), "BertForMaskedLM")
    assert type(ours) is MaskedLanguageModel and ours.tokenizer.token(4) == "[MASK]"
    assert near(ours(ids, segments), theirs(ids, token_type_ids=segments).logits)
    assert parameters(ours) == theirs.num_parameters()


@pytest.mark.parametrize("old", [False, True], ids=["new names", "old names"])
def test_a_model_with_all_heads_of_the_pre_training(tmp_path, old):
    folder = bert_with("BertForPreTraining", tmp_path)
    if old:  # as in bert-base-uncased
        tensors = load_file(folder / "model.safetensors")
        renamed = {
            name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): tensor
            for name, tensor in tensors.items()
        }
        assert renamed.keys() != tensors.keys()
        save_file(renamed, folder / "model.safetensors", {"format": "pt"})
    ours, theirs, ids, segments = read(folder, "BertForPreTraining")
    assert type(ours) is BertForPreTraining and isinstance(ours, MaskedLanguageModel)
    words, follows = ours.both(ids, segments)
    expected = theirs(ids, token_type_ids=segments)
    assert near(words, expected.prediction_logits) and near(follows, expected.seq_relationship_logits)


@pytest.mark.parametrize("heads", ["BertModel", "BertForSequenceClassification", "BertForNextSentencePrediction"])
def test_a_model_without_a_masked_language_head_is_its_encoder(tmp_path, heads):
    ours, theirs, ids, segments = read(bert_with(heads, tmp_path), heads)
    assert type(ours) is BertEncoder
    encoder = getattr(theirs, "bert", theirs)
    assert near(ours(ids, segments), encoder(ids, token_type_ids=segments).last_hidden_state)


def test_without_its_pooler_it_still_fills_blanks(tmp_path):
    folder = bert_with("BertForPreTraining", tmp_path)
    without(folder, "pooler")
    assert type(zoo.from_hub(str(folder))) is MaskedLanguageModel


def test_a_table_of_words_of_its_own_is_refused(tmp_path):
    folder = bert_with("BertForMaskedLM", tmp_path, tie_word_embeddings=False)
    assert "this model has a cls.predictions.decoder.weight of its own" in refused(folder)


def test_nothing_is_said_of_the_heads_that_a_file_lacks(tmp_path, caplog):
    import logging

    from transformers.utils import logging as theirs

    folder, before = bert_with("BertModel", tmp_path), theirs.get_verbosity()
    theirs.set_verbosity_warning()
    theirs.enable_propagation()
    try:
        with caplog.at_level(logging.WARNING):
            zoo.from_hub(str(folder))
        assert "MISSING" not in caplog.text and theirs.get_verbosity() == logging.WARNING
    finally:
        theirs.disable_propagation()
        theirs.set_verbosity(before)


@pytest.mark.parametrize("tied", [True, False])
def test_a_llama(tmp_path, tied):
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=13, hidden_size=12, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=6,
        intermediate_size=10, max_position_embeddings=17, tie_word_embeddings=tied, dtype="bfloat16",
    )  # fmt: skip
    theirs = LlamaForCausalLM(config).bfloat16().eval()
    theirs.save_pretrained(tmp_path)
    packages_tokenizer(tmp_path)
    ours = zoo.from_hub(str(tmp_path))
    assert type(ours) is Llama and (ours.W_U is None) == tied
    assert all(parameter.dtype == torch.float32 for parameter in ours.parameters())
    ids = torch.tensor([ours.tokenizer.encode("the unaffable fox").ids])
    expected = theirs.float()(ids).logits
    assert (ours(ids) - expected).abs().max() <= 1e-5 * expected.abs().max()


def packages_tokenizer(folder) -> None:
    (folder / "tokenizer.json").write_text(packages.wordpiece(), "utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"}))


def test_an_architecture_that_the_course_does_not_have(tmp_path):
    from transformers import OPTConfig

    OPTConfig().save_pretrained(tmp_path)
    said = refused(tmp_path)
    assert "it is of the sort 'opt', but the course has BERT, the Llama family and GPT-2 only" in said


def test_a_setting_that_our_model_does_not_have(tmp_path):
    assert "relu" in refused(packages.bert(tmp_path / "bert", hidden_act="relu"))


def test_two_dropouts(tmp_path):
    folder = packages.bert(tmp_path / "bert", hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.3)
    assert "one dropout for all places, this model has 0.3 on its patterns and 0.1 elsewhere" in refused(folder)


@pytest.mark.parametrize("kept", [0.5, 0.0])
def test_half_a_file(tmp_path, kept):
    path = packages.bert(tmp_path / "bert") / "model.safetensors"
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data))])
    assert "(its file of weights is damaged or was cut off)" in refused(path.parent)


def without(folder, *parts) -> None:
    """Take the weights with such a part in their names out of a file."""
    tensors = load_file(folder / "model.safetensors")
    kept = {name: tensor for name, tensor in tensors.items() if not any(part in name for part in parts)}
    assert len(kept) < len(tensors)
    save_file(kept, folder / "model.safetensors", {"format": "pt"})


@pytest.mark.parametrize("part", [
    "encoder.layer.1.output.dense.weight", "cls.predictions.bias", "cls.predictions.transform.dense.weight",
    "cls.seq_relationship.bias", "bert.pooler.dense.bias", "embeddings.word_embeddings",
])  # fmt: skip
def test_no_weight_is_drawn_at_random(tmp_path, part):
    """transformers fills what it misses. A whole head may be missing; it is then no part of our model."""
    folder = bert_with("BertForPreTraining", tmp_path)
    without(folder, part)
    said = refused(folder)
    assert "is missing or of another size" in said and ("its weight bert." in said or "its weight cls." in said)


def test_weights_of_another_size_than_the_configuration_says(tmp_path):
    folder = packages.bert(tmp_path / "bert")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"intermediate_size": 24}))
    assert "(its weight bert.encoder.layer.0.intermediate.dense.bias is missing or of another size" in refused(folder)


def test_no_tokenizer(tmp_path):
    """transformers makes one up, of the special signs alone."""
    folder = packages.bert(tmp_path / "bert")
    (folder / "tokenizer.json").unlink()
    assert "(its tokenizer has 5 of 13 tokens)" in refused(folder)


def test_a_tokenizer_that_is_none(tmp_path):
    folder = packages.bert(tmp_path / "bert")
    (folder / "tokenizer.json").write_text("{}")
    refused(folder)


@pytest.mark.parametrize("error", [ImportError, RuntimeError])
def test_whatever_transformers_lacks_or_dislikes(monkeypatch, error):
    from transformers import AutoConfig

    def asked(*_, **__):
        raise error("This needs another package.")

    monkeypatch.setattr(AutoConfig, "from_pretrained", asked)
    assert "(This needs another package)" in refused("somebody/something")


def test_no_pickle_is_read(tmp_path):
    folder = packages.bert(tmp_path / "bert")
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    assert "model.safetensors" in refused(folder)


def test_no_code_of_theirs_is_executed(tmp_path):
    folder = packages.bert(tmp_path / "bert")
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "odd", "auto_map": {"AutoConfig": "odd.OddConfig"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "odd.py").write_text("raise SystemExit('somebody imported me')\n")
    refused(folder)


def test_no_network():
    refused("somebody/never-heard-of")
    refused("somebody/never-heard-of", revision="v1")


def test_a_revision_is_passed_on(monkeypatch):
    from transformers import AutoConfig

    seen = []

    def asked(name, **settings):
        seen.append((name, settings))
        raise OSError("We couldn't connect to the hub. Check your connection.")

    monkeypatch.setattr(AutoConfig, "from_pretrained", asked)
    assert "(We couldn't connect to the hub)" in refused("gpt2", revision="abc")
    refused("gpt2")
    assert [settings["revision"] for _, settings in seen] == ["abc", "main"]
    assert all(settings["trust_remote_code"] is False for _, settings in seen)


@pytest.mark.parametrize("name", ["", "two words", "../up", "a/b/c"])
def test_a_name_that_is_none(name):
    refused(name)
