"""Attention without positions reads a bag of words (Vaswani et al. 2017, section 3.5, say why they add some).

Every output is a sum over all words, and a sum does not ask for an order. So put the words in another order, and the
outputs are the same vectors in that other order. With any encoding they are not. A look-ahead mask would tell the order
too, in a way: the first word sees one word and the last one all. So there is none here.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lessons.attention.block import EncoderBlock
from lessons.core.seed import generator, seeded
from lessons.positions.encodings import added_positions, inner_positions
from lessons.positions.learned import LearnedPositions

D_MODEL, HEADS = 32, 4


@torch.no_grad()
def read(words: Sequence[str], encoding: str, seed: int = 0) -> Float[Tensor, "time d_model"]:
    """What one untrained encoder block makes of each word: random weights, the same for every order of the words.

    ValueError for no word at all, or an unknown encoding.
    """
    if not words:
        raise ValueError("There is nothing to read: type at least one word.")
    rows = {word: row for row, word in enumerate(sorted(set(words)))}
    vectors = torch.randn(len(rows), D_MODEL, generator=generator(seed))
    x = vectors[[rows[word] for word in words]]  # [time d_model]
    with seeded(seed):
        added = added_positions(encoding, len(words), D_MODEL)
        if isinstance(added, LearnedPositions):
            nn.init.normal_(added.table)  # as large as the words' own vectors, as training would make it
        block = EncoderBlock(D_MODEL, HEADS, 4 * D_MODEL, positions=inner_positions(encoding, D_MODEL, HEADS))
    if added is not None:
        x = x + added(len(words)).to(x)
    return block.eval()(x[None])[0]


def change_by_shuffling(
    words: Sequence[str], order: Sequence[int], encoding: str, seed: int = 0
) -> Float[Tensor, "time"]:
    """How much the output of each word changes when the words are put in another order: 0 is not at all.

    order: the word that comes first now stood at order[0] before, and so on. The result is in the new order: the length
    of the difference over the length of the output before. ValueError when `order` does not name every place once.
    """
    if sorted(order) != list(range(len(words))):
        raise ValueError(f"An order must name each place from 0 to {len(words) - 1} once, unlike {list(order)}.")
    before = read(words, encoding, seed)[list(order)]
    after = read([words[i] for i in order], encoding, seed)
    return (after - before).norm(dim=1) / before.norm(dim=1)
