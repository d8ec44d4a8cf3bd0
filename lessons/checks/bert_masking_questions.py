"""Lesson 05: the questions that are asked before an instrument shows the answer.

Every answer is computed anew by tests/checks/test_answers_bert_masking.py.
"""

from lessons.checks.question import Choice, Estimate

ask_unknown = Choice(
    key="05.unknown",
    text="A vocabulary holds un, unf and ##fit, and nothing else that fits. WordPiece takes the longest piece first."
    " What becomes of the word unfit?",
    options=("un ##fit", "unf [UNK]", "[UNK]", "u n f i t"),
    answer=2,
    why="unf is the longest piece that fits. After it nothing fits, WordPiece never goes back, and the whole word is"
    " one [UNK]. BERT's vocabulary holds the single letters as well, so that this is rare in English.",
)

ask_unchanged = Estimate(
    key="05.unchanged",
    text="A text of 200 tokens is masked with a rate of 15 %, and of the chosen 80 % become [MASK], 10 % a random token"
    " and 10 % stay. On average, how many tokens have a label and look as they did before?",
    answer=3,
    within=1.3,
    unit="tokens",
    why="15 % of 200 are 30 chosen tokens, and 10 % of these 30 stay. The 10 % are a share of the chosen, not of all.",
)

ask_start = Estimate(
    key="05.start",
    text="A masked model with a vocabulary of 30,522 has small random weights and knows nothing. How large is its loss"
    " at the first step, in nats?",
    answer=10.3,
    within=1.1,
    unit="nats",
    why="Knowing nothing is to give each word the same probability, 1/30,522. Its surprise is ln 30,522 = 10.3. A first"
    " loss far above it means that something is wrong.",
)

ask_signal = Estimate(
    key="05.signal",
    text="GPT predicts every token of a text, a masked model only the 15 % that were chosen. How many times as much"
    " text must the masked model read to be asked as often?",
    answer=6.67,
    within=1.2,
    unit="times",
    why="1 / 0.15 = 6.67. That is what it pays for seeing both sides of a blank. A higher rate asks more often, and"
    " leaves less to guess from.",
)

ask_blanks = Choice(
    key="05.blanks",
    text="A model knows four cities for “I went to [MASK] [MASK] today.”: San Francisco with a probability of 0.36, New"
    " York 0.30, New Orleans 0.24, Los Angeles 0.10. It gives to each blank the word that is the most likely there, as"
    " BERT does. What does it write?",
    options=("San Francisco", "New York", "New Francisco", "Los Angeles"),
    answer=2,
    why="New begins two of the cities, 0.30 + 0.24 = 0.54, and Francisco ends the most likely one, 0.36. Each word is"
    " the best for its blank, and the two never met: BERT answers for each blank by itself.",
)

ask_gain = Choice(
    key="05.gain",
    text="Two classifiers learn from the same 32 labelled sentences. One begins at random, the other was pre-trained on"
    " reviews without labels. No judging word of the test was ever labelled. How often is each of them right? Guessing"
    " is right in half of the cases.",
    options=(
        "Both about as often as guessing: the words of the test are new.",
        "From scratch 0.7, pre-trained 0.8.",
        "From scratch as often as guessing, pre-trained above 0.9.",
        "Both above 0.9: 32 labels are enough.",
    ),
    answer=2,
    why="A word that was never met has a random vector, and no label changes it. In the pre-training all of these words"
    " were met, and those that keep the same company have similar vectors: what a label teaches of one holds for its"
    " neighbours.",
)

ask_wide = Choice(
    key="05.wide",
    text="ALBERT xxlarge shares one layer among all of its twelve, and has 235 million parameters. BERT large has 334"
    " million. How fast does ALBERT xxlarge train, compared with BERT large?",
    options=("About three times as fast.", "A little faster.", "About as fast.", "At about a third of the speed."),
    answer=3,
    why="Weights that are shared are stored once and multiplied twelve times. The layer is four times as wide as one of"
    " BERT large, so it costs much more: 0.3 of the speed, by the paper.",
)
