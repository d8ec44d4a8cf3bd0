"""Writing with a decoder, one token at a time, with the cache of keys and values.

    for step in stream(model, "Once upon a time"):       # can be stopped at any step
        print(step.text)
    generate(model, ["Hot is to cold as", "2 + 2 ="])    # several texts at once

A text ends where a stop string appears in it, which is not part of it; where the model writes one of its signs, such as
<|endoftext|>; after the tokens that were asked for; or where the context is full. What is shown never has to be taken
back: what may be the beginning of a stop string, or a part of a character, waits until it is known. A part of a
character at the very end is left out.

Texts of different length are aligned at their ends, with padding in front that nobody looks at. Draws depend on the
seed, the text's place in the batch and the number of texts, not on when the others end.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from lessons.attention.cache import Cache
from lessons.core.modes import evaluating
from lessons.gpt.decoding import GREEDY, Decoding, pick, probabilities


@dataclass(frozen=True)
class Step:
    """What is there after one more token."""

    id: int  # the token
    probability: float  # of the token, in the distribution that it was drawn from; 1 in greedy decoding
    text: str  # all that was generated and is sure to stay, without the stop string
    ended: str  # "" while it goes on; "stop" string, "end" sign, "length" asked for, "context" full


@dataclass(frozen=True)
class Generated:
    """What a model wrote."""

    text: str  # without the stop string and the end sign
    ids: list[int]  # every token that was drawn, those of the stop string and the end sign, too
    ended: str  # as in `Step`


def stream(
    model: nn.Module,
    prompt: str,
    tokens: int = 64,
    decoding: Decoding = GREEDY,
    stop: Sequence[str] = (),
    seed: int = 0,
) -> Iterator[Step]:
    """Write on from the prompt, token by token; close the iterator to stop at once.

    tokens: at most so many, 1 or more. stop: strings of 1 character or more. A prompt that is too long is cut, see
    `prompt_ids`. ValueError.
    """
    check_request(tokens, stop)
    return _steps(model, prompt, tokens, decoding, stop, seed)


def generate(
    model: nn.Module,
    prompts: Sequence[str],
    tokens: int = 64,
    decoding: Decoding = GREEDY,
    stop: Sequence[str] = (),
    seed: int = 0,
) -> list[Generated]:
    """Write on from every prompt, all at once, each as `stream` does. The same prompt may stand there several times.

    ValueError, see `stream`.
    """
    check_request(tokens, stop)
    if not prompts:
        return []
    writing = _Writing(model, [prompt_ids(model, prompt)[0] for prompt in prompts], decoding, seed)
    texts = [Text(model, stop) for _ in prompts]
    while writing.rows:
        for row, token, _ in writing.step():
            texts[row].add(token)
            _end(texts[row], tokens, writing.full(row))
        writing.keep(lambda row: not texts[row].ended)
    return [Generated(text.shown, text.ids, text.ended) for text in texts]


def prompt_ids(model: nn.Module, prompt: str, tokens: int = 1) -> tuple[list[int], str]:
    """The prompt as the model reads it, and a sentence that says what was cut; "" where nothing was.

    What does not fit into the context, with room for `tokens` more, is cut off in front. ValueError for an empty
    prompt where the model has no start sign, which would give it something to read, or for a context without room.
    """
    ids = model.tokenizer.encode(prompt).ids
    if not ids:
        raise ValueError("The prompt is empty, and this model has no start sign to begin from: write a word or more.")
    if (room := model.config.context - tokens) < 1:
        raise ValueError(
            f"This model reads {model.config.context} tokens, so it cannot write {tokens} behind a prompt."
        )
    if len(ids) <= room:
        return ids, ""
    said = f"The prompt has {len(ids):,} tokens and the model has room for {room:,}: the first {len(ids) - room:,} "
    return ids[-room:], said + ("was left out." if len(ids) - room == 1 else "were left out.")


def check_request(tokens: int, stop: Sequence[str]) -> None:
    """ValueError for fewer tokens than 1, or stop strings that are none."""
    if tokens < 1:
        raise ValueError(f"There must be 1 token or more to write, not {tokens}.")
    if isinstance(stop, str):
        raise ValueError(f"Stop strings come as a list: [{stop!r}].")
    if "" in stop:
        raise ValueError("An empty stop string would stop every text at once: leave it out.")


class Text:
    """One text while it grows: its tokens, how it ended, and what of it can be shown."""

    def __init__(self, model: nn.Module, stop: Sequence[str] = ()):
        self.ids: list[int] = []
        self.shown = ""
        self.ended = ""
        self._tokenizer, self._stop = model.tokenizer, list(stop)
        self._whole = ""  # with what still waits

    def add(self, token: int) -> None:
        """One more token. It may end the text."""
        self.ids.append(token)
        if token in self._tokenizer.signs:
            return self.end("end")
        # A part of a character is decoded as "\ufffd" until the rest is there.
        self._whole = self._tokenizer.decode(self.ids).rstrip("\ufffd")
        if found := [place for sign in self._stop if (place := self._whole.find(sign)) >= 0]:
            self._whole = self._whole[: min(found)]
            return self.end("stop")
        self.shown = self._whole[: len(self._whole) - self._waiting()]

    def end(self, why: str) -> None:
        """Nothing follows, so what waited is shown. A text ends once."""
        if not self.ended:
            self.ended, self.shown = why, self._whole

    def _waiting(self) -> int:
        """Characters at the end that may be the beginning of a stop string."""
        longest = max((len(sign) for sign in self._stop), default=1) - 1
        ends = (self._whole[-n:] for n in range(min(longest, len(self._whole)), 0, -1))
        return next((len(end) for end in ends if any(sign.startswith(end) for sign in self._stop)), 0)


class _Writing:
    """A batch of texts under way: the tokens so far, their cache, and who goes on."""

    def __init__(self, model: nn.Module, prompts: list[list[int]], decoding: Decoding, seed: int):
        self.model, self.decoding = model, decoding
        self.count = len(prompts)
        self.generator = torch.Generator().manual_seed(seed)
        self.device = next(model.parameters()).device
        self.width = max(len(ids) for ids in prompts)
        self.padding = [self.width - len(ids) for ids in prompts]
        self.rows = list(range(self.count))  # the texts that go on
        self.cache = Cache(model.config.layers)
        # What is to be read next. What stands in the padding does not matter.
        self.unread = [ids[:1] * padding + ids for ids, padding in zip(prompts, self.padding, strict=True)]

    @torch.inference_mode()
    def step(self) -> list[tuple[int, int, float]]:
        """One more token for every text that goes on: the text's number, the token, and its probability."""
        padding = [self.padding[row] for row in self.rows]
        with evaluating(self.model):
            seen = self.model.hidden(
                torch.tensor(self.unread, device=self.device),
                cache=self.cache,
                padding=torch.tensor(padding, device=self.device) if any(padding) else None,
            )
            logits = self.model.unembed(seen[:, -1])  # [batch time d_model] -> [batch vocab]
        if self.decoding.temperature == 0:  # no need to write the distribution down
            drawn = logits.argmax(dim=-1)
            found = torch.ones_like(drawn, dtype=logits.dtype)
        else:
            chances = probabilities(logits, self.decoding)
            luck = torch.rand(self.count, generator=self.generator)[self.rows]  # also for those that have ended
            drawn = pick(chances, luck)
            found = chances.gather(-1, drawn[:, None])[:, 0]  # [batch vocab] -> [batch]
        self.unread = drawn[:, None].tolist()
        self.width += 1
        return list(zip(self.rows, drawn.tolist(), found.tolist(), strict=True))

    @torch.inference_mode()
    def keep(self, going: Callable[[int], bool]) -> None:
        """Leave behind the texts that do not go on."""
        places = [place for place, row in enumerate(self.rows) if going(row)]
        if len(places) < len(self.rows):
            self.cache.choose(torch.tensor(places, dtype=torch.long))
            self.rows = [self.rows[place] for place in places]
            self.unread = [self.unread[place] for place in places]

    def full(self, row: int) -> bool:
        """Whether a text that still goes on fills the context."""
        return self.width - self.padding[row] >= self.model.config.context


def _steps(
    model: nn.Module, prompt: str, tokens: int, decoding: Decoding, stop: Sequence[str], seed: int
) -> Iterator[Step]:
    writing, text = _Writing(model, [prompt_ids(model, prompt)[0]], decoding, seed), Text(model, stop)
    while not text.ended:
        ((_, token, probability),) = writing.step()
        text.add(token)
        _end(text, tokens, writing.full(0))
        yield Step(token, probability, text.shown, text.ended)


def _end(text: Text, tokens: int, full: bool) -> None:
    """End a text that may not grow, unless it has ended by itself."""
    if len(text.ids) >= tokens:
        text.end("length")
    elif full:
        text.end("context")
