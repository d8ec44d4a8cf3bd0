"""Lesson 03: the questions that are asked before an instrument shows the answer.

Every answer is computed anew by tests/checks/test_answers_attention_heads.py.
"""

from lessons.checks.question import Choice, Estimate

ask_same_keys = Choice(
    key="03.same_keys",
    text="All keys of a small database are the same vector; the values differ. What does a query get?",
    options=(
        "The first value.",
        "The mean of all values, whatever the query is.",
        "The value that is most like the query.",
        "Nothing: all weights are 0.",
    ),
    answer=1,
    why="Equal keys have equal scores, and the softmax makes equal weights of them. A query sees the keys alone, never"
    " the values.",
)

ask_long_query = Choice(
    key="03.long_query",
    text="You make the query 100 times as long, in the same direction. What becomes of the result?",
    options=(
        "It becomes 100 times as large.",
        "It becomes the mean of all values.",
        "It becomes the value of the key that fits best, nearly alone.",
        "It stays the same: only the direction counts.",
    ),
    answer=2,
    why="Every score becomes 100 times as large, and so does every gap between them. The softmax then gives nearly all"
    " to the largest: the soft look-up has become a hard one.",
)

ask_spread = Estimate(
    key="03.spread",
    text="q and k have 256 numbers each, all drawn at random with mean 0 and standard deviation 1. What is the standard"
    " deviation of q · k?",
    answer=16,
    within=1.5,
    why="Each of the 256 products has a variance of 1, and variances add up: 256, whose root is 16. Dividing by"
    " the root of d_head makes it 1 again.",
)

ask_gradient = Choice(
    key="03.gradient",
    text="A random query meets twelve random keys of 512 numbers each, and you leave out the division by the root. In a"
    " typical case, how much is left of the gradient through the softmax?",
    options=("nearly all of it", "about a half", "about a tenth", "less than a hundredth"),
    answer=3,
    why="The scores are so far apart that one key gets about 0.95 of the attention, and with the root 0.29. Where a"
    " weight is near 1 and the others near 0, a small change of a score changes nothing.",
)

ask_mask = Estimate(
    key="03.mask",
    text="A text of 8 tokens has a pattern of 8 times 8 weights. How many of them may be above 0 under a causal mask?",
    answer=36,
    within=1.1,
    why="1 + 2 + … + 8 = 36: the first token sees itself alone, the last one sees all 8.",
)

ask_weights = Estimate(
    key="03.weights",
    text="d_model is 64. One layer has a single head of width 64; another has 8 heads of width 8. How many times"
    " as many parameters as the first has the second one? (1 means: as many.)",
    answer=1,
    within=1.1,
    why="The matrices are cut into 8 blocks, and no block is added. More heads of the same width together cost"
    " nothing: each has a pattern of its own, and fewer numbers to look with.",
)

ask_cost = Estimate(
    key="03.cost",
    text="Your text gets twice as long. How many times as many attention weights as before does each head compute?",
    answer=4,
    within=1.1,
    why="Twice as many queries, and each looks at twice as many keys. The cost grows with the square of the length.",
)

ask_sink = Choice(
    key="03.sink",
    text="SmolLM2 reads “The weather is lovely today, so we went to the park.” Dozens of its heads give nearly all of"
    " their weight to the first token, “The”. You put “My aunt says” in front. Where do these heads look now?",
    options=(
        "Still at the same word, “the”.",
        "At “My”, the new first token.",
        "At “aunt”, the first noun.",
        "At nothing in particular: they spread their weight.",
    ),
    answer=1,
    why="It was never about the word. A head that finds nothing must put its weight somewhere, and the first token is"
    " the only one that all others can see under a causal mask.",
)

ask_delete = Choice(
    key="03.delete",
    text="A model reads a row of random tokens twice. The second time it can copy, and its loss is lower. You delete a"
    " single head, the one with the highest induction score. What happens to the loss?",
    options=(
        "Nothing that you could see: other heads do the same.",
        "It rises on both copies alike.",
        "It rises on the second copy, and hardly changes on the first.",
        "It rises on the first copy, and hardly changes on the second.",
    ),
    answer=2,
    why="An induction head looks at what came after the same token last time, and in the first copy there is no last"
    " time. In SmolLM2, with 270 heads, the loss on the second copy about doubles when one of them is gone.",
)
