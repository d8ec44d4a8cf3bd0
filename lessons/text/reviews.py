"""Short reviews that our code writes: what somebody judges, the judging word, and what people did then.

    The soup was delicious , so we ordered it again .
    Our friends found the hotel noisy .      They complained to the owner .

Nobody marks which words are kind and which are not. But what follows agrees with the word, and so does a second word
behind "and": the company that a word keeps tells its class (Hatzivassiloglou and McKeown 1997 read it off "and" and
"but"). This is what a masked model can learn from text without labels.

The task that is labelled is to say whether a sentence is kind or unkind. It is made so that labels alone cannot solve
it: its sentences have one judging word each and nothing behind it, and the words of the test are never labelled. A
network that begins with random weights has not met them; it cannot do better than to guess. One that was pre-trained
has met them in unlabelled text, all of them, the sentences of the test perhaps among it, but no label. For comparison
there is a second test with words that were labelled. What is left out: "not", irony, and people who change their mind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch

from lessons.text.tokenizer import Tokenizer
from lessons.text.wordpiece import SIGNS, tokenizer_of, words

UNKIND, KIND = 0, 1
"""The two classes of the task."""


@dataclass(frozen=True)
class Topic:
    """What people judge, and how. `kind`, `unkind` and what follows them belong together."""

    things: tuple[str, ...]
    places: tuple[str, ...]
    words: tuple[tuple[str, ...], tuple[str, ...]]  # of this topic alone: unkind, kind
    then: tuple[tuple[str, ...], tuple[str, ...]]  # what people did: after an unkind word, after a kind one
    facts: tuple[str, ...]  # of a thing, without a judgement


def _cut(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(","))


WORDS = (
    _cut("bad, awful, terrible, horrible, poor, dreadful, nasty, disappointing"),
    _cut("good, great, wonderful, lovely, excellent, superb, nice, perfect"),
)
"""Words for everything: unkind, kind. In every list the first, third, … may be labelled, the rest is for the test."""

TOPICS = (
    Topic(
        things=_cut("soup, cake, salad, fish, pizza, stew, pie, steak"),
        places=_cut("at the market, in the new restaurant, at the station, in the little cafe"),
        words=(
            _cut("stale, bland, burnt, soggy"),
            _cut("delicious, tasty, fresh, juicy"),
        ),
        then=(
            _cut("sent it back, gave it to the dog, threw it away, stayed hungry"),
            _cut("ordered it again, asked for more, ate everything, wanted the recipe"),
        ),
        facts=_cut("came on a white plate, was made with milk, was for two people, came after ten minutes"),
    ),
    Topic(
        things=_cut("film, play, show, concert, story, comedy, opera, musical"),
        places=_cut("on television, in the old theatre, at the cinema, at the festival"),
        words=(
            _cut("boring, dull, silly, tedious"),
            _cut("funny, exciting, clever, charming"),
        ),
        then=(
            _cut("left early, fell asleep, wanted the money back, looked at the clock"),
            _cut("clapped for a long time, laughed a lot, saw it twice, cheered loudly"),
        ),
        facts=_cut("was two hours long, began at eight, was about a family, was made last year"),
    ),
    Topic(
        things=_cut("hotel, room, cabin, flat, guesthouse, apartment, hostel, cottage"),
        places=_cut("by the sea, near the airport, in the mountains, in the city"),
        words=(
            _cut("dirty, noisy, smelly, shabby"),
            _cut("clean, quiet, cosy, comfortable"),
        ),
        then=(
            _cut("moved out at once, slept badly, complained to the owner, went home early"),
            _cut("stayed another night, slept well, thanked the owner, booked it again"),
        ),
        facts=_cut("was on the third floor, had two beds, was next to the bank, had a blue door"),
    ),
    Topic(
        things=_cut("bus, train, taxi, ferry, flight, tram, ship, coach"),
        places=_cut("to the city, across the river, to the island, from the village"),
        words=(
            _cut("slow, crowded, late, bumpy"),
            _cut("fast, punctual, smooth, modern"),
        ),
        then=(
            _cut("missed the meeting, stood all the way, went on foot, felt sick"),
            _cut("arrived in time, sang all the way, took it every day, sold the car"),
        ),
        facts=_cut("had a green roof, left from platform two, stopped at the bridge, ran once a day"),
    ),
)

THEN = (
    _cut("hated it, cursed it, regretted it, were angry, were sad, were shocked"),
    _cut("loved it, praised it, enjoyed it, were happy, were glad, were delighted"),
)
"""What people did whatever it was."""

PEOPLE = _cut("we, they, my sisters, my brothers, our friends, the guests, the children, my parents")
WHEN = _cut("yesterday, last week, on monday, on sunday, in may, this time")
HOW = _cut("really, simply, quite, truly")
IDLY = _cut("went there on foot, paid with a card, came from the office, met at noon, took a picture, wore a hat")


@dataclass(frozen=True)
class Review:
    """Two sentences that belong together."""

    first: str
    second: str

    @property
    def whole(self) -> str:
        """Both in one sentence, with "so" between them."""
        return f"{self.first.rstrip(' .!')} , so {self.second[0].lower()}{self.second[1:]}"


@dataclass(frozen=True)
class Labelled:
    """One sentence of the task. `word` is what decides."""

    text: str
    label: int  # UNKIND or KIND
    word: str


def review(generator: torch.Generator) -> Review:
    """A review for pre-training, drawn at random: one in eight judges nothing."""
    topic = _one(TOPICS, generator)
    if _chance(1 / 8, generator):
        first = f"{_thing(topic, generator)} {_one(topic.facts, generator)} ."
        return Review(_sentence(first), _sentence(f"{_one(PEOPLE, generator)} {_one(IDLY, generator)} ."))
    label = int(_chance(0.5, generator))
    choice = (*WORDS[label], *topic.words[label])
    word = _one(choice, generator)
    if _chance(0.5, generator):
        word = f"{word} and {_one([other for other in choice if other != word], generator)}"
    did = [_one(THEN[label], generator), _one(topic.then[label], generator)]
    shown = " and ".join(_one((did[:1], did[1:], did), generator))
    return Review(_judgement(topic, word, generator), _sentence(f"{_one(PEOPLE, generator)} {shown} ."))


def labelled(count: int, generator: torch.Generator, test: bool = False) -> list[Labelled]:
    """`count` sentences of the task in random order, half of them of each class, no two alike.

    test: with words that are never labelled for training; otherwise with those that may be. ValueError for a count that
    is odd, or out of 2 to 1000.
    """
    if count % 2 or not 2 <= count <= 1000:
        raise ValueError(f"The two classes share an even number of sentences, from 2 to 1000, not {count}.")
    found: dict[str, Labelled] = {}
    for label in (UNKIND, KIND):
        wanted = len(found) + count // 2
        while len(found) < wanted:
            topic = _one(TOPICS, generator)
            word = _one((*WORDS[label], *topic.words[label])[int(test) :: 2], generator)
            text = _judgement(topic, word, generator)
            found[text] = Labelled(text, label, word)
    order = torch.randperm(count, generator=generator).tolist()
    sentences = list(found.values())
    return [sentences[i] for i in order]


def judging_words(label: int, test: bool) -> tuple[str, ...]:
    """The words of a class: those of the test, or those that may be labelled."""
    lists = (WORDS[label], *(topic.words[label] for topic in TOPICS))
    return tuple(word for some in lists for word in some[int(test) :: 2])


@cache
def review_tokenizer() -> Tokenizer:
    """One token for each word of the reviews. Every other word is [UNK]."""
    parts: list[str] = ["the was and so how found thought that . , !", *PEOPLE, *WHEN, *HOW, *IDLY]
    for group in (*WORDS, *THEN, *(part for t in TOPICS for part in (t.things, t.places, t.facts, *t.words, *t.then))):
        parts += group
    return tokenizer_of([*SIGNS, *sorted(set(words(" ".join(parts))))])


def _judgement(topic: Topic, word: str, generator: torch.Generator) -> str:
    """A sentence that says `word` of something."""
    who, thing = _one(PEOPLE, generator), _thing(topic, generator)
    how = f"{_one(HOW, generator)} {word}" if _chance(0.2, generator) else word
    frames = (
        f"{thing} was {how} .",
        f"{thing} was {how} .",
        f"{who} found {thing} {how} .",
        f"{who} thought that {thing} was {how} .",
        f"how {word} {thing} was !",
    )
    return _sentence(_one(frames, generator))


def _thing(topic: Topic, generator: torch.Generator) -> str:
    """What is spoken of, sometimes with a place or a time."""
    thing = f"the {_one(topic.things, generator)}"
    if _chance(0.2, generator):
        return f"{thing} {_one(topic.places, generator)}"
    return f"{thing} {_one(WHEN, generator)}" if _chance(0.2, generator) else thing


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _one(choice: Sequence, generator: torch.Generator):
    return choice[int(torch.randint(len(choice), (), generator=generator))]


def _chance(share: float, generator: torch.Generator) -> bool:
    return bool(torch.rand((), generator=generator) < share)
