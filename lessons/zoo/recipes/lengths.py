"""Six small character models that differ in the encoding of positions alone: trained at 64 characters, tested at 256.

The text is that of the recipe `tales`, and its last tenth is held out. A short length makes the effect large and the
training quick: what an encoding does beyond the length of training shows after a few hundred steps.

How the recipe was found, by trials of 800 steps with seed 0: sinusoidal positions in three layers of 80, and ALiBi in
two of 96. Both came to 1.6 nats at 64 characters; beyond them ALiBi stayed there, and sinusoidal positions rose to 3.2,
and went on rising with every step. So a smaller model and 2400 steps are enough.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from lessons.core.device import best
from lessons.core.seed import seed_all
from lessons.core.training import Training
from lessons.positions.encodings import TITLES
from lessons.positions.length import TIMES, LengthRow, loss_by_position
from lessons.positions.model import PositionedConfig, PositionedModel
from lessons.text.characters import Characters
from lessons.zoo.recipes import Recipe
from lessons.zoo.recipes.tales import RARE, SOURCE, TEXT_SHA256, clean, split, warm_then_cosine

SEED = 0
LENGTH = 64  # characters of a window in training: L
D_MODEL, LAYERS, HEADS, D_FF = 72, 3, 4, 288
WINDOWS, STEPS = 32, 2400  # windows of a step; 11 times the text in all
LEARNING_RATE = 3e-3
TEST_WINDOWS = 180  # of 4 L characters each: the held-out tenth once


def length_training(text: str, encoding: str, seed: int = SEED, steps: int = STEPS, least: int = RARE) -> Training:
    """A training on windows from the first nine tenths of `text`, ready to run.

    least: a character that occurs less often in the whole text is read as unknown.
    """
    symbols = Characters.of(text, least).symbols
    seed_all(seed)
    model = PositionedModel(PositionedConfig(symbols, encoding, D_MODEL, LAYERS, HEADS, D_FF, LENGTH)).to(best())
    ids = model.vocabulary.encode(split(text)[0])

    def batches(generator: torch.Generator) -> Int[Tensor, "batch time"]:
        """Windows of L characters, and one more to predict."""
        starts = torch.randint(len(ids) - LENGTH, (WINDOWS, 1), generator=generator)
        return ids[starts + torch.arange(LENGTH + 1)]

    schedule = warm_then_cosine(steps)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.99))
    return Training(model, optimizer, next_loss, batches, steps, seed, clip=1.0, schedule=schedule, threads=1)


def next_loss(model: PositionedModel, ids: Int[Tensor, "batch time"]) -> Float[Tensor, ""]:
    """Cross-entropy in nats of all characters but the first, each after those before it."""
    return F.cross_entropy(model(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())


def score(model: PositionedModel, text: str) -> dict[str, float]:
    """On the held-out tenth, in nats a character: nats_1, nats_2 and nats_4 on windows of L, 2 L and 4 L characters.

    A model that cannot be asked beyond L has the first alone.
    """
    _, held_out = split(clean(text))
    row = LengthRow("", model.config.context, loss_by_position(model, held_out, TEST_WINDOWS))
    return {f"nats_{times}": nats for times in TIMES if (nats := row.nats(times)) is not None}


def lengths(encoding: str) -> Recipe:
    """The recipe of one of the six models."""
    return Recipe(
        name=f"lengths-{encoding}",
        title=f"Transformer with {TITLES[encoding]}, trained on {LENGTH} characters",
        kind="positioned-model",
        architecture="transformer",
        licence="MIT",
        source=SOURCE,
        text_sha256=TEXT_SHA256,
        seed=SEED,
        tolerance={"nats_1": 0.03},
        training=lambda text: length_training(clean(text), encoding, SEED),
        score=score,
    )
