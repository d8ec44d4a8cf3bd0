"""Word problems of several steps that a small model can be trained on, each as a story and as a chain of equations.

    Roger has 5 pens. In May he loses 2. In June he buys 5 boxes of 4. How many pens now?
    May: 5 - 2 = 3. June: 5 * 4 = 20, 3 + 20 = 23. The answer is 23.

The idea is that of the grade-school problems in Wei et al. (2022); the stories are generated, so that there is no end
of them and the number of steps is ours to choose. Every event has a month, and every line of a chain begins with the
month that it is about: so the model can find its sentence by what stands there, not by counting sentences.

The months of a story follow each other from any one on. So a longer story than those of the training needs no word that
was never seen: what may fail there is the length alone.

A tenth of the problems is held out, chosen by what happens in them, whoever it happens to: no held-out problem was ever
trained on under another name.
"""

import zlib
from dataclasses import dataclass
from functools import cached_property

import torch

from lessons.reasoning.chains import Equation, Step, written

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
PEOPLE = {
    **dict.fromkeys(("Roger", "Omar", "Felix", "Hugo", "Amir", "Jonas"), "he"),
    **dict.fromkeys(("Maria", "Aisha", "Nora", "Lena", "Ines", "Yuki"), "she"),
}
THINGS = ("pens", "apples", "balls", "books", "cards", "coins", "eggs", "shells", "stamps", "stones")
PHRASES = {
    "gain": ("finds {}", "gets {}", "wins {}"),
    "lose": ("loses {}", "sells {}", "gives away {}"),
    "gain boxes": ("finds {} boxes of {}", "buys {} boxes of {}", "wins {} boxes of {}"),
    "lose boxes": ("loses {} boxes of {}", "sells {} boxes of {}", "gives away {} boxes of {}"),
    "double": ("doubles them",),
    "halve": ("loses half", "sells half", "gives away half"),
}
"""What can happen in a month -> how it is told. Every {} is a number."""

LARGEST = 99  # what one owns is from 1 to 99: each number is one token
STARTS = range(2, 31)
LARGEST_STEP = 9
BOXES = range(2, 6)  # how many boxes, and how many things in a box
TRAINED_EVENTS, MOST_EVENTS = 6, 8  # of the training; and of the test beyond it
HELD_OUT = 10  # one problem in so many


