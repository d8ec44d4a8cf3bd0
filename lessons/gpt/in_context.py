"""Tasks that a model can only learn while it reads: pairs `x>y` that follow a rule, and the rule is new in every text.

    exercise = draw_exercise("cipher", generator(0))
    exercise.text           # "cab>xqe;bbd>qqt;…", nine pairs of one rule
    known("cipher", exercise.pairs)     # (False, False, True, …): which answers an ideal observer knows

The weights cannot hold the rule, for nobody met it before: whatever a model gets right, it has from the pairs in front
of it. That is few-shot learning as Brown et al. (2020, GPT-3) show it, small enough to be trained at home; Garg et al.
(2022, "What Can Transformers Learn In-Context?") do the same with functions of numbers. A tenth of all rules, chosen by
a hash, is kept from training.

Three families of rules, for words of three small letters:

    cipher   each of six letters stands for a letter, maybe itself: the answer can be looked up in earlier pairs
    affix    a string of one or two letters is put before the word or after it: the word is copied
    pick     every letter of the answer is one of the three of the word, as it is or as a capital: 216 rules
"""

import hashlib
import itertools
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch

from lessons.core.seed import generator

SMALL, CAPITAL = string.ascii_lowercase, string.ascii_uppercase
ARROW, END = ">", ";"
SYMBOLS = END + ARROW + SMALL + CAPITAL
LETTERS = 3  # of a word
CIPHERED = 6  # letters that a cipher knows
LONGEST_AFFIX = 2
PICKS = "012ABC"  # the letter of that number, as it is or as a capital
PAIRS = 9  # of a text: up to eight examples and a question
PAIRS_OF_LETTERS = 30
ONE_IN = 10  # rules is kept from training


@dataclass(frozen=True)
class Rule:
    """What turns a word into its answer. Two rules with one key do the same."""

    family: str
    key: str  # cipher: the letters and what replaces them; affix: "+ab" or "ab+"; pick: three of "012ABC"
    letters: str  # that a word may have

    def answer(self, word: str) -> str:
        """The answer to a word of three of the letters."""
        if self.family == "cipher":
            return word.translate(str.maketrans(*self.key.split(ARROW)))
        if self.family == "affix":
            return self.key.replace("+", word) if self.key.endswith("+") else word + self.key[1:]
        return "".join(word[int(pick)] if pick.isdigit() else word["ABC".index(pick)].upper() for pick in self.key)

    @property
    def held_out(self) -> bool:
        """Whether the rule is kept from training."""
        digest = hashlib.sha256(f"{self.family} {self.key}".encode()).digest()
        return int.from_bytes(digest[:4], "big") % ONE_IN == 0


def _cipher(source: torch.Generator) -> Rule:
    letters = "".join(sorted(_different(CIPHERED, source)))  # sorted, so that one cipher has one key
    return Rule("cipher", letters + ARROW + _different(CIPHERED, source), letters)


def _affix(source: torch.Generator) -> Rule:
    string_ = _drawn(SMALL, 1 + _number(LONGEST_AFFIX, source), source)
    return Rule("affix", f"{string_}+" if _number(2, source) else f"+{string_}", SMALL)


def _pick(source: torch.Generator) -> Rule:
    return Rule("pick", _drawn(PICKS, LETTERS, source), SMALL)


FAMILIES: dict[str, Callable[[torch.Generator], Rule]] = {"cipher": _cipher, "affix": _affix, "pick": _pick}
"""Name -> what draws a rule of the family."""


def draw_rule(family: str, source: torch.Generator, held_out: bool = True) -> Rule:
    """A rule of those that are kept from training, or else of the others. ValueError for an unknown family."""
    if family not in FAMILIES:
        raise ValueError(f"There is no family {family!r} of rules: choose from {', '.join(FAMILIES)}.")
    while (rule := FAMILIES[family](source)).held_out != held_out:
        pass
    return rule


@dataclass(frozen=True)
class Exercise:
    """Pairs that follow one rule, in the order in which they are read."""

    pairs: tuple[tuple[str, str], ...]  # word and answer
    arrow: str = ARROW  # between the two
    end: str = END  # of a pair

    @cached_property
    def text(self) -> str:
        """All pairs as the model reads them: "cab>xqe;bbd>qqt;"."""
        return "".join(word + self.arrow + answer + self.end for word, answer in self.pairs)

    @cached_property
    def answers(self) -> tuple[slice, ...]:
        """Where in the text each answer stands, with the sign that ends it."""
        places, start = [], 0
        for word, answer in self.pairs:
            start += len(word + self.arrow)
            places.append(slice(start, start + len(answer + self.end)))
            start = places[-1].stop
        return tuple(places)


def draw_exercise(family: str, source: torch.Generator, held_out: bool = True, pairs: int = PAIRS) -> Exercise:
    """So many pairs of one rule, see `draw_rule`. Every word is drawn anew, so a word may come twice."""
    rule = draw_rule(family, source, held_out)
    words = [_drawn(rule.letters, LETTERS, source) for _ in range(pairs)]
    return Exercise(tuple((word, rule.answer(word)) for word in words))


def draw_letters(source: torch.Generator, held_out: bool = True, pairs: int = PAIRS_OF_LETTERS) -> Exercise:
    """A cipher letter by letter, each with its answer beside it: "cxaqbecx…", as induction heads like it.

    It is there for the training. With ciphers of words alone no head for looking up grew in 1500 steps, for it is of no
    use before others have grown (`in_context_heads`); with these texts among them it took 700.
    """
    rule = draw_rule("cipher", source, held_out)
    letters = _drawn(rule.letters, pairs, source)
    return Exercise(tuple((letter, rule.answer(letter)) for letter in letters), arrow="", end="")


def draw_exercises(family: str, count: int, seed: int = 0) -> list[Exercise]:
    """Exercises of so many rules that are kept from training, a new one for each. The same seed gives the same."""
    source = generator(seed)
    return [draw_exercise(family, source) for _ in range(count)]


def known(family: str, pairs: Sequence[tuple[str, str]]) -> tuple[bool, ...]:
    """For every pair, whether the pairs before it leave only one answer: what an ideal observer answers right.

    It knows the family and forgets nothing. Where several answers are left it can only guess, which is not counted
    here: with a cipher such a guess is right once in twenty times or less.
    """
    out, letters, fitting = [], set(), None
    for word, answer in pairs:
        if family == "cipher":
            out.append(set(word) <= letters)
            letters |= set(word)
        else:
            out.append(fitting is not None and len({rule.answer(word) for rule in fitting}) == 1)
            fitting = [rule for rule in fitting or _candidates(family, word, answer) if rule.answer(word) == answer]
    return tuple(out)


def _candidates(family: str, word: str, answer: str) -> list[Rule]:
    """The rules of the family that can have given the first answer, and for picks the others, too."""
    if family == "pick":
        return [Rule("pick", "".join(picks), SMALL) for picks in itertools.product(PICKS, repeat=LETTERS)]
    return [Rule("affix", key, SMALL) for key in (f"{answer[: -len(word)]}+", f"+{answer[len(word) :]}")]


def _number(below: int, source: torch.Generator) -> int:
    return int(torch.randint(below, (), generator=source))


def _drawn(letters: str, count: int, source: torch.Generator) -> str:
    return "".join(letters[i] for i in torch.randint(len(letters), (count,), generator=source).tolist())


def _different(count: int, source: torch.Generator) -> str:
    return "".join(SMALL[i] for i in torch.randperm(len(SMALL), generator=source)[:count].tolist())
