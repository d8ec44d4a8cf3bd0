"""The recipe of lesson 2's character models on the text and the split that nanoGPT made a benchmark.

    python -m benchmarks.shakespeare --text tinyshakespeare.txt [--architecture lstm] [--passes 24]

The text is tinyshakespeare (1 115 394 characters, 65 different ones; Karpathy 2015), which is not part of this project.
As in nanoGPT, the first nine tenths train and the last tenth validates, and the loss is the mean surprise in nats a
character over blocks of 256 characters, each read from an empty state. Published for nanoGPT (its README, 2023): 1.4697
with 10.7 million weights on a graphics card, 1.88 with 0.8 million weights on a laptop. The recipe is the one of the
tales, seed, size, number of passes and all; nothing was tuned on this text.
"""

import argparse
import time

import torch
from torch.nn import functional as F

from lessons.recurrent.character_model import CharacterModel, nats_per_character
from lessons.zoo.recipes.tales import PASSES, character_training, split

BLOCK = 256  # characters of context at most, as in nanoGPT


@torch.no_grad()
def block_loss(model: CharacterModel, text: str) -> float:
    """Mean surprise in nats over all whole blocks of the text, each from an empty state."""
    ids = model.eval().encode(text)[0]
    count = (len(ids) - 1) // BLOCK
    x, y = ids[: count * BLOCK].view(count, BLOCK), ids[1 : count * BLOCK + 1].view(count, BLOCK)
    total = sum(
        F.cross_entropy(model(a)[0].flatten(0, 1), b.flatten(), reduction="sum").item()
        for a, b in zip(x.split(64), y.split(64), strict=True)
    )
    return total / y.numel()


def main() -> None:
    """Train, and print the losses at every tenth of the way."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--text", required=True, help="a copy of tinyshakespeare.txt")
    parser.add_argument("--architecture", default="lstm")
    parser.add_argument("--passes", type=int, default=PASSES)
    wanted = parser.parse_args()
    with open(wanted.text, encoding="utf-8") as file:
        text = file.read()
    run = character_training(text, wanted.architecture, passes=wanted.passes, least=1)
    model, (_, held_out) = run.model.model, split(text)
    size, start = sum(weight.numel() for weight in model.parameters()), time.perf_counter()
    print(f"{wanted.architecture}: {size:,} weights, {run.steps} steps, {len(text):,} characters", flush=True)
    while run.done < run.steps:
        run.run(max(1, run.steps // 10), progress=False)
        train = sum(record.loss for record in run.history[-100:]) / len(run.history[-100:])
        blocks, whole = block_loss(model, held_out), nats_per_character(model, held_out)
        minutes = (time.perf_counter() - start) / 60
        print(
            f"step {run.done:6}  {minutes:5.1f} min  training {train:.3f}  "
            f"validation {blocks:.4f} in blocks of {BLOCK}, {whole:.4f} in one go",
            flush=True,
        )


if __name__ == "__main__":
    main()
