"""Fill the blanks of a text with a masked model, in two ways.

    each by itself        every blank is [MASK], the model is asked once, every blank takes its best word
    one after the other   the blank of which the model is surest takes its best word; then the model is asked again

A masked model says what stands in each blank given the words that are there. It does not say what two blanks hold
*together*: it treats them as independent (Yang et al. 2019, "XLNet", section 2). In "[MASK] [MASK] is a large city",
the first blank may say New, for New York, and the second Francisco, for San Francisco. Asked again after the first is
filled, the second knows of it. How likely a whole filling is, is the product of such answers, one after the other:

    p(a, b) = p(a | text) p(b | text, a)

What differs from a language model that reads left to right: BERT was trained on few blanks at once, so two orders of
the same blanks may give two different products.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lessons.bert.models import MaskedLanguageModel
from lessons.core.modes import evaluating
from lessons.text.tokenizer import Tokenizer
from lessons.text.wordpiece import MASK


@dataclass(frozen=True, eq=False)
class Guess:
    """What a model says of one blank."""

    place: int  # of the blank among the tokens, counted from 0
    words: list[int]  # ids of the best words, best first; never a sign such as [SEP]
    probabilities: list[float]  # of these words, 0 to 1
    chances: Float[Tensor, "vocab"]  # of every token, signs included: they sum to 1
    ordinary: Bool[Tensor, "vocab"]  # True for what may fill a blank

    def rank(self, word: int) -> int:
        """How many words are likelier than this one, plus 1: the best word has rank 1."""
        return int((self.chances[self.ordinary] > self.chances[word]).sum()) + 1


@dataclass(frozen=True, eq=False)
class Filling:
    """A text whose blanks were filled one after the other."""

    ids: Int[Tensor, "time"]  # the text with the words that were chosen
    steps: list[Guess]  # what the model said of each blank when it was filled, in that order; words[0] was chosen


@lru_cache(maxsize=8)
def candidates(tokenizer: Tokenizer) -> Bool[Tensor, "vocab"]:
    """True for what may fill a blank: words and pieces of words. False for signs such as [CLS] and for [unused7].

    The vocabulary writes all these in square brackets, as nothing that is typed.
    """
    return torch.tensor([not (entry[0] == "[" and entry[-1] == "]") for entry in tokenizer.entries])


def fill(model: MaskedLanguageModel, ids: Int[Tensor, "time"], places: Sequence[int], best: int = 10) -> list[Guess]:
    """What the model says of every blank, each by itself, in the order of `places`. One forward pass.

    ids: the whole text with its signs. places: the blanks, counted from 0; whatever stands there is hidden first.
    best: how many words to name. ValueError for no blank, one that is not in the text or is named twice, a text
    longer than the model reads, or best below 1.
    """
    _check(ids, places)
    if best < 1:
        raise ValueError(f"best must be 1 or more, not {best}.")
    ordinary = candidates(model.tokenizer)
    chances = _ask(model, _hidden(model, ids, places)[None], places)[0]
    found = []
    for place, chance in zip(places, chances, strict=True):
        top = chance.where(ordinary, -1.0).topk(min(best, int(ordinary.sum())))
        found.append(Guess(place, top.indices.tolist(), top.values.tolist(), chance, ordinary))
    return found


def fill_in_turn(
    model: MaskedLanguageModel,
    ids: Int[Tensor, "time"],
    places: Sequence[int],
    best: int = 10,
    first: Sequence[Guess] | None = None,
) -> Filling:
    """Fill one blank after the other: always the one whose best word is the most probable. One pass for each blank.

    first: what `fill` has already said of these blanks, to spare a pass. The other arguments and the errors are those
    of `fill`.
    """
    _check(ids, places)
    ids, steps = _hidden(model, ids, places), []
    guesses = fill(model, ids, places, best) if first is None else first
    while True:
        surest = max(guesses, key=lambda guess: guess.probabilities[0])
        ids[surest.place] = surest.words[0]
        steps.append(surest)
        left = [guess.place for guess in guesses if guess.place != surest.place]
        if not left:
            return Filling(ids, steps)
        guesses = fill(model, ids, left, best)


def chain(
    model: MaskedLanguageModel, ids: Int[Tensor, "time"], places: Sequence[int], words: Sequence[int]
) -> list[float]:
    """The probability of each word in its blank, given the text and the words before it in this list.

    The product is how likely the whole filling is, in the order of `places`. One forward pass over as many texts as
    there are blanks. ValueError as in `fill`, and when there are not as many words as places.
    """
    _check(ids, places)
    if len(words) != len(places):
        raise ValueError(f"A filling has one word for each blank: {len(words)} words do not fit {len(places)} blanks.")
    texts = _hidden(model, ids, places).repeat(len(places), 1)  # [time] -> [batch time], one text for each blank
    for filled, (place, word) in enumerate(zip(places, words, strict=True)):
        texts[filled + 1 :, place] = word
    chances = _ask(model, texts, places)
    return [chances[i, i, word].item() for i, word in enumerate(words)]


def _ask(
    model: MaskedLanguageModel, ids: Int[Tensor, "batch time"], places: Sequence[int]
) -> Float[Tensor, "batch query vocab"]:
    """The probability of every token at these places. The head scores these places alone; it is wide."""
    device = next(model.parameters()).device
    with evaluating(model), torch.no_grad():
        x = model.encoder(ids.to(device))[:, list(places)]  # [batch time d_model] -> [batch query d_model]
        return model.scores(x).softmax(dim=-1).cpu()


def _hidden(model: MaskedLanguageModel, ids: Int[Tensor, "time"], places: Sequence[int]) -> Int[Tensor, "time"]:
    ids = ids.clone()
    ids[list(places)] = model.tokenizer.special(MASK)
    return ids


def _check(ids: Int[Tensor, "time"], places: Sequence[int]) -> None:
    if not len(places):
        raise ValueError("There is no blank to fill: choose at least one token.")
    for place in places:
        if not 0 <= place < len(ids):
            raise ValueError(f"There is no token {place} to hide: they are numbered from 0 to {len(ids) - 1}.")
    if len(set(places)) < len(places):
        raise ValueError(f"A blank is filled once: {list(places)} names one twice.")
