"""A large model changed by a small file: low-rank updates (Hu et al. 2021, "LoRA", section 4.1).

    W' = W + up down        W [output input] as it was, up [output rank], down [rank input]

A matrix of 384 by 1536 has 590,000 numbers; an update of rank 64 has 123,000. The update begins at zero, for `up` does,
and it is the only thing that is trained. Merged into W it costs nothing when the model is used.

Here every matrix of an encoder gets one, and a head for masked language is trained with them. What differs from the
paper: vectors (norms, biases) are so small that their whole change is kept; there is no factor alpha / rank.
"""

import math
from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn

from lessons.bert.encoder import BertConfig, BertEncoder, is_bias
from lessons.bert.heads import MaskedLanguageHead
from lessons.bert.models import MaskedLanguageModel
from lessons.core.muon import as_matrix

TABLES = ("embed.weight", "segment.weight", "position.weight")
"""Weights of the encoder that stay as they are."""


@dataclass(frozen=True)
class UpdatesConfig(BertConfig):
    """The encoder that the updates are for, and their size. ValueError for a value out of its range."""

    rank: int = 64  # of the update of every matrix

    @property
    def encoder(self) -> BertConfig:
        """The configuration of the encoder alone."""
        return BertConfig(**{field.name: getattr(self, field.name) for field in fields(BertConfig)})


class LowRankUpdates(nn.Module):
    """The updates of the weights of an encoder, and a head. They are no model: `merged` makes one."""

    def __init__(self, config: UpdatesConfig):
        """All updates are zero: `up` is, and `down` is drawn from a normal distribution of variance 1 / input."""
        super().__init__()
        self.config = config
        self.up, self.down, self.vector = nn.ParameterDict(), nn.ParameterDict(), nn.ParameterDict()
        self.head = MaskedLanguageHead(config.vocab, config.d_model, config.norm_epsilon)
        with torch.device("meta"):  # for the names and shapes alone
            encoder = BertEncoder(config.encoder)
        for name, weight in encoder.named_parameters():
            key = _key(name)
            if name in TABLES:
                continue
            if weight.dim() == 1 or is_bias(name):
                self.vector[key] = nn.Parameter(torch.zeros(weight.shape))
                continue
            output, input = as_matrix(weight).shape
            self.up[key] = nn.Parameter(torch.zeros(output, config.rank))
            self.down[key] = nn.Parameter(torch.randn(config.rank, input) / math.sqrt(input))

    def weights(self, base: BertEncoder) -> dict[str, Tensor]:
        """The weights of the encoder with the updates, by name. Gradients reach the updates; `base` is not changed."""
        found = {}
        for name, weight in base.named_parameters():
            key, weight = _key(name), weight.detach()
            if key in self.vector:
                weight = weight + self.vector[key]
            elif key in self.up:
                weight = weight + (self.up[key] @ self.down[key]).view_as(weight)
            found[name] = weight
        return found

    def merged(self, base: BertEncoder) -> MaskedLanguageModel:
        """A masked language model in eval mode. The tables are those of `base`, shared; `base` is not changed.

        ValueError when the updates are for an encoder of another size.
        """
        if base.config != self.config.encoder:
            raise ValueError(f"These updates are for an encoder of {self.config.encoder}, not for {base.config}.")
        with torch.device("meta"):
            model = MaskedLanguageModel(base.config)
        with torch.no_grad():
            model.encoder.load_state_dict(self.weights(base), assign=True)
            model.head.load_state_dict(
                {name: weight.clone() for name, weight in self.head.state_dict().items()}, assign=True
            )
        model.tokenizer = base.tokenizer
        return model.eval()


def _key(name: str) -> str:
    """A weight's name without dots, which the name of a parameter cannot have."""
    return name.replace(".", "/")
