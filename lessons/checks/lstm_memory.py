"""Lesson 02: checks of what a gated memory passes on to the past, and of what it costs.

The gradient along the cell is that of c_t = f_t * c_{t-1} + i_t * g_t with all gates held fixed: Hochreiter and
Schmidhuber, "Long short-term memory" (1997), with the forget gate of Gers, Schmidhuber and Cummins, "Learning to
forget" (2000). `lstm_gates` shows these checks to the notebook.
"""

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from lessons.checks.arguments import normal
from lessons.checks.check import Check, Misconception

# --- 3. The gradient along the cell ---------------------------------------------------------------


def _cell_gradient(f: Float[Tensor, "time hidden"], k: int) -> Float[Tensor, "hidden"]:
    """dc_T/dc_{T-k} along the cell, for 0 <= k <= time; the last row of f is the forget gate of step T."""
    return f[len(f) - k :].prod(dim=0)


def _cell_cases(generator: Generator) -> list[tuple]:
    def gates(time: int, hidden: int) -> Tensor:
        return torch.sigmoid(normal(generator, time, hidden))

    return [(gates(5, 4), 3), (gates(7, 2), 4), (gates(3, 5), 3), (gates(6, 3), 0)]


def _cell_mistakes(name: str, says: str, wrong) -> list[Misconception]:
    """A mistake in the formula, by those who took care of k = 0 and by those who did not: f[-0:] is all of f."""
    return [
        Misconception(name, says, lambda f, k: wrong(f, k) if k else torch.ones_like(f[0])),
        Misconception(
            f"{name}, and k = 0 does not give ones",
            f"{says} And look at k = 0: what is the change of c_T when c_T itself changes?",
            wrong,
        ),
    ]


cell_gradient = Check(
    title="The gradient along the cell",
    reference=_cell_gradient,
    cases=_cell_cases,
    misconceptions=[
        Misconception(
            "k = 0 takes all steps",
            "Only k = 0 is off. Print f[-0:]: it is not empty. How many factors should there be?",
            lambda f, k: f[-k:].prod(dim=0),
        ),
        Misconception(
            "took the first k steps",
            "The count is right, the steps are too old. Which end of f holds step T?",
            lambda f, k: f[:k].prod(dim=0),
        ),
        Misconception(
            "took the first k steps, and k = 0 does not give ones",
            "The steps are too old: .cumprod starts at step 1. Which end of f holds step T? And which place has the"
            " index k - 1 when k is 0?",
            lambda f, k: f.cumprod(dim=0)[k - 1],
        ),
        *_cell_mistakes(
            "read the product from step 1 on, k places from the end",
            ".cumprod multiplies from step 1 on, so that your product stops where it should begin. At which end of f"
            " should it start?",
            lambda f, k: f.cumprod(dim=0)[-k],
        ),
        Misconception(
            "took the steps one too early",
            "The count is right, and the gate of step T is not among them. Which gates lie between c_{T-k} and c_T?",
            lambda f, k: f[-k - 1 : -1].prod(dim=0),
        ),
        Misconception(
            "the last gate to the power k",
            "Only the last row of f comes in. Is the forget gate the same at every step?",
            lambda f, k: f[-1] ** k,
        ),
        Misconception(
            "the oldest gate to the power k",
            "Only one row of f comes in, k times. Is the forget gate the same at every step?",
            lambda f, k: f[-k] ** k,
        ),
        *_cell_mistakes(
            "one gate alone",
            "A single row of f comes in, the gate of step T-k+1. How many steps lead from c_{T-k} to c_T?",
            lambda f, k: f[-k],
        ),
        *_cell_mistakes(
            "one step too many",
            "One gate too many comes in. Write out k = 1: which gate leads from c_{T-1} to c_T?",
            lambda f, k: f[-k - 1 :].prod(dim=0),
        ),
        *_cell_mistakes(
            "one step too few",
            "The oldest of the gates is missing. Write out k = 2: how many gates lie between c_{T-2} and c_T?",
            lambda f, k: f[-(k - 1) :].prod(dim=0),
        ),
        *_cell_mistakes(
            "left out the last step",
            "The gate of step T is missing. Where does a slice with -1 at its end stop?",
            lambda f, k: f[-k:-1].prod(dim=0),
        ),
        *_cell_mistakes(
            "took all steps",
            "All of f comes in, whatever k is. How many steps lie between the two cells?",
            lambda f, k: f.prod(dim=0),
        ),
        *_cell_mistakes(
            "added the gates in place of multiplying them",
            "The gates are added up. How does the chain rule join the steps?",
            lambda f, k: f[-k:].sum(dim=0),
        ),
        Misconception(
            "added the gates in place of multiplying them, and k = 0 gives 0",
            "The gates are added up. How does the chain rule join the steps? And what is the change of c_T when c_T"
            " itself changes?",
            lambda f, k: f[len(f) - k :].sum(dim=0),
        ),
        *_cell_mistakes(
            "took the mean of the gates",
            "The result does not shrink with k. How does the chain rule join the steps?",
            lambda f, k: f[-k:].mean(dim=0),
        ),
        *_cell_mistakes(
            "one minus the gate",
            "Your memory lasts long where the forget gate is near 0. What does f near 1 do to the cell?",
            lambda f, k: (1 - f[-k:]).prod(dim=0),
        ),
        *_cell_mistakes(
            "sigmoid of a gate that is a sigmoid already",
            "The entries of f are gates, between 0 and 1. Do they need another sigmoid?",
            lambda f, k: torch.sigmoid(f[-k:]).prod(dim=0),
        ),
        *_cell_mistakes(
            "multiplied the units, not the steps",
            "There is one number for every step. Over which axis should the product go, and which one stays?",
            lambda f, k: f[-k:].prod(dim=1),
        ),
        *_cell_mistakes(
            "one product for all units together",
            "There is one number for the whole layer. Each unit has a cell of its own: which axis stays?",
            lambda f, k: f[-k:].prod(),
        ),
        # The last one: a result that is wrong in float32 as well belongs to the mistakes above.
        Misconception(
            "started from ones in float32",
            "The numbers are right. f is float64, and a new tensor is float32 if you do not say more. What can you tell"
            " torch.ones, or which function of torch makes ones that are like another tensor?",
            lambda f, k: f[len(f) - k :].prod(dim=0) if k else torch.ones(f.shape[1], dtype=torch.float32),
        ),
    ],
)


