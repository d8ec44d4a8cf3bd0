"""Masked texts from a tokenizer: what `mask_tokens` has to know, read off BERT's vocabulary (Devlin et al. 2019).

    masker = Masker(model.tokenizer)
    ids = torch.tensor([masker.tokenizer.encode("The unaffable fox").ids])
    masker.mask(ids, Masking(), generator(0))                      # single pieces: una ##ffa ##ble is three
    masker.mask(ids, Masking(), generator(0), whole_words=True)    # una ##ffa ##ble is one word

Signs such as [CLS], and the [unused…] entries of BERT's vocabulary, are never chosen and never drawn. [UNK] is a sign,
too: nobody can foretell what it stands for. An entry that begins with ## goes on with the word before it.
"""

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from lessons.bert.blanks import MASK, candidates
from lessons.bert.masking import Masked, Masking, mask_tokens
from lessons.text.tokenizer import Tokenizer
from lessons.text.wordpiece import PREFIX


class Masker:
    """Masks the texts of one WordPiece tokenizer. Padding must be a sign of it, as [PAD] is."""

    def __init__(self, tokenizer: Tokenizer):
        """ValueError when the tokenizer has no [MASK]."""
        self.tokenizer = tokenizer
        self.mask_id = tokenizer.special(MASK)
        self._maskable = candidates(tokenizer)
        self.ordinary = self._maskable.nonzero()[:, 0]  # [vocab 1] -> [vocab], what a random token is drawn from
        self._goes_on = torch.tensor([entry.startswith(PREFIX) for entry in tokenizer.entries])

    def maskable(self, ids: Int[Tensor, "batch time"]) -> Bool[Tensor, "batch time"]:
        """True at words and pieces of words, False at signs and padding."""
        return self._maskable[ids]

    def words(self, ids: Int[Tensor, "batch time"]) -> Int[Tensor, "batch time"]:
        """The number of the word that each token is part of, from 0. Every sign counts as a word of its own."""
        begins = ~self._goes_on[ids]
        begins[:, :1] = True  # also where a text was cut within a word
        return begins.cumsum(dim=1) - 1

    def mask(
        self,
        ids: Int[Tensor, "batch time"],
        masking: Masking,
        generator: torch.Generator,
        whole_words: bool = False,
    ) -> Masked:
        """Hide some tokens of these texts, see `mask_tokens`. A text without a word, as [CLS] [SEP], stays as it is."""
        words = self.words(ids) if whole_words else None
        return mask_tokens(ids, self.maskable(ids), self.mask_id, self.ordinary, masking, generator, words)
