"""What the panels about heads share: a text, a model to choose, and a grid of small pictures to choose a head from."""

from collections.abc import Mapping

import ipywidgets as ipw
import traitlets as t

from lessons.attention.head_scores import JOBS
from lessons.attention.heads import HeadReading
from widgets import controls
from widgets.explorers.explorer import Explorer
from widgets.explorers.head_models import HeadModels, opening
from widgets.explorers.model_choice import Models
from widgets.instruments.instrument import Instrument
from widgets.instruments.thumbnails import Thumbnails

NO_JOB = ""


class HeadExplorer(Explorer):
    """A text, a model, and one of its heads. ``models`` maps a title to a function that gives the model.

    The function is called when the model is first chosen. Left out, the models are those of the lesson.
    """

    prefers = ""
    """Words in the title of the model to begin with."""
    text = t.Unicode().tag(state=True)
    model = t.Unicode().tag(state=True)
    """The title of the model."""
    job = t.Enum([NO_JOB, *JOBS], NO_JOB).tag(state=True)
    """Which score marks the small pictures; empty for none."""
    layer = t.Int(0, min=0).tag(state=True)
    head = t.Int(0, min=0).tag(state=True)

    def __init__(
        self,
        models: Models | None,
        title: str,
        more: Mapping[str, ipw.Widget],
        instruments: list[Instrument],
        **state: object,
    ) -> None:
        self._models = HeadModels(models)
        self.thumbnails = Thumbnails(title=title)
        marks = [("nothing", NO_JOB), *((where, job) for job, where in JOBS.items())]
        parts = {
            "text": controls.area("Your text", self.text, rows=2),
            "model": controls.choice("Model", self._models.titles, None),
            "job": controls.choice("Mark the heads that look at", marks, NO_JOB),
            **more,
        }
        chosen = state.pop("model", None)
        self.model = self._models.first(self.prefers) if chosen is None else chosen  # the rest of the state fits it
        super().__init__(parts, [self.thumbnails, *instruments], **state)
        self.thumbnails.observe(self._follow_thumbnails, "selected")

    def reading(self) -> HeadReading:
        """Return what every head does with the text. ValueError, in a sentence, when it cannot be read."""
        return self._models.reading(self.model, self.text)

    def small_pictures(self, reading: HeadReading) -> dict:
        """Return what the grid shows. ValueError, in a sentence, for a layer or a head that is not there."""
        for what, value, size in zip(("layer", "head"), (self.layer, self.head), reading.patterns.shape, strict=False):
            if value >= size:
                raise ValueError(f"There is no {what} {value}: this model has the {what}s 0 to {size - 1}.")
        marked = {"scores": reading.scores[self.job], "score_axis": JOBS[self.job]} if self.job else {}
        return dict(pictures=self._models.small(reading), low=0.0, high=1.0, **marked)

    def link_cursors(self) -> None:
        """Frame the chosen head."""
        self.thumbnails.selected = [self.layer, self.head]

    @t.validate("model")
    def _among_the_models(self, proposal: t.Bunch) -> str:
        return self._models.checked(proposal.value)

    @t.observe("model")
    def _fit_to_the_model(self, _change: t.Bunch) -> None:
        """Another model has other heads: begin with one that has a job that can be seen."""
        self.layer, self.head = opening(self.model)

    def _follow_thumbnails(self, change: t.Bunch) -> None:
        if not self.status.busy:  # while it answers, the panel moves the frame, not the student
            with self.together():
                self.layer, self.head = change["new"]
