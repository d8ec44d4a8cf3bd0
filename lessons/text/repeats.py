"""Token sequences in which something comes again, which is what heads that look back live on.

`twice` is for measuring (Olsson et al. 2022 measure induction on random tokens that come twice): nothing in such a text
can be foretold but by looking back. `again` and `mirrored` are for training: a network that reads many texts of this
kind has reason to grow such heads.
"""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from lessons.core.seed import generator
from lessons.text.tale import TALE
from lessons.text.tokenizer import Tokenizer


def twice(tokenizer: Tokenizer, count: int = 50, seed: int = 0) -> Int[Tensor, "time"]:
    """`count` different pieces of our own tale in random order, and the same once more, after the tokenizer's signs.

    ValueError for a count below 2, or above the number of different pieces in the tale.
    """
    encoded = tokenizer.encode(TALE)
    pieces = torch.tensor(sorted({i for i, sign in zip(encoded.ids, encoded.special, strict=True) if not sign}))
    if not 2 <= count <= len(pieces):
        raise ValueError(
            f"The tale has {len(pieces)} different pieces, so from 2 to {len(pieces)} can come twice, not {count}."
        )
    drawn = pieces[torch.randperm(len(pieces), generator=generator(seed))[:count]]
    signs = torch.tensor(tokenizer.encode("").ids, dtype=torch.long)
    return torch.cat([signs, drawn, drawn])


def again(
    draw: Callable[[int], Int[Tensor, "time"]], length: int, source: torch.Generator
) -> tuple[Int[Tensor, "time"], Bool[Tensor, "time"]]:
    """A stretch of tokens that comes again and again, A B C A B C A…, and which tokens can be foretold: from the second
    time on, by what came after the present token last time. A reason for induction.

    draw: gives so many tokens. length: tokens in all, 12 or more. source: of the length of the stretch, from 4 on. Most
    are short, for among few tokens even a head that looks anywhere often hits the right one, and begins to learn.
    """
    longest = 24 if torch.rand((), generator=source) < 0.5 else length // 3
    size = int(torch.randint(4, min(longest, length // 3) + 1, (), generator=source))
    ids = draw(size).repeat(length // size + 1)[:length]  # [time=size] -> [time=length]
    return ids, torch.arange(length) > size


def mirrored(
    draw: Callable[[int], Int[Tensor, "time"]], length: int, source: torch.Generator
) -> tuple[Int[Tensor, "time"], Bool[Tensor, "time"]]:
    """Stretches of tokens, each followed by its mirror image, A B C C B A, and which tokens can be foretold: those of
    the image, by what came *before* the present token last time. A reason to look at the same token, in the place of
    which a head for the previous token has left word.

    Arguments as in `again`; a stretch has 4 to 12 tokens.
    """
    ids, foretold = [], []
    while sum(map(len, ids)) < length:
        size = int(torch.randint(4, 13, (), generator=source))
        stretch = draw(size)
        ids += [stretch, stretch.flip(0)]
        foretold += [torch.zeros(size + 1, dtype=torch.bool), torch.ones(size - 1, dtype=torch.bool)]
    return torch.cat(ids)[:length], torch.cat(foretold)[:length]
