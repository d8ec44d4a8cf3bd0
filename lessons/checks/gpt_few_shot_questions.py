"""Lesson 06: the questions that are asked before an instrument shows the answer.

Every answer is computed anew by tests/checks/test_answers_gpt_few_shot.py.
"""

from lessons.checks.question import Choice, Estimate

ask_merges = Choice(
    key="06.merges",
    text="The merges are, in the order in which they were learned: e + r, l + o, w + er, lo + w. What becomes of the"
    " word lower?",
    options=("low er", "lo wer", "lower", "l ow er"),
    answer=1,
    why="w + er comes before lo + w and takes the w away. Then no lo stands beside a w. The pieces low and er would be"
    " longer at the beginning, and nobody asks for that.",
)

ask_parameters = Estimate(
    key="06.parameters",
    text="The smallest GPT-2 has 12 layers of width 768, a vocabulary of 50,257 tokens and a context of 1024. How many"
    " million parameters does it have?",
    answer=124,
    within=1.3,
    unit="million",
    why="12 · 12 · 768² are 85 million in the blocks, and 50,257 · 768 are 39 million in the table of tokens. Positions"
    " add less than one.",
)

ask_temperature = Choice(
    key="06.temperature",
    text="A model knows two tokens, and gives them the probabilities 0.8 and 0.2. You divide its logits by a"
    " temperature of 0.5. Which probabilities do they have now?",
    options=("0.65 and 0.35", "0.8 and 0.2", "0.94 and 0.06", "1 and 0"),
    answer=2,
    why="Logits that are doubled square the probabilities, 0.64 and 0.04, which are then divided by their sum. The"
    " closer the temperature comes to 0, the more the first one takes: in the end all. That is greedy decoding.",
)

ask_top_p = Choice(
    key="06.top_p",
    text="Seven tokens have the probabilities 0.40, 0.25, 0.15, 0.08, 0.06, 0.04 and 0.02. How many of them does top-p"
    " keep, with p = 0.9?",
    options=("1", "4", "5", "6"),
    answer=2,
    why="Four tokens reach 0.88, which is not enough. The fifth crosses 0.9 and stays. p is what they reach together,"
    " not what one of them has.",
)

ask_cache = Estimate(
    key="06.cache",
    text="A model writes 1000 tokens behind a prompt of one token. Without a cache it reads the whole text anew for"
    " each of them, with a cache only the newest token. How many times as many tokens go through the model without it?",
    answer=500,
    within=1.3,
    unit="times",
    why="Without a cache 1 + 2 + … + 1000 = 500,500 tokens go through, with it 1000. The longer the text, the larger"
    " the factor: half of its length.",
)

ask_cipher = Choice(
    key="06.cipher",
    text="Each of six letters stands for a letter, by a rule that is drawn anew for every prompt. A question is a word"
    " of three of the six. At best, how often can it be answered with no example, with one, and with eight?",
    options=(
        "Never, each time: no weight changes while the prompt is read.",
        "Never, in 9 of 100, in 97 of 100.",
        "In 9 of 100, in 50 of 100, in all.",
        "Never, in all, in all: one example shows the rule.",
    ),
    answer=1,
    why="A letter can be known only if it stood in an example. One word shows three letters at most, so a new word of"
    " three letters is seldom among them. Eight words show nearly all six.",
)

ask_shots = Choice(
    key="06.shots",
    text="SmolLM2 reads the labels Singular: and Plural: and one word, and writes the right plural for 11 of 100 words."
    " For how many, with one solved example in front of it, and with eight?",
    options=(
        "11 and 11: no weight has changed.",
        "About 20 and 90: one example is hardly anything.",
        "About 50 and 55: more examples do not help.",
        "About 80 and 90.",
    ),
    answer=3,
    why="The model knew the plurals. What it did not know is that nothing but the plural is wanted, and one example"
    " shows that. The other seven bring little.",
)
