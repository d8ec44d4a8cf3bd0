"""The sizes of GPT-2 and GPT-3: computed, built, and as they were published."""

from dataclasses import asdict, replace

import pytest
import torch

from lessons.attention.cache import Cache
from lessons.gpt.gpt2 import GPT2, GPT2Config
from lessons.gpt.sizes import PUBLISHED, VOCAB, cache_bytes, parameters, training_operations, weight_bytes

SMALL = GPT2Config(vocab=23, d_model=18, layers=7, heads=6, d_head=5, d_ff=13, context=17)
PART = {
    "embed": "token_table", "position": "positions", "attention": "attention", "feed_forward": "feed_forward",
    "attention_norm": "norms", "feed_forward_norm": "norms", "norm": "norms",
}  # fmt: skip


def built(config: GPT2Config) -> dict[str, int]:
    """The parameters of a model without numbers, by part."""
    with torch.device("meta"):
        model = GPT2(config)
    found = dict.fromkeys(asdict(parameters(SMALL)), 0)
    for name, weight in model.named_parameters():
        names = name.split(".")
        found[PART[names[2] if names[0] == "blocks" else names[0]]] += weight.numel()
    return found


@pytest.mark.parametrize("config", [SMALL, *(model.config for model in PUBLISHED.values())], ids=["small", *PUBLISHED])
def test_every_part_has_the_parameters_of_the_built_model(config):
    assert asdict(parameters(config)) == built(config)
    assert parameters(config).total == sum(built(config).values())


def test_the_tables_of_the_papers():
    rows = {name: (c.layers, c.d_model, c.heads, c.d_head) for name, c in
            ((name, model.config) for name, model in PUBLISHED.items())}  # fmt: skip
    assert rows == {
        "GPT-2 117M": (12, 768, 12, 64), "GPT-2 345M": (24, 1024, 16, 64), "GPT-2 762M": (36, 1280, 20, 64),
        "GPT-2 1542M": (48, 1600, 25, 64), "GPT-3 125M": (12, 768, 12, 64), "GPT-3 350M": (24, 1024, 16, 64),
        "GPT-3 760M": (24, 1536, 16, 96), "GPT-3 1.3B": (24, 2048, 24, 128), "GPT-3 2.7B": (32, 2560, 32, 80),
        "GPT-3 6.7B": (32, 4096, 32, 128), "GPT-3 13B": (40, 5140, 40, 128), "GPT-3 175B": (96, 12288, 96, 128),
    }  # fmt: skip
    units = {"M": 1e6, "B": 1e9}
    for name, model in PUBLISHED.items():
        assert model.parameters == float(name[6:-1]) * units[name[-1]]
        assert model.config.context == (1024 if name.startswith("GPT-2") else 2048)
        assert model.config.vocab == VOCAB == 256 + 50_000 + 1 and model.config.d_ff == 4 * model.config.d_model


@pytest.mark.parametrize(("name", "millions", "percent"), [
    ("GPT-2 117M", 124.4, 6.4), ("GPT-2 345M", 354.8, 2.85), ("GPT-2 762M", 774.0, 1.6), ("GPT-2 1542M", 1557.6, 1.0),
    ("GPT-3 125M", 125.2, 0.2), ("GPT-3 350M", 355.9, 1.7), ("GPT-3 760M", 760.3, 0.0), ("GPT-3 1.3B", 1517.1, 16.7),
    ("GPT-3 2.7B", 2651.6, -1.8), ("GPT-3 6.7B", 6658.4, -0.6), ("GPT-3 13B", 12936.5, -0.5),
    ("GPT-3 175B", 174604.3, -0.2),
])  # fmt: skip
def test_how_far_the_published_counts_are_off(name, millions, percent):
    model = PUBLISHED[name]
    assert parameters(model.config).total / 1e6 == pytest.approx(millions, abs=0.06)
    assert 100 * model.difference == pytest.approx(percent, abs=0.06)
    assert bool(model.note) is (name.startswith("GPT-2") or name in ("GPT-3 1.3B", "GPT-3 13B"))


def test_the_notes_are_true():
    for name, corrected in (("117M", 124), ("345M", 355), ("762M", 774), ("1542M", 1558)):
        model = PUBLISHED[f"GPT-2 {name}"]
        assert round(parameters(model.config).total / 1e6) == corrected
        assert f"has {corrected} million." in model.note and f"The paper's {name[:-1]} million" in model.note
    assert 24 * 128 == 3072 and 16 * 128 == 2048 and 40 * 128 == 5120
    small_heads = replace(PUBLISHED["GPT-3 1.3B"].config, heads=16)
    narrow = replace(PUBLISHED["GPT-3 13B"].config, d_model=5120, d_ff=4 * 5120)
    assert parameters(small_heads).total / 1e9 == pytest.approx(1.32, abs=0.005)
    assert parameters(narrow).total / 1e9 == pytest.approx(12.85, abs=0.005)
    for name, model in PUBLISHED.items():
        fits = model.config.heads * model.config.d_head == model.config.d_model
        assert fits is (name not in ("GPT-3 1.3B", "GPT-3 13B"))


def test_a_layer_has_about_twelve_times_its_width_squared():
    for model in PUBLISHED.values():
        c, parts = model.config, parameters(model.config)
        if c.heads * c.d_head == c.d_model:
            inside = parts.attention + parts.feed_forward + parts.norms
            assert inside == pytest.approx(12 * c.layers * c.d_model**2, rel=0.002)
    shares = [parameters(PUBLISHED[name].config) for name in ("GPT-2 117M", "GPT-3 175B")]
    assert [round(100 * parts.token_table / parts.total, 1) for parts in shares] == [31.0, 0.4]


def test_memory():
    gpt3 = PUBLISHED["GPT-3 175B"].config
    assert weight_bytes(gpt3) == 349_208_518_656 and weight_bytes(gpt3, bits=32) == 2 * weight_bytes(gpt3)
    assert cache_bytes(gpt3) == 4_718_592 and cache_bytes(gpt3, 2048) == 9_663_676_416
    model, cache = GPT2(SMALL), Cache(SMALL.layers)
    model.hidden(torch.zeros(1, 11, dtype=torch.long), cache=cache)
    kept = [layer.extend(torch.zeros(1, 6, 0, 5), torch.zeros(1, 6, 0, 5)) for layer in cache.layers]
    numbers = sum(keys.numel() + values.numel() for keys, values in kept)
    assert cache_bytes(SMALL, 11, bits=32) == 4 * numbers
    assert weight_bytes(SMALL, 32) == sum(w.numel() * w.element_size() for w in model.parameters())


def test_operations_of_the_training_are_those_of_the_paper():
    """Brown et al. 2020, table D.1, for the models whose sizes fit each other."""
    published = {"125M": 2.25e20, "350M": 6.41e20, "760M": 1.37e21, "2.7B": 4.77e21, "6.7B": 1.2e22, "175B": 3.14e23}
    for name, operations in published.items():
        assert training_operations(PUBLISHED[f"GPT-3 {name}"].config, 300e9) == pytest.approx(operations, rel=0.005)
