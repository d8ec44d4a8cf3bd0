"""Lesson 07: the check of a chain-of-thought prompt. The others are in `chain_answer`, `chain_votes` and
`chain_interval`.

Figure 1 of Wei et al., "Chain-of-Thought Prompting Elicits Reasoning in Large Language Models" (2022). What differs
from `lessons.reasoning.exemplars`: the exemplars are handed over as triples.
"""

from torch import Generator

from lessons.checks.chain_answer import answer_of
from lessons.checks.chain_interval import bootstrap_interval
from lessons.checks.chain_votes import vote
from lessons.checks.check import Check, Misconception

__all__ = ["answer_of", "bootstrap_interval", "chain_prompt", "vote"]

Exemplar = tuple[str, str, int]
"""A question, its chain, and its answer."""


def _chain_prompt(exemplars: list[Exemplar], question: str) -> str:
    """Each exemplar with its chain and its answer, and an empty line behind it; then the question alone."""
    shots = "".join(f"Q: {asked}\nA: {chain} The answer is {answer}.\n\n" for asked, chain, answer in exemplars)
    return f"{shots}Q: {question}\nA:"


PENS = ("Nora has 8 pens. She loses 3. How many pens now?", "Nora begins with 8 pens. 8 - 3 = 5.", 5)
EGGS = ("Omar buys 2 boxes of 6 eggs and eats 1. How many eggs now?", "2 * 6 = 12 eggs. 12 - 1 = 11.", 11)
COINS = ("Yuki has 20 coins and gives away half. How many coins now?", "Half of 20 is 20 / 2 = 10.", 10)


def _prompt_cases(generator: Generator) -> list[tuple]:
    """Two exemplars, one, three, and none."""
    shells = "Lena has 9 shells. She finds 4. How many shells now?"
    return [([PENS, EGGS], shells), ([COINS], PENS[0]), ([EGGS, PENS, COINS], shells), ([], EGGS[0])]


def _prompt_mistake(
    name: str,
    says: str,
    shot=lambda asked, chain, answer: f"Q: {asked}\nA: {chain} The answer is {answer}.",
    end=lambda question: f"Q: {question}\nA:",
    order=lambda exemplars: exemplars,
    join="\n\n".join,
) -> Misconception:
    """A prompt with one of its parts replaced; the defaults are right."""

    def wrong(exemplars, question):
        return join([*(shot(*exemplar) for exemplar in order(exemplars)), end(question)])

    return Misconception(name, says, wrong)


chain_prompt = Check(
    title="A chain-of-thought prompt",
    reference=_chain_prompt,
    cases=_prompt_cases,
    misconceptions=[
        _prompt_mistake(
            "the answers without their chains",
            "Your exemplars give the answer at once: that is the standard prompt. What should the model see before a"
            " number?",
            shot=lambda asked, chain, answer: f"Q: {asked}\nA: The answer is {answer}.",
        ),
        _prompt_mistake(
            "the answer before the chain",
            "Your exemplars give the answer first and the steps behind it. When the model writes its number, what can"
            " it have worked out?",
            shot=lambda asked, chain, answer: f"Q: {asked}\nA: The answer is {answer}. {chain}",
        ),
        _prompt_mistake(
            "the chains without their answers",
            "Your exemplars end with the last step. What tells the model to say its answer, and in which words?",
            shot=lambda asked, chain, answer: f"Q: {asked}\nA: {chain}",
        ),
        _prompt_mistake(
            "the number alone behind the chain",
            "Your chain is followed by a bare number. In which words should the model give its answer, so that it can"
            " be found?",
            shot=lambda asked, chain, answer: f"Q: {asked}\nA: {chain} {answer}.",
        ),
        _prompt_mistake(
            "the chain with the question",
            "Your chains stand in the line Q:, before the answer is begun. Who is to write the chain of the last"
            " question?",
            shot=lambda asked, chain, answer: f"Q: {asked} {chain}\nA: The answer is {answer}.",
        ),
        _prompt_mistake(
            "the answer on a line of its own",
            "Your answer stands on a line of its own. The task has the chain and the answer in one line A:.",
            shot=lambda asked, chain, answer: f"Q: {asked}\nA: {chain}\nThe answer is {answer}.",
        ),
        _prompt_mistake(
            "forgot the full stop behind the answer",
            "Your answers have no full stop. How is the model to know that its number ends?",
            shot=lambda asked, chain, answer: f"Q: {asked}\nA: {chain} The answer is {answer}",
        ),
        _prompt_mistake(
            "gave the answer away",
            "Your prompt ends with “The answer is”, so that the model has to answer at once. What should come before?",
            end=lambda question: f"Q: {question}\nA: The answer is",
        ),
        _prompt_mistake(
            "no A: at the end",
            "Your prompt ends with the question. What tells the model that now the answer comes?",
            end=lambda question: f"Q: {question}",
        ),
        _prompt_mistake(
            "no A: at the end, but a new line",
            "Your prompt ends behind the question. What tells the model that now the answer comes?",
            end=lambda question: f"Q: {question}\n",
        ),
        _prompt_mistake(
            "a space behind the last A:",
            "Your prompt ends with a space, which in the exemplars belongs to the first token of a chain. What is left"
            " for the model to begin with?",
            end=lambda question: f"Q: {question}\nA: ",
        ),
        _prompt_mistake(
            "a new line at the end",
            "Your prompt ends with a new line. In the exemplars, what stands between A: and the chain?",
            end=lambda question: f"Q: {question}\nA:\n",
        ),
        _prompt_mistake(
            "asked for steps in words",
            "You add words that ask for steps. That is the zero-shot way, and it has no exemplars. What shows the steps"
            " here?",
            end=lambda question: f"Q: {question}\nA: Let's think step by step.",
        ),
        _prompt_mistake(
            "no empty line between the exemplars",
            "Your exemplars follow each other without an empty line. How is the model to see where one ends?",
            join="\n".join,
        ),
        _prompt_mistake(
            "question and answer on one line",
            "You write a question and its answer on one line. The task has a new line between them.",
            shot=lambda asked, chain, answer: f"Q: {asked} A: {chain} The answer is {answer}.",
            end=lambda question: f"Q: {question} A:",
        ),
        _prompt_mistake(
            "no Q: and A:",
            "Nothing in your prompt says what is a question and what is an answer. Where do Q: and A: go?",
            shot=lambda asked, chain, answer: f"{asked}\n{chain} The answer is {answer}.",
            end=lambda question: f"{question}\n",
        ),
        _prompt_mistake(
            "the exemplars in reverse",
            "Your last exemplar stands first. In which order were they given?",
            order=lambda exemplars: exemplars[::-1],
        ),
        _prompt_mistake(
            "only the first exemplar",
            "Your prompt has one exemplar at most. How many were given?",
            order=lambda exemplars: exemplars[:1],
        ),
        _prompt_mistake(
            "no exemplars at all",
            "Your prompt is the question alone, whatever is given. Where do the exemplars go?",
            order=lambda exemplars: [],
        ),
        _prompt_mistake(
            "a list of parts in place of one text",
            "You return the parts in a list. The model reads one text: what joins them?",
            join=list,
        ),
    ],
)