@dataclass(frozen=True)
class Event:
    """One thing that happens. ValueError for an unknown kind, wrong numbers or wording."""

    kind: str  # a key of PHRASES
    numbers: tuple[int, ...] = ()  # the things; or the boxes, and the things in each; or none
    phrase: str = ""  # one of PHRASES[kind]; left out, the first of them

    def __post_init__(self) -> None:
        if self.kind not in PHRASES:
            raise ValueError(f"There is no event {self.kind!r}: choose from {', '.join(PHRASES)}.")
        if not self.phrase:
            object.__setattr__(self, "phrase", PHRASES[self.kind][0])
        if self.phrase not in PHRASES[self.kind]:
            raise ValueError(f"A {self.kind} cannot be told as {self.phrase!r}: {', '.join(PHRASES[self.kind])}.")
        allowed = BOXES if "boxes" in self.kind else range(1, LARGEST_STEP + 1)
        if len(self.numbers) != (count := self.phrase.count("{}")) or not all(n in allowed for n in self.numbers):
            asked = f"{count} from {allowed[0]} to {allowed[-1]}" if count else "none"
            raise ValueError(f"The numbers of a {self.kind} are {asked}, not {self.numbers}.")

    @property
    def text(self) -> str:
        """For people and for the model: "buys 5 boxes of 4"."""
        return self.phrase.format(*self.numbers)

    def equations(self, owned: int) -> tuple[Equation, ...]:
        """What it does to `owned` things, in one equation or, with boxes, in two."""
        if self.kind == "double":
            return (Equation(owned, "*", 2, owned * 2),)
        if self.kind == "halve":
            return (Equation(owned, "/", 2, owned // 2),)
        sign, step = ("+" if self.kind.startswith("gain") else "-"), self.numbers[0]
        boxed: tuple[Equation, ...] = ()
        if "boxes" in self.kind:
            boxes, each = self.numbers
            step = boxes * each
            boxed = (Equation(boxes, "*", each, step),)
        return (*boxed, Equation(owned, sign, step, owned + step if sign == "+" else owned - step))


@dataclass(frozen=True)
class Problem:
    """Somebody has some things, and something happens to them in one month after the other.

    ValueError for an unknown word, for no events or more than 8, and for a number of things that leaves 1 to 99 or
    cannot be halved.
    """

    person: str  # a key of PEOPLE
    thing: str  # one of THINGS
    start: int  # things at the beginning, 2 to 30
    first_month: int  # 0 to 11, the place in MONTHS of the first event; the others follow
    events: tuple[Event, ...]

    def __post_init__(self) -> None:
        if self.person not in PEOPLE or self.thing not in THINGS or self.first_month not in range(len(MONTHS)):
            raise ValueError(
                f"The stories know {', '.join(PEOPLE)}, and {', '.join(THINGS)}, and months from 0 to 11, "
                f"not {self.person!r}, {self.thing!r}, {self.first_month}."
            )
        if self.start not in STARTS:
            raise ValueError(f"A story begins with {STARTS[0]} to {STARTS[-1]} things, not {self.start}.")
        if not 1 <= len(self.events) <= MOST_EVENTS:
            raise ValueError(f"A story has 1 to {MOST_EVENTS} events, not {len(self.events)}.")
        owned = self.start
        for month, event in zip(self.months, self.events, strict=True):
            if event.kind == "halve" and owned % 2:
                raise ValueError(f"In {month} there are {owned} {self.thing}, which cannot be halved.")
            owned = event.equations(owned)[-1].result
            if not 1 <= owned <= LARGEST:
                raise ValueError(f"In {month} there are {owned} {self.thing}: it must stay from 1 to {LARGEST}.")

    @cached_property
    def months(self) -> tuple[str, ...]:
        """The month of every event."""
        return tuple(MONTHS[(self.first_month + i) % len(MONTHS)] for i in range(len(self.events)))

    @cached_property
    def question(self) -> str:
        """The story and the question."""
        told = [
            f"In {month} {PEOPLE[self.person]} {event.text}."
            for month, event in zip(self.months, self.events, strict=True)
        ]
        return " ".join([f"{self.person} has {self.start} {self.thing}.", *told, f"How many {self.thing} now?"])

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The right chain: one step for every event."""
        owned, steps = self.start, []
        for month, event in zip(self.months, self.events, strict=True):
            steps.append(Step(month, event.equations(owned)))
            owned = steps[-1].result
        return tuple(steps)

    @property
    def chain(self) -> str:
        """The right chain in words: "May: 5 - 2 = 3. June: 5 * 4 = 20, 3 + 20 = 23." """
        return written(self.steps)

    @property
    def answer(self) -> int:
        """How many things there are in the end, 1 to 99."""
        return self.steps[-1].result

    @property
    def held_out(self) -> bool:
        """Whether no training sees it, nor the same numbers and events with other people, things, words and months."""
        happens = f"{self.start} {[(event.kind, event.numbers) for event in self.events]}"
        return zlib.crc32(happens.encode()) % HELD_OUT == 0


def draw(events: int, generator: torch.Generator, held_out: bool) -> Problem:
    """A random problem with so many events, 1 to 8, from those that are held out or from the others. ValueError."""
    if not 1 <= events <= MOST_EVENTS:
        raise ValueError(f"A story has 1 to {MOST_EVENTS} events, not {events}.")
    while True:
        problem = _drawn(events, generator)
        if problem.held_out == held_out:
            return problem


def held_out_problems(events: int, count: int = 200, seed: int = 0) -> list[Problem]:
    """Different problems that no training sees, always the same for a seed. ValueError for a number out of range."""
    if count < 1:
        raise ValueError(f"There must be 1 or more problems, not {count}.")
    source = torch.Generator().manual_seed(1000 * events + seed)
    found: dict[str, Problem] = {}
    while len(found) < count:
        problem = draw(events, source, held_out=True)
        found[problem.question] = problem
    return list(found.values())


def _drawn(events: int, generator: torch.Generator) -> Problem:
    pick = lambda size: int(torch.randint(size, (), generator=generator))  # noqa: E731
    person, thing, month, start = pick(len(PEOPLE)), pick(len(THINGS)), pick(len(MONTHS)), STARTS[pick(len(STARTS))]
    owned, happened = start, []
    while len(happened) < events:
        kind = tuple(PHRASES)[pick(len(PHRASES))]
        phrase = PHRASES[kind][pick(len(PHRASES[kind]))]
        if "boxes" in kind:
            numbers = tuple(BOXES[pick(len(BOXES))] for _ in range(2))
        else:
            numbers = tuple(1 + pick(LARGEST_STEP) for _ in range(phrase.count("{}")))
        event = Event(kind, numbers, phrase)
        after = event.equations(owned)[-1].result
        if 1 <= after <= LARGEST and not (kind == "halve" and owned % 2):
            happened.append(event)
            owned = after
    return Problem(tuple(PEOPLE)[person], THINGS[thing], start, month, tuple(happened))
