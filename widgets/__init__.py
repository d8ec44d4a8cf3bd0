"""What a notebook shows: instruments, explorers and the panels that ask a student for a guess.

``widgets.instruments``
    The reusable views. They know plain tensors, labels and tokens, and no model.
``widgets.explorers``
    One per lesson idea: controls + instruments + a model from ``lessons``.
``widgets.theme``
    One palette for light and dark.

``widgets`` imports ``lessons``; nothing but notebooks, tests and benchmarks imports ``widgets``.
In a notebook write ``import ipywidgets as ipw``: the name ``widgets`` is ours.
"""

import logging
import os

import ipywidgets.widgets.widget as widget_base

import lessons  # noqa: F401  (sets the thread policy before anything here imports torch)

# ipywidgets would send every change of a control back to the page once more. No view of ours needs
# the echo, and it costs a third of the time from a key press to the picture.
if "JUPYTER_WIDGETS_ECHO" not in os.environ:
    widget_base.JUPYTER_WIDGETS_ECHO = False
# A fault becomes a sentence in the panel. Its trace is for whoever asks for it, not for the student's page.
logging.getLogger("widgets").addHandler(logging.NullHandler())

from widgets.instruments.arcs import Arcs  # noqa: E402
from widgets.instruments.bars import Bars  # noqa: E402
from widgets.instruments.chart import Chart  # noqa: E402
from widgets.instruments.heat_map import HeatMap  # noqa: E402
from widgets.instruments.plane import Plane  # noqa: E402
from widgets.instruments.prediction import Prediction, Scoreboard  # noqa: E402
from widgets.instruments.thumbnails import Thumbnails  # noqa: E402
from widgets.instruments.token_strip import TokenStrip  # noqa: E402

__all__ = ["Arcs", "Bars", "Chart", "HeatMap", "Plane", "Prediction", "Scoreboard", "Thumbnails", "TokenStrip"]
