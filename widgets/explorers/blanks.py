"""Lesson 05: hide words of your own text, and see what a masked model puts into the blanks.

A blank is a [MASK] or ___ that was typed, or a token that was clicked. What the model says is computed in
``lessons.bert.blanks``: each blank by itself, or one after the other. The strip is coloured by what a blank looks at.
"""

import re
from functools import lru_cache

import traitlets as t

from lessons.attention.heads import encode
from lessons.bert.blanks import MASK
from lessons.text.tokenizer import Encoded
from widgets import controls
from widgets.explorers import blank_views
from widgets.explorers.blank_views import APART, IN_TURN, MEAN, NO_BARS, NO_TOKENS, Answers
from widgets.explorers.explorer import Explorer
from widgets.explorers.model_choice import ModelChoice, Models
from widgets.instruments.bars import Bars
from widgets.instruments.token_strip import TokenStrip

TITLES = {
    "masked-minilm": "MiniLM: it has read much, and was taught by us to fill blanks",
    "small-bert": "Our small BERT: it has read little",
}
"""The zoo's name -> what the list calls it."""
OPENING, HIDDEN = "My mother poured some milk into her tea.", "milk"
"""The text to begin with, and the word of it that is hidden."""
NONE = -1
TYPED = re.compile(r"\[mask\]|_{3,}", re.IGNORECASE)
"""What people type for a blank. To the tokenizer, [MASK] alone is one."""


