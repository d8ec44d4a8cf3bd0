"""The reviews: many, agreeing with themselves, and a task that gives nothing away."""

import math
from collections import Counter

import pytest

from lessons.core.seed import generator
from lessons.text.reviews import (
    KIND,
    SIGNS,
    THEN,
    TOPICS,
    UNKIND,
    WORDS,
    judging_words,
    labelled,
    review,
    review_tokenizer,
)

LABELS = (UNKIND, KIND)
ALL = {label: set(judging_words(label, False)) | set(judging_words(label, True)) for label in LABELS}


@pytest.fixture(scope="module")
def reviews():
    source = generator(0)
    return [review(source) for _ in range(3000)]


def judged(text: str) -> set[int]:
    """The classes of the judging words in a text."""
    return {label for label in LABELS if ALL[label] & set(text.lower().split())}


def test_there_are_enough_words_and_none_is_in_two_places():
    lists = [judging_words(label, test) for label in LABELS for test in (False, True)]
    assert [len(some) for some in lists] == [12, 12, 12, 12]
    assert len({word for some in lists for word in some}) == 48
    listed = {word for group in (*WORDS, *(part for topic in TOPICS for part in topic.words)) for word in group}
    assert listed == ALL[UNKIND] | ALL[KIND]


def test_a_generator_gives_the_reviews():
    first, second = ([review(source) for _ in range(20)] for source in (generator(3), generator(3)))
    assert first == second != [review(generator(4)) for _ in range(20)]
    assert labelled(20, generator(3)) == labelled(20, generator(3)) != labelled(20, generator(4))


def test_hardly_a_review_comes_twice(reviews):
    assert len({each.whole for each in reviews}) > 0.97 * len(reviews)


def test_what_follows_agrees_with_the_words(reviews):
    """So does a second word behind "and". One review in eight judges nothing."""
    then = {label: [*THEN[label], *(did for topic in TOPICS for did in topic.then[label])] for label in LABELS}
    silent = 0
    for each in reviews:
        said = judged(each.first)
        followed = {label for label in LABELS if any(did in each.second for did in then[label])}
        assert followed == said and len(said) <= 1, each
        silent += not said
    assert silent == pytest.approx(3000 / 8, abs=5 * math.sqrt(3000 / 8 * 7 / 8))
    assert sum(" and " in each.first and bool(judged(each.first)) for each in reviews) > 1000


def test_words_of_a_topic_stay_with_it(reviews):
    for topic in TOPICS:
        others = {thing for other in TOPICS if other is not topic for thing in other.things}
        own = {word for group in topic.words for word in group}
        assert not any(own & set(each.first.lower().split()) and others & set(each.first.split()) for each in reviews)


def test_the_whole_is_one_sentence(reviews):
    for each in reviews[:200]:
        assert each.whole.count(".") == 1 and each.whole.endswith(" .") and each.whole.count(" , so ") == 1
        assert each.first[0].isupper() and each.second[0].isupper() and "!" not in each.whole


def test_every_word_is_one_token(reviews):
    tokenizer = review_tokenizer()
    assert tokenizer.entries[: len(SIGNS)] == SIGNS and 200 < len(tokenizer) < 300
    seen = set()
    for each in reviews:
        text = f"{each.first} {each.second}"
        encoded = tokenizer.encode(text, special=False)
        assert encoded.tokens == text.split()
        seen.update(encoded.ids, tokenizer.encode(each.whole, special=False).ids)
    assert seen == set(range(len(SIGNS), len(tokenizer)))
    assert tokenizer.encode("The dragon", special=False).ids[1] == tokenizer.special("[UNK]")


@pytest.mark.parametrize("test", [False, True])
def test_the_task_is_balanced_and_no_sentence_comes_twice(test):
    sentences = labelled(64, generator(0), test)
    assert Counter(each.label for each in sentences) == {UNKIND: 32, KIND: 32}
    assert len({each.text for each in sentences}) == 64
    assert len({each.label for each in sentences[:16]}) == 2, "in random order"


def test_a_word_of_the_test_is_never_labelled():
    """Not as the word that decides, nor anywhere else in a labelled sentence; and the other way round."""
    never = {test: {word for label in LABELS for word in judging_words(label, not test)} for test in (False, True)}
    for test in (False, True):
        words = set()
        for each in labelled(1000, generator(1), test):
            assert not never[test] & set(each.text.lower().split())
            assert each.word in each.text.lower().split() and judged(each.text) == {each.label}
            words.add(each.word)
        assert words == never[not test]


def test_nothing_but_the_word_gives_the_answer_away():
    """Every other word is as frequent in kind sentences as in unkind ones: within 5 deviations of the binomial."""
    counts = {label: Counter() for label in LABELS}
    for seed in range(6):
        for each in labelled(1000, generator(seed), test=seed % 2 == 1):
            counts[each.label].update(set(each.text.lower().split()) - {each.word})
    for word in counts[KIND] | counts[UNKIND]:
        total = counts[KIND][word] + counts[UNKIND][word]
        assert abs(counts[KIND][word] - total / 2) < 5 * math.sqrt(total) / 2, word
    dids = {did for group in (*THEN, *(part for topic in TOPICS for part in topic.then)) for did in group}
    assert not any(did in each.text for each in labelled(200, generator(9)) for did in dids)


@pytest.mark.parametrize("count", [0, 7, 1002])
def test_a_count_out_of_range(count):
    with pytest.raises(ValueError, match=f"from 2 to 1000, not {count}"):
        labelled(count, generator(0))
