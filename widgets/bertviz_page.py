"""How a page of BertViz's is put together anew, without another host and without a script that hides in a token.

BertViz 1.4.1 writes a page that loads require.js, d3 and jQuery from other hosts. Its template has the marker for the
data in a comment as well, so that the data is sent twice, and a token may end the script and start one of its own.
Here BertViz is asked for its page about one token without a meaning. In that page

- our numbers and tokens take the place of that token's, once, with every ``<`` as its code;
- d3 and jQuery come from installed packages that carry them (mpld3, sphinxcontrib-jquery), and two lines of JavaScript
  hand them over in the place of require.js.

No file of BertViz's is copied, and none of the models that it carries for its neuron view is imported.
"""

import json
import operator
import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from itertools import count, takewhile
from typing import SupportsIndex

import numpy as np
import torch

from widgets.instruments.instrument import as_array, check_labels
from widgets.instruments.text import visible_all

SHAPES = 50_000
"""Lines and squares that a page of BertViz's may draw at once; as many take about a second to change."""
LONGEST = 12
"""Characters of a token that find room in BertViz's columns."""
LIBRARIES = {"mpld3": "mpld3/js/d3.v5.min.js", "sphinxcontrib-jquery": "sphinxcontrib/jquery/jquery.js"}
"""Installed packages, and where in them d3 5 and jQuery lie."""

# The page asks require.js for its libraries by name, and tells it first where they lie in the network.
STAND_IN = """const require = { config() {} };
const requirejs = (names, run) => run(...names.map((name) => ({ jquery: jQuery, d3 })[name]));"""
# BertViz's lists have no name for a screen reader.
NAMES = """for (const [id, name] of [["layer", "Layer"], ["att_head", "Head"]])
  document.getElementById(id)?.setAttribute("aria-label", name);"""


class OneToken:
    """What BertViz is shown in our place: one token with one head. To its neuron view also a model and a tokenizer."""

    pattern = torch.zeros(1, 1, 1, 1)

    def eval(self) -> None:
        """A model of BertViz's is asked to stop training."""

    def __call__(self, ids: torch.Tensor) -> list:
        return [[{"attn": self.pattern, "queries": self.pattern, "keys": self.pattern}]]

    def tokenize(self, text: str) -> list[str]:
        return [text]

    def convert_tokens_to_ids(self, tokens: list[str]) -> list[int]:
        return [0]


@cache
def libraries() -> str:
    """Return d3 and jQuery, and what stands in for require.js, as scripts.

    Only the files are read: to import the packages would bring matplotlib and Sphinx.
    """
    try:
        code = [distribution(name).locate_file(path).read_text("utf-8") for name, path in LIBRARIES.items()]
    except (PackageNotFoundError, OSError) as error:
        raise ValueError(f"BertViz needs d3 and jQuery: install {' and '.join(LIBRARIES)} ({error}).") from error
    return "".join(f"<script>{part}</script>\n" for part in [*code, STAND_IN])


def fill(theirs: str, **ours: object) -> str:
    """Return BertViz's page with ``ours`` among its parameters, the libraries before it and no tag for require.js."""
    theirs = re.sub(r"<script src=[^>]*></script>", "", theirs)
    found = re.search(r'= (\{"attention": .*)', theirs)  # to the end of the line: in two views a comment repeats it all
    if not found:
        raise ValueError("This version of BertViz writes its page in another way: install bertviz 1.4.1.")
    parameters, _ = json.JSONDecoder().raw_decode(found[1])
    data = json.dumps(parameters | ours, separators=(",", ":")).replace("<", "\\u003c")
    page = theirs.replace(found[1], f"{data};")
    return f"<body>{libraries()}{page}<script>{NAMES}</script></body></html>"


def texts(tokens: Sequence[object]) -> dict[str, list[str]]:
    """Return the tokens as the two columns of a view, each short enough for its column."""
    labels = visible_all(tokens, LONGEST)
    return {"left_text": labels, "right_text": labels}


def rounded(values: np.ndarray) -> list:
    """Return ``values`` as nested lists with four digits: more than a picture shows, in a third of the bytes."""
    return np.round(values.astype(np.float64), 4).tolist()


def weights_of(patterns: object, tokens: Sequence[object]) -> np.ndarray:
    """Return attention as an array, [layer head query key], or raise a sentence that says what does not fit."""
    weights = as_array(patterns, ["layer", "head", "query", "key"], "A view of BertViz")
    if not weights.size or weights.shape[2] != weights.shape[3]:
        raise ValueError(
            "A view of BertViz needs at least one layer, head and token, and as many queries as keys: "
            f"[layer head query key], and got {list(weights.shape)}."
        )
    check_labels(tokens, weights.shape[3], f"A view of BertViz with {weights.shape[3]} tokens", optional=False)
    odd = weights[~((weights >= 0) & (weights <= 1.001))]  # written so that what is no number is odd, too
    if odd.size:
        raise ValueError(
            f"A weight of attention lies between 0 and 1, and one is {odd[0]:g}: show it after the softmax."
        )
    return weights


def vectors_of(values: object, what: str, weights: np.ndarray) -> np.ndarray:
    """Return queries or keys, [layer head time d_head], or raise a sentence when they do not fit the weights."""
    vectors = as_array(values, ["layer", "head", "time", "d_head"], f"The {what}")
    if vectors.shape[:3] != weights.shape[:3] or not vectors.size:
        raise ValueError(
            f"The {what} are one vector for each of the layers, heads and tokens {list(weights.shape[:3])}, "
            f"and got {list(vectors.shape)}."
        )
    if not np.isfinite(vectors).all():
        raise ValueError(f"The {what} hold a number that is not finite.")
    return vectors


def check_size(view: str, time: int, drawn: Callable[[int], int], shapes: int) -> None:
    """Raise a sentence when a text of ``time`` tokens makes ``drawn(time)`` shapes, more than ``shapes``."""
    if drawn(time) > shapes:
        most = sum(1 for _ in takewhile(lambda n: drawn(n) <= shapes, count(1)))
        raise ValueError(
            f"BertViz's {view} draws {drawn(time):,} shapes for {time} tokens and would freeze the page: show at most "
            f"{most} tokens, fewer layers or heads, or use this course's own head browser."
        )


def check_index(what: str, index: SupportsIndex, size: int) -> int:
    """Return ``index``, of whatever library, as an int, or raise a sentence when there is no such layer or head."""
    try:
        whole = operator.index(index)
    except TypeError as error:
        raise ValueError(f"{what} needs a whole number, and got {index!r:.60}.") from error
    if not 0 <= whole < size:
        raise ValueError(f"{what} {whole} does not exist: there are {size}, counted from 0.")
    return whole
