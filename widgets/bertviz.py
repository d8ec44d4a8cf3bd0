"""BertViz's own views of our recordings, offline and safe, to compare with ours (Vig, "A Multiscale Visualization of
Attention in the Transformer Model", ACL 2019).

Each function takes plain numbers and tokens and returns a view for JupyterLab. What differs from calling BertViz
yourself: nothing is fetched from another host, the numbers are sent once in place of twice, no text of a token is
ever run, and where the page would be too slow to use, a sentence says so. ``bertviz_page`` has the details.
"""

from collections.abc import Sequence

import numpy as np

from widgets.bertviz_page import (
    SHAPES,
    OneToken,
    check_index,
    check_size,
    fill,
    rounded,
    texts,
    vectors_of,
    weights_of,
)
from widgets.instruments.frame import Frame

MOUSE = "BertViz answers the keyboard in its lists only; for the rest use the mouse, or the other views of this course."


def head_view(
    patterns: object,
    tokens: Sequence[object],
    *,
    layer: int = 0,
    heads: Sequence[int] | None = None,
    height: int = 480,
    shapes: int = SHAPES,
) -> Frame:
    """Show BertViz's head view: all heads of one layer, as lines from the token that asks to what it looks at.

    Args:
        patterns: recorded attention, [layer head query key], each weight between 0 and 1.
        tokens: one label for each position.
        layer, heads: which layer and heads are on view first, counted from 0; all heads when left out.
        height: of the frame, in pixels.
        shapes: how many lines the page may draw at once.

    Raises:
        ValueError: in one sentence, when weights or tokens do not fit, a layer or head does not exist, or there are
            more tokens than ``shapes`` admits.
    """
    from bertviz import head_view as theirs

    weights = weights_of(patterns, tokens)
    layers, count = weights.shape[:2]
    check_size(f"head view of {count} heads", len(tokens), lambda n: count * n * n, shapes)
    layer = check_index("Layer", layer, layers)
    chosen = None if heads is None else [check_index("Head", head, count) for head in heads]
    page = fill(
        theirs([OneToken.pattern], ["token"], html_action="return").data,
        attention=[texts(tokens) | {"attn": rounded(weights)}],
        include_layers=list(range(layers)),
        layer=layer,
        heads=chosen or None,
    )
    note = (
        "Choose the layer in the list. Point at a token to see its lines alone. A click on a coloured square hides or "
        f"shows a head, a double click shows it alone. {MOUSE}"
    )
    return Frame(height=height).show(page, title="BertViz, head view", note=note)


def model_view(patterns: object, tokens: Sequence[object], *, height: int = 480, shapes: int = SHAPES) -> Frame:
    """Show BertViz's model view: every head of every layer at once, as small pictures; a click enlarges one.

    Arguments and errors as in :func:`head_view`.
    """
    from bertviz import model_view as theirs

    weights = weights_of(patterns, tokens)
    layers, heads = weights.shape[:2]
    check_size(f"model view of {layers} x {heads} heads", len(tokens), lambda n: layers * heads * n * n, shapes)
    page = fill(
        theirs([OneToken.pattern], ["token"], html_action="return", display_mode="light").data,
        attention=[texts(tokens) | {"attn": rounded(weights)}],
        include_layers=list(range(layers)),
        include_heads=list(range(heads)),
        total_heads=heads,
    )
    note = f"Rows are layers, columns are heads. A click on a picture enlarges it, one more click closes it. {MOUSE}"
    return Frame(height=height).show(page, title="BertViz, model view", note=note)


def neuron_view(
    queries: object,
    keys: object,
    patterns: object,
    tokens: Sequence[object],
    *,
    layer: int = 0,
    head: int = 0,
    height: int = 480,
    shapes: int = SHAPES,
) -> Frame:
    """Show BertViz's neuron view: how one query and the keys make one row of attention, number by number.

    Args:
        queries, keys: recorded vectors, [layer head time d_head], as they enter the dot product (turned already, where
            positions are rotary) and not yet divided by the square root of d_head.
        patterns, tokens, height, shapes: as in :func:`head_view`.
        layer, head: which are on view first, counted from 0.

    Raises:
        ValueError: as in :func:`head_view`, and when queries or keys do not fit the patterns.
    """
    from bertviz.neuron_view import show as theirs

    weights = weights_of(patterns, tokens)
    layers, heads, time, _ = weights.shape
    vectors = {"queries": vectors_of(queries, "queries", weights), "keys": vectors_of(keys, "keys", weights)}
    sizes = [v.shape[3] for v in vectors.values()]
    if sizes[0] != sizes[1]:
        raise ValueError(f"Queries and keys are of one width, and got {sizes[0]} and {sizes[1]} numbers each.")
    check_size("neuron view", time, lambda n: 7 * n * n + 3 * n * sizes[0], shapes)
    layer, head = check_index("Layer", layer, layers), check_index("Head", head, heads)
    page = fill(
        theirs(OneToken(), "gpt2", OneToken(), "token", display_mode="light", html_action="return").data,
        attention={"all": texts(tokens) | {"attn": rounded(weights)} | {k: rounded(v) for k, v in vectors.items()}},
        bidirectional=bool(np.triu(weights, 1).any()),
        layer=layer,
        head=head,
    )
    note = f"Choose the layer and the head in the lists. Point at a token, and click on its plus sign. {MOUSE}"
    return Frame(height=height).show(page, title="BertViz, neuron view", note=note)
