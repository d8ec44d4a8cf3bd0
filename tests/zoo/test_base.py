"""Weights that change other weights: they are loaded with their base, and are not here without it."""

from dataclasses import asdict

import pytest
import torch

from lessons import zoo
from lessons.bert.encoder import BertConfig, BertEncoder
from lessons.bert.low_rank import LowRankUpdates, UpdatesConfig
from lessons.bert.models import MaskedLanguageModel
from lessons.zoo import manifest, weights
from lessons.zoo.manifest import NotFetched, ZooError
from tests.equality import assert_equal
from tests.zoo import empty_box, entry

CONFIG = BertConfig(vocab=11, d_model=6, layers=1, heads=2, d_ff=10, context=7)


def changing(config: BertConfig = CONFIG) -> LowRankUpdates:
    torch.manual_seed(1)
    updates = LowRankUpdates(UpdatesConfig(**asdict(config), rank=3))
    for weight in updates.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return updates


def put(name: str, model: torch.nn.Module, kind: str, **changes) -> None:
    path = manifest.FOLDER / "weights" / f"{name}.safetensors"
    size, sha256 = weights.save(path, model, kind)
    count = weights.parameters(model)
    made = entry(name=name, kind=kind, file=path.name, bytes=size, sha256=sha256, parameters=count, **changes)
    manifest.write({**manifest.read(), name: made})


@pytest.fixture
def box(tmp_path, monkeypatch):
    empty_box(tmp_path, monkeypatch)
    torch.manual_seed(0)
    put("ground", BertEncoder(CONFIG), "bert-encoder")
    put("updates", changing(), "low-rank-updates", base="ground")


def test_they_are_loaded_with_their_base(box):
    model, ground = zoo.load("updates"), zoo.load("ground")
    assert type(model) is MaskedLanguageModel and not model.training
    updates = weights.read(zoo.entry("updates").path, zoo.entry("updates"))
    for name, weight in updates.weights(ground).items():
        assert_equal(model.encoder.get_parameter(name), weight, 1e-6)
    assert not torch.allclose(model.encoder.blocks[0].attention.W_Q, ground.blocks[0].attention.W_Q)


def test_without_the_base_they_are_not_here(box):
    assert zoo.is_here("updates")
    zoo.entry("ground").path.unlink()
    assert not zoo.is_here("updates")
    with pytest.raises(ZooError, match="ground: there is no file ground.safetensors"):
        zoo.load("updates")


def test_a_base_that_has_to_be_fetched_says_how(box, monkeypatch, tmp_path):
    real = dict(
        name="far", title="t", kind="bert-encoder", architecture="bert", package="p", version="1", wheel_bytes=9,
        wheel_sha256="0" * 64, member="m.safetensors", bytes=9, sha256="0" * 64, parameters=9, licence="MIT",
        source="s",
    )  # fmt: skip
    put("others", changing(), "low-rank-updates", base="far")
    manifest.write({**manifest.read(), "far": manifest.Packaged(**real)})
    assert not zoo.is_here("others")
    with pytest.raises(NotFetched, match="python -m lessons.zoo fetch far"):
        zoo.load("others")


def test_the_base_stands_in_the_manifest(box):
    again = manifest.parse(manifest.dump(manifest.read()))
    assert (again["updates"].base, again["ground"].base) == ("ground", None)


def test_a_base_of_another_size_is_refused(box):
    other = BertConfig(vocab=11, d_model=8, layers=1, heads=2, d_ff=10, context=7)
    with pytest.raises(ValueError, match="These updates are for an encoder of"):
        changing(other).merged(zoo.load("ground"))
