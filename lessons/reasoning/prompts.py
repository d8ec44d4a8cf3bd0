"""The two ways to ask the small reasoner: for the answer at once, or for a chain of thought first (Wei et al. 2022).

    Q: … How many pens now? A: The answer is                      -> 23.
    Q: … How many pens now? A: Let's think step by step.          -> May: … June: … The answer is 23.

One model learned both; the beginning of the answer says which is wanted (the words are those of Kojima et al. 2022).
"""

from lessons.reasoning.problems import Problem

WAYS = {"direct": "The answer is", "chain": "Let's think step by step."}
"""Way -> how the answer begins."""


def prompt(problem: Problem, way: str) -> str:
    """What the model goes on from. way: "direct" or "chain". ValueError for another one."""
    if way not in WAYS:
        raise ValueError(f"There is no way {way!r} to ask: choose from {', '.join(WAYS)}.")
    return f"Q: {problem.question} A: {WAYS[way]}"


def response(problem: Problem, way: str) -> str:
    """What the model should go on with."""
    if way == "direct":
        return f"{problem.answer}."
    return f"{problem.chain} The answer is {problem.answer}."
