"""Arithmetic word problems of ours, of one to three steps, each with a written chain of thought.

    PROBLEMS[0].question        # a short story that ends in a question
    PROBLEMS[0].chain           # its steps, an equation each
    PROBLEMS[0].answer          # 0 to 100
    EXEMPLARS                   # five to show, with chains, in the style of Wei et al. (2022)

Twelve stories are told eight times each, with other people, things and numbers. They are asked and never shown: the
exemplars tell other stories.
"""

import operator
from dataclasses import dataclass

import torch

from lessons.core.seed import generator
from lessons.reasoning.exemplars import ROGER, Exemplar

EXEMPLARS = (
    ROGER,
    Exemplar(
        question="A bakery made 40 rolls in the morning and sold 26 of them. In the afternoon it made 15 more. "
        "How many rolls does it have now?",
        chain="The bakery began with 40 rolls. It sold 26: 40 - 26 = 14. Then it made 15 more: 14 + 15 = 29.",
        answer=29,
    ),
    Exemplar(
        question="Mina reads 12 pages every day. How many pages does she read in 5 days?",
        chain="Mina reads 12 pages on each of 5 days. 12 * 5 = 60.",
        answer=60,
    ),
    Exemplar(
        question="A train has 3 cars with 20 seats each. 45 seats are taken. How many seats are free?",
        chain="3 cars with 20 seats each have 3 * 20 = 60 seats. 45 are taken: 60 - 45 = 15.",
        answer=15,
    ),
    Exemplar(
        question="Paul has 18 marbles, and his brother has 7 fewer. How many marbles do they have together?",
        chain="His brother has 7 fewer than 18: 18 - 7 = 11. Together they have 18 + 11 = 29.",
        answer=29,
    ),
)
"""Problems to show."""


@dataclass(frozen=True)
class Story:
    """A kind of problem: words with places for names and numbers, and how the numbers follow from each other."""

    things: tuple[str, ...]  # what it may be about
    draws: dict[str, tuple[int, int]]  # name of a number -> the smallest and the largest that is drawn
    steps: tuple[str, ...]  # "x = a + b": a number from two known ones; the last is the answer
    question: str
    chain: str  # an equation for each step


