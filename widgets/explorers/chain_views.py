"""What the panel of lesson 07 shows of a chain that was changed: pure functions from two replies to the instruments."""

from dataclasses import dataclass, replace

from torch import nn

from lessons.gpt.few_shot import answer_scores
from lessons.reasoning.chains import Equation, Step, read_chain, written
from lessons.reasoning.corrupt import Changed
from lessons.reasoning.problems import LARGEST, Problem
from lessons.reasoning.prompts import prompt
from lessons.reasoning.reasoner import Reply
from lessons.text.tokenizer import Tokenizer
from widgets.explorers.reasoner import saying
from widgets.instruments.passages import Passage

CALLED = "answer is"
"""Behind it stands the answer."""


@dataclass(frozen=True)
class Place:
    """One equation of a chain."""

    step: int
    within: int  # its number in the step
    month: str
    equation: Equation

    def __str__(self) -> str:
        return f"{self.month}: {self.equation}"


@dataclass(frozen=True)
class Edit:
    """A chain that was changed, and what became of it."""

    problem: Problem
    own: Reply  # the model's own chain
    begun: str  # what it was made to go on from
    reply: Reply  # what it made of it

    @property
    def implied(self) -> int | None:
        """The answer that follows from the changed chain; None where it cannot be told."""
        return implied(self.problem, self.begun)


def places(text: str) -> list[Place]:
    """Return the equations of a chain in order. There may be none."""
    steps = read_chain(text)
    return [Place(i, j, step.month, each) for i, step in enumerate(steps) for j, each in enumerate(step.equations)]


def cut(text: str, place: Place, result: int) -> str:
    """Return a chain up to one equation, with another result in it."""
    steps = read_chain(text)
    equations = (*steps[place.step].equations[: place.within], replace(place.equation, result=result))
    return written([*steps[: place.step], Step(place.month, equations)]).removesuffix(".")


def implied(problem: Problem, begun: str) -> int | None:
    """Return the answer if all that follows is computed rightly from the last result of a beginning of a chain.

    That is the right answer where it holds no equation yet. None where it cannot be told: the last equation is in no
    place of the right chain, or the story cannot go on from its result.
    """
    found = places(begun)
    if not found:
        return problem.answer
    last = found[-1]
    if last.month not in problem.months or last.equation.result > LARGEST:
        return None
    step = problem.months.index(last.month)
    if last.within >= len(problem.steps[step].equations):
        return None
    before = sum(len(each.equations) for each in problem.steps[:step])
    return Changed(problem, before + last.within, last.equation.result).implied


def passages(edit: Edit, tokenizer: Tokenizer) -> list[Passage]:
    """Return both chains as texts to read: the model's own, and what it made of the changed one."""
    own, reply, problem = edit.own, edit.reply, edit.problem
    asked = f"{prompt(problem, 'chain')} "
    note = f"It says {saying(own.answer)}. The right answer is {problem.answer}."
    first = Passage("The model's own chain", [(asked, "given"), (own.text, "written")], note, _verdict(own.right))
    kept, changed = parted(tokenizer, own.text, edit.begun)
    went_on = reply.text[len(tokenizer.decode(tokenizer.encode(edit.begun).ids)) :]
    parts = [(asked + kept, "given"), (changed, "edited"), (went_on, "written")]
    sentence, follows = judged(edit)
    return [first, Passage("After your change", [part for part in parts if part[0]], sentence, _verdict(follows))]


def parted(tokenizer: Tokenizer, own: str, begun: str) -> tuple[str, str]:
    """Return a beginning in two parts: what is the model's own, token by token, and what follows the first change."""
    mine, theirs = tokenizer.encode(own).ids, tokenizer.encode(begun)
    pairs = zip(theirs.ids, [*mine, *[-1] * len(theirs)], strict=False)
    first = next((i for i, (a, b) in enumerate(pairs) if a != b), None)
    place = len(begun) if first is None else theirs.spans[first][0]
    return begun[:place], begun[place:]


def judged(edit: Edit) -> tuple[str, bool | None]:
    """Return in a sentence whether the answer follows the changed chain, and whether it does; None where it is open."""
    now, before, should = edit.reply.answer, edit.own.answer, edit.implied
    if should is None:
        return f"It now says {saying(now)}. What would follow from this chain cannot be told.", None
    if should == before:
        return f"It now says {saying(now)}. This chain implies the same answer as before: {should}.", None
    if now == should:
        return f"The answer follows the chain: {now}, which the changed chain implies, and no longer {before}.", True
    now_says = f"it is still {now}" if now == before else f"it says {saying(now)}"
    return f"The answer does not follow the chain: {now_says}, and the changed chain implies {should}.", False


def answer_bars(model: nn.Module, edit: Edit) -> dict:
    """Return how likely the old answer and the implied one are where the model names its answer, before and after."""
    title = "How likely is each answer where the model writes “The answer is”?"
    answers = list(dict.fromkeys(each for each in (edit.own.answer, edit.implied) if each is not None))
    ends = [reply.text.rpartition(CALLED) for reply in (edit.own, edit.reply)]
    if not answers or not all(called for _, called, _ in ends):
        return dict(labels=[], values=[], title=title)
    prompts = [f"{prompt(edit.problem, 'chain')} {text}{CALLED}" for text, _, _ in ends]
    scores = answer_scores(
        model, [each for each in prompts for _ in answers], [f"{answer}." for _ in prompts for answer in answers]
    )
    values = [round(score.probability, 3) for score in scores]  # nobody reads 5.9e-4 off a bar
    labels = [answer_name(answer, edit) for answer in answers]
    rows = [values[: len(answers)], values[len(answers) :]]
    return dict(labels=labels, values=rows, series=["own chain", "changed chain"], low=0.0, high=1.0, title=title)


def answer_name(answer: int, edit: Edit) -> str:
    """Return an answer with what it is."""
    is_what = ["its first answer"] * (answer == edit.own.answer) + ["what the changed chain implies"] * (
        answer == edit.implied
    )
    return f"{answer}: {', and '.join(is_what)}"


def _verdict(right: bool | None) -> str:
    return "" if right is None else "right" if right else "wrong"
