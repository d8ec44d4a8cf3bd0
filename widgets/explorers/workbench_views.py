"""What the prompt workbench of lesson 07 asks and shows: pure functions from questions to prompts, texts to views."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import nn

from lessons.gpt.few_shot import answer_scores
from lessons.reasoning.answers import answer_of
from lessons.reasoning.exemplars import CAFETERIA, STOP, Exemplar, chain_prompt, standard_prompt, step_by_step_prompt
from lessons.reasoning.prompts import WAYS
from lessons.reasoning.vocabulary import tokenizer
from lessons.text.word_problems import PROBLEMS, STORIES, steps
from widgets.explorers.reasoner import HEADINGS, saying
from widgets.instruments.passages import Passage

CALLED = "answer is"
"""Behind it stands the answer."""
Question = tuple[str, str, int]
"""What the list calls a question, the question, and its right answer."""
PLATES = "There are 4 plates on the table, and 1 cookie lies on each of them. How many cookies are there in all?"


def listed(problem: Exemplar) -> Question:
    """Return a problem for the list, named by its number of steps and its first words."""
    count = steps(problem)
    words = problem.question[:30].rsplit(" ", 1)[0]
    return f"{count} step{'s' * (count > 1)}: {words} …", problem.question, problem.answer


QUESTIONS = [
    ("the cafeteria", CAFETERIA.question, CAFETERIA.answer),
    ("the plates", PLATES, 4),
    *map(listed, PROBLEMS[: len(STORIES)]),
]
"""What the list offers for a model that reads any text: the slides' two problems, and one of each sort of ours."""
TOKENS = {"direct": 40, "chain": 160}
"""Of each answer at most."""
AFTER = {"direct": "right after the prompt", "chain": "after the chain it wrote"}


@dataclass(frozen=True)
class Draft:
    """An answer as far as it is written."""

    text: str
    ended: str  # as in `lessons.gpt.generate.Step`; "" while it is being written, or where it was stopped


def is_reasoner(model: nn.Module) -> bool:
    """Whether a model has the words of the small reasoner, so that it is asked in its own format."""
    return model.tokenizer == tokenizer()


def prompts(model: nn.Module, question: str, exemplars: Sequence[Exemplar]) -> dict[str, str]:
    """Return both prompts by way. The reasoner needs no exemplars. ValueError for an empty question."""
    if not question.strip():
        raise ValueError("The question is empty: write one, or choose one from the list.")
    if is_reasoner(model):
        return {way: f"Q: {question.strip()} A: {begins}" for way, begins in WAYS.items()}
    chain = chain_prompt(exemplars, question) if exemplars else step_by_step_prompt(question)
    return {"direct": standard_prompt(exemplars, question), "chain": chain}


def stops(model: nn.Module, exemplars: int) -> tuple[str, ...]:
    """Return where an answer ends. Those of the exemplars are one line each; the reasoner writes a sign of its own."""
    if is_reasoner(model):
        return ()
    return ("\n",) if exemplars else STOP


def right_answer(typed: str) -> int | None:
    """Return the right answer that was typed, None for none. ValueError where it is no whole number."""
    if not typed.strip():
        return None
    try:
        return int(typed)
    except ValueError:
        raise ValueError(
            f"The right answer must be a whole number such as 9, not “{typed.strip()[:20]}”. "
            "Leave the field empty if you do not know it."
        ) from None


def joined(prompt: str, text: str) -> str:
    """Return what stands between prompt and answer with the answer: a space, unless the answer brings its own."""
    return text if not text or text[0].isspace() else f" {text}"


def until_answer(prompt: str, text: str) -> str:
    """Return prompt and text up to the place of the answer. Where none is announced yet, it is announced here."""
    before, called, _ = text.rpartition(CALLED)
    if called:
        return prompt + joined(prompt, before + called)
    if not text and prompt.endswith(CALLED):
        return prompt
    return prompt + joined(prompt, text.rstrip()) + " The answer is"


def chance(model: nn.Module, prompt: str, text: str, right: int) -> float:
    """Return the probability of the right answer behind prompt and text, 0 to 1. ValueError where they are too long."""
    return answer_scores(model, [until_answer(prompt, text)], [f"{right}."])[0].probability


def passage(way: str, prompt: str, draft: Draft | None, right: int | None) -> Passage:
    """Return a prompt with its answer, and whether it is right."""
    parts = [(prompt, "given")]
    if draft is None:
        return Passage(HEADINGS[way], parts, "Not answered yet.")
    parts.append((joined(prompt, draft.text), "written"))
    note, verdict = judged(way, draft, right)
    return Passage(HEADINGS[way], parts, note, verdict)


def judged(way: str, draft: Draft, right: int | None) -> tuple[str, str]:
    """Return in a sentence what an answer says, and whether that is right; nothing while it is being written."""
    if not draft.ended:
        return "It is not at its end.", ""
    answer = answer_of(draft.text)
    note = f"It says {saying(answer)}."
    if draft.ended == "length":
        note += f" It came to no end in {TOKENS[way]} tokens."
    if draft.ended == "context":
        note += " There was no room for more."
    if right is None:
        return note, ""
    return f"{note} The right answer is {right}.", "right" if answer == right else "wrong"


def chance_bars(chances: Mapping[str, float], right: int | None) -> dict:
    """Return how likely the right answer is, where it has been measured."""
    title = "How likely is the right answer?" if right is None else f"How likely is the right answer, {right}?"
    labels = [AFTER[way] for way in chances]
    values = [round(value, 3) for value in chances.values()]  # nobody reads 5.9e-4 off a bar
    return dict(labels=labels, values=values, low=0.0, high=1.0, title=title)


def outcome(drafts: Mapping[str, Draft], right: int | None) -> str:
    """Return both answers in a sentence; nothing while one is missing."""
    if not all(way in drafts and drafts[way].ended for way in WAYS):
        return ""
    said = []
    for way in WAYS:
        answer = answer_of(drafts[way].text)
        verdict = "" if right is None else ", right" if answer == right else ", wrong"
        said.append(f"{'directly' if way == 'direct' else 'with a chain'} {saying(answer)}{verdict}")
    return f"The model says {'; '.join(said)}."