STORIES = (
    Story(
        ("stickers", "coins", "shells"),
        {"a": (11, 48), "b": (5, 39)},
        ("x = a + b",),
        "{name} has {a} {things} and finds {b} more. How many {things} does {name} have now?",
        "{name} had {a} {things} and found {b}. {a} + {b} = {x}.",
    ),
    Story(
        ("eggs", "candles", "oranges"),
        {"a": (30, 95), "b": (6, 58)},
        ("x = a - b",),
        "A shop has {a} {things}. {b} of them are sold. How many {things} are left?",
        "The shop had {a} {things} and sold {b}. {a} - {b} = {x}.",
    ),
    Story(
        ("pencils", "cookies", "tulips"),
        {"a": (3, 9), "b": (4, 11)},
        ("x = a * b",),
        "{name} buys {a} boxes of {things}. There are {b} {things} in each box. How many {things} does {name} buy?",
        "There are {a} boxes of {b} {things}. {a} * {b} = {x}.",
    ),
    Story(
        ("cards", "nuts", "stamps"),
        {"a": (12, 90), "b": (3, 9)},
        ("x = a / b",),
        "{name} shares {a} {things} equally among {b} friends. How many {things} does each friend get?",
        "There are {a} {things} for {b} friends. {a} / {b} = {x}.",
    ),
    Story(
        ("passengers", "children", "tourists"),
        {"a": (18, 60), "b": (4, 17), "c": (3, 24)},
        ("x = a - b", "y = x + c"),
        "There are {a} {things} on a bus. At the next stop {b} get off and {c} get on. How many {things} are on the "
        "bus now?",
        "The bus had {a} {things}. {b} got off: {a} - {b} = {x}. {c} got on: {x} + {c} = {y}.",
    ),
    Story(
        ("chairs", "plants", "books"),
        {"a": (3, 9), "b": (4, 9), "c": (3, 18)},
        ("x = a * b", "y = x + c"),
        "A room has {a} rows of {b} {things}, and {c} more {things} stand by the door. How many {things} are in the "
        "room?",
        "{a} rows of {b} {things} are {a} * {b} = {x}. With {c} more there are {x} + {c} = {y}.",
    ),
    Story(
        ("apples", "muffins", "lemons"),
        {"a": (3, 9), "b": (4, 10), "c": (5, 28)},
        ("x = a * b", "y = x - c"),
        "{name} picks {a} bags of {b} {things} and gives away {c} of the {things}. How many {things} does {name} keep?",
        "{a} bags of {b} {things} are {a} * {b} = {x}. {name} gave away {c}: {x} - {c} = {y}.",
    ),
    Story(
        ("dollars", "euros", "pounds"),
        {"a": (40, 100), "b": (2, 6), "c": (3, 12)},
        ("x = b * c", "y = a - x"),
        "{name} has {a} {things} and buys {b} tickets for {c} {things} each. How many {things} does {name} have left?",
        "{b} tickets for {c} {things} each cost {b} * {c} = {x}. {a} - {x} = {y}.",
    ),
    Story(
        ("trees", "roses", "bushes"),
        {"a": (10, 40), "b": (5, 20), "c": (2, 14), "d": (3, 19)},
        ("x = a + b", "y = x - c", "z = y + d"),
        "A park has {a} {things}. In spring {b} are planted, in summer {c} die, and in autumn {d} are planted. How "
        "many {things} are there now?",
        "The park had {a} {things}. {a} + {b} = {x}. {c} died: {x} - {c} = {y}. Then {y} + {d} = {z}.",
    ),
    Story(
        ("bottles", "jars", "cans"),
        {"a": (2, 8), "b": (4, 8), "c": (4, 20), "d": (2, 15)},
        ("x = a * b", "y = x - c", "z = y + d"),
        "A truck brings {a} crates of {b} {things}. {c} of the {things} break, and {d} others are found in the cellar. "
        "How many whole {things} are there?",
        "{a} crates of {b} {things} are {a} * {b} = {x}. {c} broke: {x} - {c} = {y}. With {d} others: {y} + {d} = {z}.",
    ),
    Story(
        ("beads", "balloons", "ribbons"),
        {"a": (2, 8), "b": (3, 9), "c": (2, 6), "d": (3, 9)},
        ("x = a * b", "y = c * d", "z = x + y"),
        "{name} has {a} packs of {b} red {things} and {c} packs of {d} blue {things}. How many {things} does {name} "
        "have together?",
        "The red {things} are {a} * {b} = {x}. The blue {things} are {c} * {d} = {y}. {x} + {y} = {z}.",
    ),
    Story(
        ("plums", "walnuts", "chestnuts"),
        {"a": (12, 50), "b": (6, 40), "c": (2, 16), "d": (2, 6)},
        ("x = a + b", "y = x - c", "z = y / d"),
        "{name} gathers {a} {things} on Monday and {b} on Tuesday, and eats {c} of them. The rest goes into {d} bowls, "
        "the same number into each. How many {things} are in a bowl?",
        "{a} + {b} = {x}. {name} ate {c}: {x} - {c} = {y}. In {d} bowls there are {y} / {d} = {z} each.",
    ),
)

NAMES = ("Ada", "Ben", "Clara", "David", "Emma", "Farid", "Greta", "Hassan", "Ida", "Jakob", "Kemal", "Lucia")
EACH = 8  # how often a story is told
LARGEST = 100
OPERATIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.floordiv}


def solved(story: Story, numbers: dict[str, int]) -> dict[str, int] | None:
    """The numbers with those that follow; None where one is not whole, below 1 or too large, or steps repeat one."""
    known = dict(numbers)
    for step in story.steps:
        result, _, left, sign, right = step.split()
        if sign == "/" and known[left] % known[right]:
            return None
        known[result] = OPERATIONS[sign](known[left], known[right])
    values = list(known.values())
    return known if len(set(values)) == len(values) and 1 <= min(values) <= max(values) <= LARGEST else None


def problem(story: Story, draws: torch.Generator) -> Exemplar:
    """The story with names and numbers that are drawn until it works out."""
    draw = lambda low, high: int(torch.randint(low, high + 1, (), generator=draws))  # noqa: E731
    known = None
    while known is None:
        known = solved(story, {name: draw(low, high) for name, (low, high) in story.draws.items()})
    words = {"name": NAMES[draw(0, len(NAMES) - 1)], "things": story.things[draw(0, len(story.things) - 1)]}
    question, chain = (text.format(**words, **known) for text in (story.question, story.chain))
    return Exemplar(question, chain, known[story.steps[-1][0]])


def problems(each: int, seed: int = 0) -> tuple[Exemplar, ...]:
    """Every story so many times, in turn: the first twelve are of different kinds. The same seed, the same problems."""
    draws = generator(seed)
    return tuple(problem(story, draws) for _ in range(each) for story in STORIES)


def steps(problem: Exemplar) -> int:
    """How many equations its chain has."""
    return problem.chain.count("=")


PROBLEMS = problems(EACH)
"""Problems to ask."""
