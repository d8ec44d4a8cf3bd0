"""Lesson 01: the questions that are asked before an instrument shows the answer.

Every answer is computed anew by tests/checks/test_answers_rnn_gradients.py.
"""

from lessons.checks.question import Choice, Estimate

ask_decay = Estimate(
    key="01.decay",
    text="Each step multiplies the gradient by 0.9. What is left of a gradient of 1 after 100 steps?",
    answer=0.0000266,
    within=10.0,
    why="0.9^100 = 0.0000266. A factor just below 1 is enough: almost nothing from 100 steps ago is learned.",
)

ask_growth = Estimate(
    key="01.growth",
    text="Each step multiplies the gradient by 1.1. What becomes of a gradient of 1 after 100 steps?",
    answer=13781,
    within=10.0,
    why="1.1^100 = 13781. The two factors look alike, and the results are 500 million times apart.",
)

ask_lag = Estimate(
    key="01.lag",
    text="Each step multiplies the gradient by 0.9. After how many steps is less than a hundredth of it left?",
    answer=44,
    within=1.5,
    unit="steps",
    why="0.9^43 is still 0.0108, and 0.9^44 is 0.0097. A word 44 words ago has a hundredth of the say.",
)

ask_saturation = Choice(
    key="01.saturation",
    text="h_t = tanh(1.1 h_{t-1}) starts at h_0 = 0.5. What does the tanh do to the gradient after 100 steps?",
    options=("It explodes, as 1.1^100 says.", "It stays near 1.", "It vanishes."),
    answer=2,
    why="The state settles near 0.5, where the slope of tanh is about 0.75: each step multiplies by 0.82, not by 1.1.",
)

ask_radius = Choice(
    key="01.radius",
    text="Two linear RNNs have symmetric matrices A_h, with spectral radius 0.5 and 1.0. The largest"
    " gradient over 50 steps: how do they compare?",
    options=(
        "The first is half as large.",
        "The first is about 50 times smaller.",
        "The first is more than a million times smaller.",
    ),
    answer=2,
    why="The ratio is 0.5^50, about 10^-15: the spectral radius acts once per step.",
)

ask_clipping = Choice(
    key="01.clipping",
    text="A gradient has the norm 50 and is clipped by norm to tau = 5. What changes?",
    options=("Its length only.", "Its direction only.", "Its length and its direction."),
    answer=0,
    why="All entries are multiplied by the same number, 0.1. Clipping each value by itself would turn the direction.",
)

ask_truncation = Choice(
    key="01.truncation",
    text="The gradient is cut every 10 steps, and the state is carried on. The loss at step 25 depends on"
    " the input at step 5. What gradient does that input receive?",
    options=("The same as without cuts.", "A smaller one.", "None at all: exactly zero."),
    answer=2,
    why="A cut lies between them. The forward pass still knows the input, but learning cannot see that it mattered.",
)
