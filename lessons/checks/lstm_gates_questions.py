"""Lesson 02: the questions that are asked before an instrument shows the answer.

Every answer is computed anew by tests/checks/test_answers_lstm_gates.py.
"""

from lessons.checks.question import Choice, Estimate

ask_half_life = Estimate(
    key="02.half_life",
    text="The gate f stays at 0.99, and nothing new comes in. After how many steps is less than half of the"
    " memory left?",
    answer=69,
    within=1.4,
    unit="steps",
    why="0.99^68 is 0.505 and 0.99^69 is 0.4998. A gate of 0.9 keeps half for 6 steps only.",
)

ask_leak = Estimate(
    key="02.leak",
    text="Half of the memory shall be left after 100 steps. The gate f is the same at every step. How far below"
    " 1 may it lie?",
    answer=0.0069,
    within=1.5,
    why="0.9931^100 is 0.5, and 1 - 0.9931 is 0.0069. To remember for long, a gate must be open almost all the way.",
)

ask_parameters = Estimate(
    key="02.parameters",
    text="A plain RNN layer and an LSTM layer have equally many inputs and equally many units. How many times more"
    " weights has the LSTM? Count its biases too, one for each gate or candidate.",
    answer=4,
    within=1.1,
    unit="times",
    why="Three gates and a candidate: each has an A_x, an A_h and a b, just like a whole plain RNN.",
)

ask_keep = Choice(
    key="02.keep",
    text="The forget gate is 1 and the input gate is 0, at every step. What happens to the cell c?",
    options=(
        "It fades slowly, because of the tanh.",
        "It grows at every step.",
        "Nothing: it keeps exactly its value.",
        "It becomes 0.",
    ),
    answer=2,
    why="c_new = 1 * c + 0 * g = c. No matrix and no tanh lies on this path, so there is nothing that could fade.",
)

ask_output = Choice(
    key="02.output",
    text="You freeze the output gate at 0 for a single step. What becomes of the cell c and the state h at this step?",
    options=(
        "Both become 0: the memory is lost.",
        "h becomes 0; c is what it would have been anyway.",
        "c becomes 0; h is what it would have been anyway.",
        "Neither changes: the output gate acts one step later.",
    ),
    answer=1,
    why="The output gate decides what is shown, not what is kept. Later steps do notice: their gates read h, not c.",
)

ask_forget_bias = Choice(
    key="02.forget_bias",
    text="All weights are 0 but the bias of the forget gate. How much of the memory is left after 20 steps when that"
    " bias is 0, and how much when it is 3?",
    options=(
        "about half, and nearly all",
        "about a twentieth, and about half",
        "about a millionth, and more than a third",
        "nothing, and everything",
    ),
    answer=2,
    why="sigmoid(0) = 0.5 and 0.5^20 = 0.00000095. sigmoid(3) = 0.953 and 0.953^20 = 0.38.",
)

ask_update_bias = Choice(
    key="02.update_bias",
    text="In a UGRNN, h_new = u * h + (1 - u) * s. With which bias of the update gate does it remember longest, before"
    " any training?",
    options=("-3", "0", "3"),
    answer=2,
    why="u = sigmoid(3) = 0.953 keeps most of the old state. In some books u and 1 - u change places; then it is -3.",
)

ask_explode = Choice(
    key="02.explode",
    text="A gradient goes back along the cell, c_new = f * c + i * g. The gates and g are taken as fixed. Can it"
    " explode on this way?",
    options=(
        "Yes, as soon as the cell holds large numbers.",
        "Yes, when the forget gates stay close to 1 for long.",
        "No: each step multiplies it by a forget gate, which is never above 1.",
        "No: the tanh of the candidate keeps it small.",
    ),
    answer=2,
    why="The factor is the product of the forget gates. Other paths lead through h; there it can grow.",
)

ask_long_lag = Choice(
    key="02.long_lag",
    text="A plain RNN, and an LSTM whose forget gates start with a bias of 0, are trained to recall a symbol after 40"
    " blanks, three times each. Which of them learns it?",
    options=(
        "The LSTM every time, the RNN never.",
        "The LSTM never, the RNN once.",
        "Both every time, the LSTM sooner.",
        "Both fail every time.",
    ),
    answer=1,
    why="A forget gate at 0.5 halves the memory at every step: 0.5^40 is nothing. The RNN had luck with its weights.",
)

ask_freeze = Choice(
    key="02.freeze",
    text="The forget gate of the quote cell is open nearly everywhere. It shuts at each ”, and just after each “. You"
    " freeze it at 1. What happens to the probability of a closing mark at the end of the second quotation?",
    options=(
        "Next to nothing: the gate was near 1 almost everywhere anyway.",
        "It rises: the first quotation was never wiped out, so the network still thinks it is inside.",
        "It falls to less than a fifth of what it was.",
    ),
    answer=2,
    why="Just after the second “ the gate should wipe out “outside”. Frozen open it cannot, so there seems to be"
    " nothing to close.",
)
