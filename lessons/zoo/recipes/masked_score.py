"""How well a masked model fills blanks: on held-out text of the recipes, and on the sixty everyday sentences."""

import torch
from jaxtyping import Int
from torch import Tensor
from torch.nn import functional as F

from lessons.bert.everyday import ask_everyday
from lessons.bert.masked_text import Masker
from lessons.bert.masking import IGNORE, Masking
from lessons.bert.models import MaskedLanguageModel
from lessons.bert.pretraining import scores_at
from lessons.core.seed import generator
from lessons.zoo.recipes.texts import documents, rows

LENGTH = 128  # tokens of a row
ROWS = 200  # of each source, at most, spread evenly
SEED = 0  # of what is hidden


def masked_score(model: MaskedLanguageModel, text: str) -> dict[str, float]:
    """With 15 % of the held-out tokens hidden by [MASK]: how often the token is the best, or in the best five.

    "prose" is the mean of tales and problems. "everyday" is the share of the sixty blanks of `lessons.text.everyday`
    that have a right word among the ten best.
    """
    figures = {}
    for source, parts in documents(text)[1].items():
        table = rows(parts, model.tokenizer, LENGTH)
        kept = table[torch.linspace(0, len(table) - 1, min(len(table), ROWS)).long()]
        figures |= {f"{source}_{name}": value for name, value in held_out(model, kept).items()}
    for name in ("top1", "top5"):
        figures[f"prose_{name}"] = (figures[f"tales_{name}"] + figures[f"problems_{name}"]) / 2
    answered = ask_everyday(model)
    return figures | {"everyday": sum(one.right for one in answered) / len(answered)}


@torch.no_grad()
def held_out(model: MaskedLanguageModel, table: Int[Tensor, "batch time"]) -> dict[str, float]:
    """top1, top5 and nats a token, over hidden tokens of these rows. The same rows give the same hidden tokens."""
    masked = Masker(model.tokenizer).mask(table, Masking(masked=1.0, random=0.0), generator(SEED))
    device = next(model.parameters()).device
    hits, nats, count = torch.zeros(5), 0.0, 0
    for ids, labels in zip(masked.ids.to(device).split(16), masked.labels.to(device).split(16), strict=True):
        chosen = labels != IGNORE
        logits, asked = scores_at(model, ids, chosen), labels[chosen]
        hits += (logits.topk(5).indices == asked[:, None]).float().sum(dim=0).cpu()
        nats += F.cross_entropy(logits, asked, reduction="sum").item()
        count += len(asked)
    return {"top1": hits[0].item() / count, "top5": hits.sum().item() / count, "nats": nats / count}
