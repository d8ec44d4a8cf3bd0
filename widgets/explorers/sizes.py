"""Lesson 06: how large a GPT is. Choose a published one or build your own, and see where its parameters are.

The counts are those of ``lessons.gpt.sizes``; nothing is built for them.
"""

import traitlets as t

from lessons.gpt.gpt2 import GPT2Config
from lessons.gpt.sizes import PUBLISHED, VOCAB, cache_bytes, parameters, weight_bytes
from widgets import controls
from widgets.explorers.explorer import Explorer
from widgets.instruments.bars import Bars

OWN = "your own"
START = "GPT-2 117M"
WIDTHS = [
    64, 128, 256, 384, 512, 768, 1024, 1280, 1536, 1600, 2048, 2560, 3072, 4096, 5120, 5140, 6144, 8192, 12288, 16384,
]  # fmt: skip
HEADS = [1, 2, 4, 6, 8, 12, 16, 20, 24, 25, 32, 40, 48, 64, 96, 128]
HEAD_WIDTHS = [16, 32, 64, 80, 96, 128, 256]
VOCABULARIES = [257, 1000, 4000, 16_000, 32_000, VOCAB, 100_000, 200_000]
CONTEXTS = [128, 256, 512, 1024, 2048, 4096, 8192, 32_768, 131_072]
MOST_LAYERS = 128
NUMBERS = ["layers", "d_model", "heads", "d_head", "vocab", "context"]
PARTS = {
    "token table": "token_table",
    "positions": "positions",
    "attention": "attention",
    "feed-forward": "feed_forward",
    "norms": "norms",
}
COUNTS = {1e3: "thousand", 1e6: "million", 1e9: "billion", 1e12: "trillion"}
BYTES = {1e3: "kB", 1e6: "MB", 1e9: "GB", 1e12: "TB"}


class Sizes(Explorer):
    """The parameters of a GPT by part, its memory, and what the paper says, for a published model or one of your own.

    A published model sets all numbers; a number that you move makes the model your own, or the one that it then is.
    """

    name = "How large is a GPT?"
    model = t.Enum([*PUBLISHED, OWN], START).tag(state=True)
    layers = t.Int(12, min=1, max=MOST_LAYERS).tag(state=True)
    d_model = t.Enum(WIDTHS, 768).tag(state=True)
    heads = t.Enum(HEADS, 12).tag(state=True)
    d_head = t.Enum(HEAD_WIDTHS, 64).tag(state=True)
    vocab = t.Enum(VOCABULARIES, VOCAB).tag(state=True)
    context = t.Enum(CONTEXTS, 1024).tag(state=True)

    def __init__(self, **state: object) -> None:
        self.parts = Bars(label_axis="part")
        self.memory = Bars(label_axis="what")
        for view in (self.parts, self.memory):
            view.layout = {"width": "auto", "flex": "1 1 300px"}

        def steps(label: str, values: list[int], value: int) -> object:
            return controls.steps(label, [(f"{number:,}", number) for number in values], value)

        parts = {
            "model": controls.choice("Model", [*PUBLISHED, OWN], self.model),
            "layers": controls.slider("Layers", self.layers, 1, MOST_LAYERS, 1),
            "d_model": steps("Width, d_model", WIDTHS, self.d_model),
            "heads": steps("Heads of a layer", HEADS, self.heads),
            "d_head": steps("Width of a head, d_head", HEAD_WIDTHS, self.d_head),
            "vocab": steps("Tokens in the vocabulary", VOCABULARIES, self.vocab),
            "context": steps("Tokens of the longest text", CONTEXTS, self.context),
        }
        super().__init__(parts, [self.parts, self.memory], **state)

    @t.observe("model")
    def _take(self, change: t.Bunch) -> None:
        """Set all numbers to those of a published model, as one change."""
        if change["new"] != OWN:
            config = PUBLISHED[change["new"]].config
            with self.hold_trait_notifications():
                for name in NUMBERS:
                    setattr(self, name, getattr(config, name))

    @t.observe(*NUMBERS)
    def _name(self, _change: t.Bunch) -> None:
        """Say which published model these numbers are."""
        config = self.config()
        self.model = next((name for name, model in PUBLISHED.items() if model.config == config), OWN)

    def config(self) -> GPT2Config:
        """Return the configuration on view. The middle of its feed-forward part is 4 times as wide as the model."""
        sizes = {name: getattr(self, name) for name in NUMBERS}
        return GPT2Config(**sizes, d_ff=4 * self.d_model)

    def update(self) -> dict[str, dict]:
        """Show the parameters by part and the memory, and compare with the paper."""
        config = self.config()
        counted = parameters(config)
        unit, word = unit_of(counted.total, COUNTS)
        part_unit, part_word = unit_of(min(counted.total, 1e6), COUNTS)  # in billions the norms would be too small
        weights, cache = weight_bytes(config), cache_bytes(config, self.context)
        size, letters = unit_of(max(weights, cache), BYTES)
        return {
            "parts": dict(
                labels=list(PARTS), values=[getattr(counted, name) / part_unit for name in PARTS.values()],
                title=f"{amount(counted.total / unit)} {word} parameters", value_axis=f"{part_word} parameters",
            ),
            "memory": dict(
                labels=["weights", f"cache of {self.context:,} tokens"], values=[weights / size, cache / size],
                title="Memory, with 16 bits a number", value_axis=letters,
            ),
            "note": " ".join(filter(None, [self._against_the_paper(), self._heads_in_words()])),
        }  # fmt: skip

    def _against_the_paper(self) -> str:
        if self.model == OWN:
            return "A model of your own: no paper has it."
        published = PUBLISHED[self.model]
        percent = f"{100 * abs(published.difference):.1f} %"
        unit, word = unit_of(published.parameters, COUNTS)
        less = "fewer" if published.difference < 0 else "more"
        compared = "as many" if percent == "0.0 %" else f"{percent} {less}"
        said = f"The paper says {amount(published.parameters / unit)} {word}, and here are {compared}."
        return f"{said} {published.note}".strip()

    def _heads_in_words(self) -> str:
        together = self.heads * self.d_head
        if self.model != OWN or together == self.d_model:
            return ""
        return f"The heads together are {together:,} wide, the model {self.d_model:,}: that works, but is seldom done."


def unit_of(number: float, units: dict[float, str]) -> tuple[float, str]:
    """Return the largest unit that is not larger than the number, and its word."""
    return max((size, word) for size, word in units.items() if size <= number)


def amount(number: float) -> str:
    """Write a number with four digits that matter: 124.4, 1.558, 117."""
    return f"{number:.4g}"
