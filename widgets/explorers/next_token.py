"""Lesson 06: type a text, see what a decoder would write next, let it write, and see what it could have written.

What may be drawn is decided in ``lessons.gpt.decoding``, and no token is read twice (`Reading`). What was written is
kept as ids: a text that is cut into tokens anew may become other tokens.

While a kernel is at work, JupyterLab hands it further messages in another thread. A reading that two threads go on with
is no reading, so whoever uses it holds a lock.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache

import ipywidgets as ipw
import torch
import traitlets as t
from jaxtyping import Float
from torch import Tensor

from lessons.gpt.decoding import GREEDY, Decoding, draw, probabilities
from lessons.gpt.generate import prompt_ids
from widgets import controls
from widgets.explorers import next_token_views as views
from widgets.explorers.background import BackgroundPanel
from widgets.explorers.explorer import loop_of_a_message
from widgets.explorers.model_choice import ModelChoice, Models
from widgets.explorers.next_token_prompts import PROMPTS, TALE
from widgets.explorers.next_token_reading import Reading
from widgets.explorers.next_token_tree import Branch, grow
from widgets.instruments.bars import Bars
from widgets.instruments.token_strip import TokenStrip
from widgets.instruments.tree import Tree

TITLES = {
    "smollm2-135m": "SmolLM2: 135 million parameters, it has read much",
    "tales-llama": "Our small model: it has read fairy tales alone",
}
"""The zoo's name -> what the list calls it."""
BY_CHANCE, LIKELIEST = "drawn by chance", "greedy: always the likeliest"
OWN = "your own text"
NEXT = -1
"""In place of a token: the one that is not yet there."""
LONGEST = 512
"""Tokens of text and writing together, where the model's context does not end before; more is slow and seldom read."""
ROOM = 64
"""Tokens that can be written behind the longest text."""
QUIET = 0.15
"""Seconds without a change, after which the tree grows."""