# --- 4. The number of parameters ------------------------------------------------------------------

BLOCKS = {"rnn": 1, "ugrnn": 2, "gru": 3, "lstm": 4}  # gates and candidates


def _parameter_count(architecture: str, input_size: int, hidden_size: int) -> int:
    """Weights of one layer: for each gate or candidate an A_x, an A_h and one b; no output map."""
    return BLOCKS[architecture] * hidden_size * (input_size + hidden_size + 1)


def _count_cases(generator: Generator) -> list[tuple]:
    return [("rnn", 3, 5), ("ugrnn", 7, 4), ("gru", 2, 6), ("lstm", 5, 3), ("lstm", 10, 64)]


def _count_mistake(name: str, says: str, block=lambda i, h: h * (i + h + 1), blocks=BLOCKS, once=lambda a, h: 0):
    """A mistake in the size of one block, in how many there are, or in what is there only once."""
    return Misconception(name, says, lambda a, i, h: blocks[a] * block(i, h) + once(a, h))


parameter_count = Check(
    title="The number of parameters of a layer",
    reference=_parameter_count,
    cases=_count_cases,
    misconceptions=[
        _count_mistake(
            "forgot the bias",
            "The matrices are all there. What else is added to them in every formula?",
            block=lambda i, h: h * (i + h),
        ),
        _count_mistake(
            "two biases, as torch has",
            "torch keeps a second bias, which adds nothing new. How many are in the formulas here?",
            block=lambda i, h: h * (i + h + 2),
        ),
        _count_mistake(
            "one bias for all gates together",
            "The bias comes in only once. Does every gate have its own?",
            block=lambda i, h: h * (i + h),
            once=lambda a, h: h,
        ),
        _count_mistake(
            "one number as the bias of a whole gate",
            "Each of your gates has a bias of a single number. What is the shape of b for one gate?",
            block=lambda i, h: h * (i + h) + 1,
        ),
        _count_mistake(
            "counted the gates and not the candidate",
            "You counted only the parts with a sigmoid. Has the one with the tanh no weights?",
            blocks={"rnn": 1, "ugrnn": 1, "gru": 2, "lstm": 3},
        ),
        _count_mistake(
            "counted the gates only, and none for the plain RNN",
            "Your plain RNN has no weights at all: you counted only the parts with a sigmoid. Has the one with the tanh"
            " no weights?",
            blocks={name: parts - 1 for name, parts in BLOCKS.items()},
        ),
        _count_mistake(
            "counted a third part in the UGRNN",
            "The UGRNN comes out too large, the others are right. How many gates has it, besides its candidate?",
            blocks=BLOCKS | {"ugrnn": 3},
        ),
        _count_mistake(
            "a second bias in the candidate of the GRU",
            "The GRU comes out too large, by one bias: the b_h of PyTorch's form. How many biases does the task give"
            " to each part?",
            once=lambda a, h: h if a == "gru" else 0,
        ),
        _count_mistake(
            "counted the cell as a part with weights",
            "The LSTM comes out too large, the others are right. Which lines of its formulas hold a matrix?",
            blocks=BLOCKS | {"lstm": 5},
        ),
        _count_mistake(
            "the same number for all architectures",
            "All four come out like a plain RNN. How often does each of them need an A_x, an A_h and a b?",
            blocks=dict.fromkeys(BLOCKS, 1),
        ),
        _count_mistake(
            "forgot A_h",
            "The weights that read the old state are missing. What shape do they have?",
            block=lambda i, h: h * (i + 1),
        ),
        _count_mistake(
            "forgot A_x",
            "The number does not depend on input_size. Which matrix reads the input?",
            block=lambda i, h: h * (h + 1),
        ),
        _count_mistake(
            "one weight for each unit in place of A_h",
            "Each unit reads only its own old value here. How many old values does it read in the formula?",
            block=lambda i, h: h * (i + 1 + 1),
        ),
        _count_mistake(
            "swapped the two sizes",
            "The two sizes have changed places. Which of them is the number of rows of every matrix?",
            block=lambda i, h: i * (i + h + 1),
        ),
    ],
)
