"""The glossary of tensor axes.

Every signature in `lessons` names its axes with these words, for example `Float[Tensor, "batch time
hidden"]`. One word has one meaning in the whole course. A test reads all signatures and fails on a word that
is not listed. A size may be written as a sum, `"time+1"`, when a tensor holds one entry more than there are
steps.
"""

AXES: dict[str, str] = {
    "batch": "independent sequences that are computed side by side",
    "time": "steps of a sequence, the first step first",
    "query": "positions that ask, in attention",
    "key": "positions that are asked, in attention",
    "head": "attention heads",
    "group": "heads of keys and values, where several heads of queries share one",
    "d_model": "width of the vectors that run through a transformer",
    "d_head": "width of one head's queries, keys and values",
    "d_ff": "width of the middle of a feed-forward block",
    "hidden": "units of a recurrent state",
    "vocab": "tokens that the model knows",
    "gate": "gates of a recurrent layer, with its candidate",
    "layer": "layers of a stack, the lowest first",
    "input": "features of one input vector",
    "output": "features of one output vector",
    "class": "alternatives of a classification",
}