class NextToken(BackgroundPanel):
    """Type a text and let a decoder write on, one token or many. A branch of the tree is taken with a click.

    ``models`` maps a title to a function that gives a decoder with a tokenizer; left out, they are those of the lesson.
    """

    name = "The next token"
    text = t.Unicode(TALE).tag(state=True)
    model = t.Unicode().tag(state=True)
    """The title of the model."""
    written = t.List(t.Int()).tag(state=True)
    """The ids of the tokens behind the text. Another text or model clears them."""
    place = t.Int(NEXT).tag(state=True)
    """The token that is looked at, counted from 0: what the model said in its place. -1 for the next one."""
    way = t.Enum([BY_CHANCE, LIKELIEST], BY_CHANCE).tag(state=True)
    temperature = t.Float(1.0, min=0.0, max=2.0).tag(state=True)
    top_k = t.Int(0, min=0, max=100).tag(state=True)
    """Tokens that may be drawn; 0 for all."""
    top_p = t.Float(1.0, min=0.0, max=1.0).tag(state=True)
    tokens = t.Int(40, min=1, max=200).tag(state=True)
    """Tokens that Write adds at most."""
    seed = t.Int(0, min=0, max=99).tag(state=True)

    def __init__(self, models: Models | None = None, **state: object) -> None:
        self._models = ModelChoice(models, TITLES)
        self._readings = lru_cache(maxsize=None)(lambda title: Reading(self._models.model(title)))
        self._typed = lru_cache(maxsize=1)(self._encode)
        self._shaped = lru_cache(maxsize=2)(self._shape)
        self._alone = threading.RLock()
        self._growing: asyncio.TimerHandle | None = None
        self._shown: tuple[object, list[Branch]] = (None, [])  # where the tree on view begins, and its branches
        self.strip = TokenStrip()
        self.bars, self.tree = Bars(), Tree(mark_name="stands in the text")
        self.bars.layout, self.tree.layout = ({"width": "auto", "flex": flex} for flex in ("1 1 420px", "1 1 520px"))
        buttons = {
            "one": controls.button("One token", "Let the model write one token"),
            "write": controls.button("Write", "Let the model write token by token"),
            "stop": controls.button("Stop", "Stop writing at once"),
            "back": controls.button("Back", "Take the last written token back"),
            "again": controls.button("Start afresh", "Take back all that was written, and begin with the seed again"),
        }
        parts = {
            "preset": controls.choice("Begin with", [OWN, *PROMPTS], OWN),
            "model": controls.choice("Model", self._models.titles, None),
            "text": controls.area("Your text", self.text, rows=4),
            **buttons,
            "tokens": controls.number("Write at most … tokens", self.tokens, 1, 200),
            "way": controls.choice("The next token is", [BY_CHANCE, LIKELIEST], self.way),
            "temperature": controls.slider("Temperature", self.temperature, 0.0, 2.0, 0.05),
            "top_k": controls.slider("top-k (0: no cut)", self.top_k, 0, 100, 1),
            "top_p": controls.slider("top-p (1: no cut)", self.top_p, 0.0, 1.0, 0.01),
            "seed": controls.number("Seed", self.seed, 0, 99),
        }
        self.text = state.pop("text", TALE)  # text and model first, for they clear what was written
        chosen = state.pop("model", None)
        self.model = self._models.first() if chosen is None else chosen
        super().__init__(parts, [self.strip, self.bars, self.tree], **state)
        self._begin_with_the_seed()
        row = ipw.HBox(list(buttons.values()), layout={"overflow": "visible", "flex_flow": "row wrap"})
        others = [part for name, part in parts.items() if name not in buttons]
        self.children[1].children = [*others[:3], row, *others[3:]]
        acts = [self.one_token, self.write, self.stop, self.back, self.start_afresh]
        for button, act in zip(buttons.values(), acts, strict=True):
            button.on_click(lambda _, act=act: act())
        parts["preset"].observe(self._follow_preset, "value")
        self.strip.observe(self._follow_strip, "selected")
        self.tree.observe(self._follow_tree, "taken")
        self.observe(self._follow_the_writing, "running")

    def one_token(self) -> None:
        """Write one token more."""
        self._write(1)

    def write(self) -> None:
        """Write token by token, until there are enough, the text ends, or somebody presses Stop."""
        self._write(self.tokens)

    def back(self) -> None:
        """Take the last written token back. Whoever goes on from there draws another chance."""
        self._leave(self.written[:-1])

    def start_afresh(self) -> None:
        """Take back all that was written; the chances of the seed begin anew."""
        self._begin_with_the_seed()
        self._leave([])

    def decoding(self) -> Decoding:
        """Return how the next token is chosen."""
        return GREEDY if self.way == LIKELIEST else Decoding(self.temperature, self.top_k or None, self.top_p)

    def reading(self) -> Reading:
        """Return the text and what was written, as the model has read it. ValueError, in a sentence, if it cannot."""
        return self._read()[0]

    def update(self) -> dict[str, dict]:
        """Show the text, and the best tokens in the place that is looked at. The tree follows, see `_grow_soon`."""
        reading, typed, cut = self._read()
        place = self._place(reading)
        stands = reading.ids[place] if place < len(reading.ids) else None
        after = self._shaped(self._fork(reading), self.decoding())
        first = "Nothing stands before the first token, so the model says nothing of it." if self.place == 0 else ""
        said = first or views.ending(reading, typed, self._longest(reading))
        return {
            "strip": views.strip(reading, typed),
            "bars": views.bars(reading.model.tokenizer, reading.logits(place), after, self.decoding(), stands),
            "note": " ".join(filter(None, (self._models.missing, cut, said))),
        }

    def link_cursors(self) -> None:
        """Mark the place that is looked at, and say which of the given texts this is."""
        reading = self.reading()
        # The box behind the last token stands for the next one. Who has chosen the first is told why, and stays there.
        self.strip.selected = self._place(reading) if self.place else 0
        self.controls["preset"].value = next((title for title, text in PROMPTS.items() if text == self.text), OWN)
        for name in ("temperature", "top_k", "top_p"):
            self.controls[name].disabled = self.way == LIKELIEST
        self._set_buttons(full=len(reading.ids) >= self._longest(reading))
        self._grow_soon(reading)

    def refresh(self) -> None:
        """Answer the state of this moment, alone."""
        with self._alone:
            super().refresh()

    def _grow_soon(self, reading: Reading) -> None:
        """A tree takes as long as a few tokens: it grows when the student rests. Until then the last one is pale."""
        self.tree.stale = self._fork(reading) != self._shown[0]
        if self._growing is not None:
            self._growing.cancel()
        loop = loop_of_a_message()
        if loop is None:
            self._grow()
        else:
            self._growing = loop.call_later(QUIET, self._grow)

    def _grow(self) -> None:
        """Show the tree in the place that is looked at, unless the model is writing."""
        with self._alone, suppress(ValueError):  # the message line says why there is nothing to read
            if self.running or not self.tree.stale:
                return
            reading = self.reading()
            branches = grow(reading, self._place(reading))
            self.tree.show(**views.tree(reading, self._place(reading), branches))
            self._shown = self._fork(reading), branches

    def _write(self, tokens: int) -> None:
        if not self.running:
            self.begin(self._writing(tokens))

    def _writing(self, tokens: int) -> Iterator[None]:
        """One token after the other, each by the settings of its moment; the picture follows before the next."""
        for _ in range(tokens):
            with self._alone:
                reading = self.reading()
                if not self.running or len(reading.ids) >= self._longest(reading):
                    return
                end = self.model, tuple(reading.ids), len(reading.ids)
                token = int(draw(self._shaped(end, self.decoding()), self._luck))
                self.written = [*self.written, token]
            yield
            if token in reading.model.tokenizer.signs:
                return

    def _leave(self, written: list[int]) -> None:
        """Stop writing, and leave only this of what was written."""
        self.stop()
        with self._alone, self.together():
            self.written, self.place = written, NEXT

    def _read(self) -> tuple[Reading, int, str]:
        """The text and what was written, how many tokens the text has, and what there is to say about it."""
        reading, written = self._readings(self.model), self.written
        ids, cut = self._typed(self.model, self.text)
        with self._alone:
            reading.read([*ids, *written])
        return reading, len(ids), cut

    def _encode(self, title: str, text: str) -> tuple[list[int], str]:
        """The text in tokens, cut in front where it is too long, and what there is to say about it."""
        model = self._models.model(title)
        longest = min(LONGEST, model.config.context)
        return prompt_ids(model, text, model.config.context - longest + min(ROOM, longest // 2))

    def _longest(self, reading: Reading) -> int:
        """How many tokens text and writing may have together."""
        return min(LONGEST, reading.model.config.context)

    def _place(self, reading: Reading) -> int:
        """The token that is looked at: one of the text, or the one behind it. Of the first, no model says anything."""
        return self.place if 0 < self.place < len(reading.ids) else len(reading.ids)

    def _fork(self, reading: Reading) -> tuple[str, tuple[int, ...], int]:
        """What bars and tree are about: the model, the text, and the place that is looked at."""
        return self.model, tuple(reading.ids), self._place(reading)

    def _shape(self, fork: tuple[str, tuple[int, ...], int], decoding: Decoding) -> Float[Tensor, "vocab"]:
        """The distribution that a token is drawn from."""
        return probabilities(self._readings(fork[0]).logits(fork[-1]), decoding)

    def _begin_with_the_seed(self) -> None:
        self._luck = torch.Generator().manual_seed(self.seed)

    def _set_buttons(self, full: bool = False) -> None:
        for name in ("one", "write"):
            self.controls[name].disabled = self.running or full
        self.controls["stop"].disabled = not self.running
        self.controls["back"].disabled = self.controls["again"].disabled = not self.written

    @t.validate("model")
    def _among_the_models(self, proposal: t.Bunch) -> str:
        return self._models.checked(proposal.value)

    @t.observe("text", "model", "seed")
    def _begin_anew(self, change: t.Bunch) -> None:
        """Another text stops the writing, and takes back what was written behind the last one."""
        self._begin_with_the_seed()
        if change["name"] != "seed":
            self.stop()
            with self._alone:
                self.written, self.place = [], NEXT

    def _follow_the_writing(self, _change: t.Bunch) -> None:
        """Stop can be pressed before the first token is there. When the writing is over, the tree grows."""
        self._set_buttons()
        if not self.running:
            self._on_state()

    def _follow_preset(self, change: t.Bunch) -> None:
        if change["new"] != OWN:
            self.text = PROMPTS[change["new"]]

    def _follow_strip(self, change: t.Bunch) -> None:
        """Who moves to a token looks at what the model said there; the box behind the last stands for the next one."""
        if not self.status.busy:  # while it answers, the panel moves the choice, not the student
            self.place = change["new"] if change["new"] < len(self.strip.tokens) - 1 else NEXT

    def _follow_tree(self, change: t.Bunch) -> None:
        """Take a branch, with all that leads to it, in place of what stands there."""
        if change["new"] < 0 or self.tree.stale:
            return
        (_, ids, place), branches = self._shown
        typed = len(self._typed(self.model, self.text)[0])
        if place < typed:
            self.tree.taken = -1
            self.tell("This place is in your own text: change the text to go another way there.")
        else:
            self._leave([*ids[typed:place], *(branches[i].id for i in self.tree.path(change["new"]))])
