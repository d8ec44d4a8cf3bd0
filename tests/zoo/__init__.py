"""The zoo. What its tests share: a tiny recipe, its text, and an empty box in place of the course's."""

import hashlib
from pathlib import Path

import torch
from torch.nn import functional as F

from lessons.core.training import Training
from lessons.recurrent.character_model import CharacterConfig, CharacterModel, nats_per_character
from lessons.text.characters import Characters
from lessons.zoo import __main__ as command
from lessons.zoo import manifest, recipes, train, weights
from lessons.zoo.manifest import Entry

TEXT = "“Who is there?” said the wolf.\r\n“Only I,” said the goat – and shut the door.\n" * 3
SHA256 = hashlib.sha256(TEXT.encode()).hexdigest()
STEPS = 12


class Wrapped(torch.nn.Module):
    """A model inside another, as a recipe may train it."""

    def __init__(self, model: CharacterModel):
        super().__init__()
        self.model = model


def loss(wrapped, ids):
    logits, _ = wrapped.model(ids[:, :-1])
    return F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())


def model(architecture: str = "lstm", hidden: int = 8, seed: int = 0) -> CharacterModel:
    torch.manual_seed(seed)
    symbols = Characters.of(TEXT).symbols
    return CharacterModel(CharacterConfig(symbols, architecture, embedding_size=5, hidden_size=hidden, dropout=0.25))


def training(text: str) -> Training:
    wrapped = Wrapped(model())
    ids = wrapped.model.vocabulary.encode(text)

    def batches(generator):
        starts = torch.randint(len(ids) - 20, (4,), generator=generator).tolist()
        return torch.stack([ids[start : start + 20] for start in starts])

    return Training(wrapped, torch.optim.Adam(wrapped.parameters(), lr=0.01), loss, batches, STEPS, seed=3)


def tiny(text_sha256: str | None = SHA256, **changes) -> recipes.Recipe:
    """The recipe for "tiny", with dropout, so that torch's global source of random numbers takes part."""
    settings = dict(
        name="tiny", title="A tiny model", kind="character-model", architecture="lstm", licence="MIT",
        source="The Wolf and the Goat", text_sha256=text_sha256, seed=3, tolerance={"nats": 0.01}, training=training,
        score=lambda kept, text: {"nats": nats_per_character(kept, text), "hidden": float(kept.config.hidden_size)},
        model=lambda wrapped: wrapped.model,
    )  # fmt: skip
    return recipes.Recipe(**{**settings, **changes})


def own_text() -> recipes.Recipe:
    """The same, but it makes its text itself."""

    def score(kept, text):
        assert text == ""
        return {"nats": nats_per_character(kept, TEXT)}

    return tiny(None, training=lambda text: training(text + TEXT), score=score)


def two_files() -> recipes.Recipe:
    """The same, on a text that lies in two files."""
    return tiny(hashlib.sha256(f"{TEXT}\f{TEXT}".encode()).hexdigest())


def with_base() -> recipes.Recipe:
    """The same, as weights that change others."""
    return tiny(base="ground")


def empty_box(folder: Path, monkeypatch, recipe: str = "tests.zoo:tiny") -> Path:
    """Put an empty box in the place of the course's, with the recipe for "tiny" alone, and return its folder."""
    (folder / "box" / "weights").mkdir(parents=True)
    monkeypatch.setattr(manifest, "FOLDER", folder / "box")
    monkeypatch.setattr(recipes, "RECIPES", {"tiny": recipe})
    for module in (command, train):
        monkeypatch.setattr(module, "RECIPES", recipes.RECIPES)
    monkeypatch.setenv("UNROLLED_CACHE", str(folder / "cache"))
    return folder / "box"


def entry(**changes) -> Entry:
    """An entry that is right in itself."""
    settings = dict(
        name="tiny", title="A tiny model", kind="character-model", architecture="lstm", file="tiny.safetensors",
        bytes=100, sha256="0" * 64, parameters=10, licence="MIT", source="The Wolf and the Goat", text_sha256=SHA256,
        recipe="tests.zoo", seed=3, steps=STEPS, torch="2.13.0", minutes=0.5, score={"nats": 3.0},
        tolerance={"nats": 0.01},
    )  # fmt: skip
    return Entry(**{**settings, **changes})


def ship(kept: CharacterModel | None = None, name: str = "tiny", **changes) -> Entry:
    """Put a model into the box and its entry into the manifest, without a training."""
    kept = kept or model()
    path = manifest.FOLDER / "weights" / f"{name}.safetensors"
    size, sha256 = weights.save(path, kept, "character-model")
    settings = dict(
        name=name, file=path.name, bytes=size, sha256=sha256, parameters=weights.parameters(kept),
        score={"nats": nats_per_character(weights.unpack(path.read_bytes(), name, "character-model"), TEXT)},
    )  # fmt: skip
    made = entry(**{**settings, **changes})
    manifest.write({**manifest.read(), name: made})
    return made


def run(*words: object) -> int:
    """Give a command and return its exit status."""
    return command.main([str(word) for word in words])
