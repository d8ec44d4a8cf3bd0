"""Lesson 04: the questions that are asked before an instrument shows the answer.

Every answer is computed anew by tests/checks/test_answers_positional_encodings.py.
"""

from lessons.checks.question import Choice, Estimate

ask_shuffle = Choice(
    key="04.shuffle",
    text="Self-attention without a mask and without positions reads “the dog bites the man”, and then “the man bites"
    " the dog”. Compare the output vector of “dog” in both.",
    options=(
        "They are exactly the same vector.",
        "They are a little different: the neighbours of “dog” have changed.",
        "They are quite different: the dog has become the one who is bitten.",
    ),
    answer=0,
    why="A query meets the same keys and values, and a sum does not care about the order of its terms. To attention"
    " alone, a text is a bag of words.",
)

ask_wave = Estimate(
    key="04.wave",
    text="Sinusoidal positions with d_model = 64 and the base 10000: 32 waves. After how many positions does the"
    " slowest of them begin again?",
    answer=47117,
    within=3.0,
    unit="positions",
    why="2 π · 10000^(62/64) = 47117. The first wave begins again after 6.28 positions. Together they tell all"
    " positions of a long text apart, as the hands of a clock do.",
)

ask_dot = Choice(
    key="04.dot",
    text="You take the dot product of two sinusoidal vectors, those of positions 3 and 10. With which other pair does"
    " it come out the same?",
    options=("6 and 20", "103 and 110", "30 and 100", "None: each pair has a value of its own."),
    answer=1,
    why="sin a sin b + cos a cos b = cos(a - b): what is left of each wave depends on the distance alone, here 7.",
)

ask_table = Estimate(
    key="04.table",
    text="MiniLM has learned a vector of 384 numbers for each of its 512 positions. How many weights are these?",
    answer=196608,
    within=1.5,
    unit="weights",
    why="512 · 384 = 196608, and for a 513th position there is none. Sinusoidal, rotary and ALiBi positions"
    " learn nothing.",
)

ask_far = Choice(
    key="04.far",
    text="Rotary positions. A query at position 5 and a key at position 3 have a certain score. Now the same two"
    " vectors stand at 105 and 103. What about the score?",
    options=("It is smaller.", "It is larger.", "It is the same.", "It has the other sign."),
    answer=2,
    why="Both arrows of a pair are turned by 100 positions more, and the angle between them stays. A score knows the"
    " distance, 2, and not the place.",
)

ask_slope = Estimate(
    key="04.slope",
    text="A head of ALiBi has the slope 1/2. Two keys fit a query equally well, and one of them is 10 tokens further"
    " away. How many times less attention does it get?",
    answer=148,
    within=2.0,
    unit="times",
    why="Its score is lower by 10 · 1/2 = 5, and e^5 = 148. A head with the slope 1/256 hardly notices: e^0.04 = 1.04.",
)

ask_length = Choice(
    key="04.length",
    text="Four small models learn to predict the next character, in windows of 64 characters: one with sinusoidal, one"
    " with relative, one with rotary positions and one with ALiBi. Then they read 256 characters. Which of them keep"
    " their loss?",
    options=(
        "All four: none of them has a table that ends.",
        "Relative, rotary and ALiBi: all that know distances in place of positions.",
        "Relative and ALiBi.",
        "Only the sinusoidal one: its waves go on for ever.",
    ),
    answer=2,
    why="Relative and ALiBi even win a little, and the loss of the other two more than doubles. That a formula"
    " goes on for ever does not mean that a model can read what it gives there.",
)
