"""Tiny wheels with tiny random weights, as the package index would send them, and an index that is a folder."""

import hashlib
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from lessons.zoo import manifest
from lessons.zoo.manifest import Packaged

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "un", "##aff", "##able", "fox", "1", "##9", "."]
LLAMA = dict(
    vocab=101, d_model=64, layers=2, heads=4, groups=2, d_head=16, d_ff=96, context=40, base=500.0, epsilon=1e-5
)


def wordpiece() -> str:
    """The JSON of a tokenizer like BERT's, with padding and truncation, which ours turns off."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    made = Tokenizer(models.WordPiece({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    made.add_special_tokens(WORDS[:5])
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    made.enable_padding(length=9)
    made.enable_truncation(6)
    return made.to_str()


def bert(folder: Path, **changes) -> Path:
    """Write a tiny BERT encoder as transformers keeps it."""
    from transformers import BertConfig, BertModel

    sizes = dict(
        vocab_size=len(WORDS), hidden_size=12, num_hidden_layers=2, num_attention_heads=3, intermediate_size=20,
        max_position_embeddings=17, layer_norm_eps=1e-9,
    )  # fmt: skip
    torch.manual_seed(0)
    BertModel(BertConfig(**{**sizes, **changes})).save_pretrained(folder)
    (folder / "tokenizer.json").write_text(wordpiece(), "utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer"}))
    return folder


def gguf(path: Path, tied: bool = True, family: str = "llama") -> Path:
    """Write a tiny random Llama as llama.cpp keeps it: rounded to 4 and 8 bits, with SmolLM's tokenizer."""
    from gguf import GGMLQuantizationType, GGUFWriter
    from gguf.quants import quantize

    from lessons.text.tokenizer import BYTES

    c = LLAMA
    random = np.random.default_rng(0)
    writer = GGUFWriter(path, family)
    writer.add_context_length(c["context"])
    writer.add_embedding_length(c["d_model"])
    writer.add_block_count(c["layers"])
    writer.add_feed_forward_length(c["d_ff"])
    writer.add_head_count(c["heads"])
    writer.add_head_count_kv(c["groups"])
    writer.add_rope_dimension_count(c["d_head"])
    writer.add_rope_freq_base(c["base"])
    writer.add_layer_norm_rms_eps(c["epsilon"])
    letters = [letter for letter, byte in BYTES.items() if 0x20 <= byte < 0x80]
    tokens = ["<|endoftext|>", "<|im_start|>", *letters, "Ġt", "Ġth", "42"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([3, 3] + [1] * (len(tokens) - 2))
    writer.add_token_merges(["Ġ t", "Ġt h", "4 2"])
    writer.add_eos_token_id(0)
    assert len(tokens) == c["vocab"]

    def add(name: str, *shape: int) -> None:
        values = random.normal(size=shape).astype(np.float32)
        kind = {1: GGMLQuantizationType.F32}.get(len(shape), GGMLQuantizationType.Q4_1)
        kind = GGMLQuantizationType.Q8_0 if "token" in name else kind
        writer.add_tensor(name, quantize(values, kind), raw_dtype=kind)

    add("token_embd.weight", c["vocab"], c["d_model"])
    add("output_norm.weight", c["d_model"])
    if not tied:
        add("output.weight", c["vocab"], c["d_model"])
    for i in range(c["layers"]):
        for name, out in {"attn_q": c["heads"], "attn_k": c["groups"], "attn_v": c["groups"]}.items():
            add(f"blk.{i}.{name}.weight", out * c["d_head"], c["d_model"])
        add(f"blk.{i}.attn_output.weight", c["d_model"], c["heads"] * c["d_head"])
        add(f"blk.{i}.ffn_gate.weight", c["d_ff"], c["d_model"])
        add(f"blk.{i}.ffn_up.weight", c["d_ff"], c["d_model"])
        add(f"blk.{i}.ffn_down.weight", c["d_model"], c["d_ff"])
        add(f"blk.{i}.attn_norm.weight", c["d_model"])
        add(f"blk.{i}.ffn_norm.weight", c["d_model"])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def wheel(index: Path, files: dict[str, Path], package: str = "tiny_weights") -> Path:
    """Make a wheel of these files, that anybody who imports it would notice, and return its path in the index."""
    index.mkdir(exist_ok=True)
    about = f"{package}-0.1.0.dist-info"
    texts = {
        f"{package}/__init__.py": "raise SystemExit('somebody imported me')\n",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: 0.1.0\nRequires-Dist: not-there\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/RECORD": "",
    }
    path = index / f"{package}-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
        for name, file in files.items():
            archive.write(file, f"{package}/{name}")
    return path


def described(path: Path, name: str, kind: str, member: str) -> Packaged:
    """What the manifest says of a wheel whose weights were not converted yet."""
    data = path.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    return made_up(name=name, kind=kind, architecture=kind, wheel_bytes=len(data), wheel_sha256=sha256, member=member)


def made_up(**changes) -> Packaged:
    """An entry that is right in itself, of a wheel that there is not."""
    settings = dict(
        name="real", title="A tiny model", kind="llama", architecture="llama", package="tiny-weights", version="0.1.0",
        wheel_bytes=90, wheel_sha256="1" * 64, member="tiny_weights/tiny.gguf", bytes=100, sha256="0" * 64,
        parameters=10, licence="MIT", source="drawn at random",
    )  # fmt: skip
    return Packaged(**{**settings, **changes})


def bert_package(index: Path, folder: Path) -> Packaged:
    """A wheel with the tiny encoder in the index, and its entry."""
    files = bert(folder)
    names = ("model.safetensors", "config.json", "tokenizer.json")
    path = wheel(index, {f"model/{name}": files / name for name in names})
    return described(path, "tiny-bert", "bert-encoder", "tiny_weights/model/model.safetensors")


def llama_package(index: Path, folder: Path) -> Packaged:
    """A wheel with the tiny Llama in the index, and its entry."""
    path = wheel(index, {"tiny.gguf": gguf(folder / "tiny.gguf")})
    return described(path, "tiny-llama", "llama", "tiny_weights/tiny.gguf")


def index_only(index: Path, monkeypatch) -> None:
    """pip looks into this folder and nowhere else. A test that names another index reaches it without a proxy."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("PIP_PROXY", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))


def enter(entry: Packaged, **changes) -> Packaged:
    """Put an entry into the manifest."""
    made = replace(entry, **changes)
    manifest.write({**manifest.read(), made.name: made})
    return made