class BlanksExplorer(Explorer):
    """Type a sentence, click its words to hide them, and look at what the model would write there.

    ``models`` maps a title to a function that gives a `MaskedLanguageModel` with a tokenizer; left out, they are those
    of the lesson.
    """

    name = "Fill the blanks"
    text = t.Unicode(OPENING).tag(state=True)
    """May hold blanks: [MASK], in letters of any size, or three underscores or more."""
    model = t.Unicode().tag(state=True)
    """The title of the model."""
    masked = t.List(t.Int()).tag(state=True)
    """The tokens that are hidden by a click, counted from 0. Another text or model clears them."""
    blank = t.Int(NONE).tag(state=True)
    """The token whose blank is looked at; where it is none, the first blank is."""
    way = t.Enum([APART, IN_TURN], APART).tag(state=True)
    layer = t.Int(0, min=0).tag(state=True)
    head = t.Int(MEAN, min=MEAN).tag(state=True)
    """A head of the layer, or -1 for the mean of all."""

    def __init__(self, models: Models | None = None, **state: object) -> None:
        self._models = ModelChoice(models, TITLES)
        self._encoded = lru_cache(maxsize=1)(self._encode)
        self._answers = lru_cache(maxsize=4)(self._answer)
        self.strip = TokenStrip(mark_name="hidden")
        self.bars = Bars(label_axis="word", value_axis="probability")
        self.whole = Bars(title="How likely the whole filling is", label_axis="filled", value_axis="probability")
        self.bars.layout, self.whole.layout = ({"width": "auto", "flex": flex} for flex in ("3 1 380px", "2 1 300px"))
        self.apart, self.turns = TokenStrip(), TokenStrip()
        self.controls = {
            "text": controls.area("Your text", self.text, rows=2),
            "model": controls.choice("Model", self._models.titles, None),
            "shown": controls.choice("Look at", [("no blank yet", NONE)], NONE),
            "way": controls.choice("Best words when filled", [APART, IN_TURN], self.way),
            "layer": controls.slider("Attention in layer", 0, 0, 0, 1),
            "head": controls.slider("of head (−1: mean of all)", MEAN, MEAN, MEAN, 1),
        }
        opens = not {"text", "masked"} & state.keys()
        self.text = state.pop("text", OPENING)  # text and model first, for they clear the blanks
        chosen = state.pop("model", None)
        self.model = self._models.first() if chosen is None else chosen
        views = [self.strip, self.bars, self.whole, self.apart, self.turns]
        super().__init__(self.controls, views, **state)
        self.controls["shown"].observe(self._follow_choice, "value")
        self.strip.observe(self._follow_strip, ["marks", "selected"])
        if opens:
            self.masked = [place for place, token in enumerate(self.strip.tokens) if token == HIDDEN]

    def blanks(self) -> list[int]:
        """Return the places of all blanks, in the order of the text. ValueError for a token that can be none."""
        encoded, _ = self._encoded(self.model, self.text)
        for place in self.masked:
            if not 0 <= place < len(encoded):
                raise ValueError(f"There is no token {place} to hide: they are numbered from 0 to {len(encoded) - 1}.")
            if encoded.special[place]:
                raise ValueError(f"{encoded.tokens[place]} is a sign and no word: it cannot be hidden.")
        return sorted({*self.masked, *typed(encoded)})

    def update(self) -> dict[str, dict]:
        """Show the text with its blanks, the best words of one of them, and the fillings of all."""
        encoded, cut = self._encoded(self.model, self.text)
        places = self.blanks()
        if places:
            answers = self._answers(self.model, self.text, tuple(places))
            chosen = self._chosen(places)
            said = blank_views.remark(answers)
            views = {
                "strip": blank_views.attention_strip(answers, chosen, self.layer, self.head),
                "bars": blank_views.best_words(answers, chosen, self.way),
                **blank_views.fillings(answers),
            }
        else:
            said = "Nothing is hidden yet: click a word, or go to it with the arrow keys and press Enter."
            empty = {"bars": NO_BARS, "apart": NO_TOKENS, "turns": NO_TOKENS, "whole": NO_BARS}
            views = {"strip": blank_views.plain_strip(encoded), **empty}
        return views | {"note": " ".join(filter(None, (self._models.missing, cut, said)))}

    def link_cursors(self) -> None:
        """Offer the blanks that there are. Without a blank there are no words to show, and with one only one way."""
        places, control, way = self.blanks(), self.controls["shown"], self.controls["way"]
        options, several = [("no blank yet", NONE)], False
        if places:
            answers = self._answers(self.model, self.text, tuple(places))
            options = [(blank_views.blank_name(answers, i), place) for i, place in enumerate(places)]
            several = answers.in_turn is not None
        if list(control.options) != options:
            control.options = options
        control.value = places[self._chosen(places)] if places else NONE
        for views, there in (
            ([self.bars, self.apart], places), ([control], len(places) > 1), ([self.turns, self.whole, way], several)
        ):  # fmt: skip
            for view in views:
                view.layout.display = None if there else "none"

    def _encode(self, title: str, text: str) -> tuple[Encoded, str]:
        text = TYPED.sub(MASK, text)
        if MASK in text and not text.replace(MASK, "").strip():
            raise ValueError("Your text is nothing but blanks: type a word or a full stop beside them.")
        model = self._models.model(title)
        return encode(model, text, model.config.context)

    def _answer(self, title: str, text: str, places: tuple[int, ...]) -> Answers:
        """What the model says. It is kept, for the next change seldom concerns all of it."""
        return blank_views.ask(self._models.model(title), self._encoded(title, text)[0], list(places))

    def _chosen(self, places: list[int]) -> int:
        """Which of the blanks is looked at, counted from 0."""
        return places.index(self.blank) if self.blank in places else 0

    @t.validate("model")
    def _among_the_models(self, proposal: t.Bunch) -> str:
        return self._models.checked(proposal.value)

    @t.observe("text", "model")
    def _clear(self, _change: t.Bunch) -> None:
        self.masked, self.blank = [], NONE

    @t.observe("model")
    def _fit_to_the_model(self, _change: t.Bunch) -> None:
        """Another model has other heads: begin with what the mean of them does in the last layer."""
        try:
            config = self._models.model(self.model).config
        except ValueError:
            return  # the answer to the new state says why
        self.controls["layer"].max, self.controls["head"].max = config.layers - 1, config.heads - 1
        self.layer, self.head = config.layers - 1, MEAN

    def _follow_choice(self, change: t.Bunch) -> None:
        if not self.status.busy:  # while it answers, the panel moves the choice, not the student
            self.blank = change["new"]

    def _follow_strip(self, change: t.Bunch) -> None:
        """A click or Enter hides a word or shows it again; who moves to a blank looks at it."""
        if self.status.busy:
            return
        try:
            encoded, places = self._encoded(self.model, self.text)[0], self.blanks()
        except ValueError:
            return  # the message line says why; the strip still shows another text
        if change["name"] == "selected":
            self.blank = change["new"] if change["new"] in places else self.blank
            return
        turned = set(change["new"]) ^ set(places)
        for place in turned:
            if encoded.special[place]:
                self.strip.marks = places
                self.tell(self._why_not(encoded, place))
                return
        with self.together():
            self.masked = sorted(set(self.masked) ^ turned)
            self.blank = next(iter(turned & set(change["new"])), self.blank)

    def _why_not(self, encoded: Encoded, place: int) -> str:
        if place in typed(encoded):
            return "This [MASK] is part of your text: change the text to take it away."
        return f"{encoded.tokens[place]} is a sign and no word: it cannot be hidden. Choose a word."


def typed(encoded: Encoded) -> list[int]:
    """Return the places of the [MASK]s that were typed."""
    return [place for place, sign in enumerate(encoded.special) if sign and encoded.tokens[place] == MASK]
