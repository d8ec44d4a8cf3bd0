"""Rules that stand nowhere but in the text, and what can be known of them."""

import pytest

from lessons.core.seed import generator
from lessons.gpt.in_context import (
    FAMILIES,
    SYMBOLS,
    Rule,
    draw_exercise,
    draw_exercises,
    draw_letters,
    draw_rule,
    known,
)


@pytest.mark.parametrize(
    ("rule", "word", "answer"),
    [
        (Rule("cipher", "abc>bca", "abc"), "cab", "abc"),  # each letter once: c becomes a, and that a stays
        (Rule("affix", "xy+", SYMBOLS), "cab", "xycab"),
        (Rule("affix", "+xy", SYMBOLS), "cab", "cabxy"),
        (Rule("pick", "2A1", SYMBOLS), "cab", "bCa"),
        (Rule("pick", "CCC", SYMBOLS), "cab", "BBB"),
    ],
)
def test_a_rule_gives_the_answer(rule, word, answer):
    assert rule.answer(word) == answer


@pytest.mark.parametrize("family", FAMILIES)
def test_a_tenth_of_the_rules_is_held_out(family):
    source = generator(3)
    rules = [FAMILIES[family](source) for _ in range(1500)]
    share = sum(rule.held_out for rule in rules) / len(rules)
    assert 0.05 < share < 0.16  # of the 216 picks a few more or less
    for held_out in (True, False):
        assert all(draw_rule(family, source, held_out).held_out == held_out for _ in range(20))


def test_a_rule_is_held_out_however_it_is_drawn():
    assert Rule("cipher", "abc>xyz", "abc").held_out == Rule("cipher", "abc>xyz", "zzz").held_out
    letters = [draw_rule("cipher", generator(seed)).letters for seed in range(20)]
    assert all(list(word) == sorted(word) and len(set(word)) == 6 for word in letters)


def test_a_cipher_letter_by_letter():
    exercise = draw_letters(generator(2), pairs=12)
    told = dict(exercise.pairs)
    assert exercise.text == "".join(letter + told[letter] for letter, _ in exercise.pairs) and len(exercise.text) == 24
    assert [exercise.text[place] for place in exercise.answers] == [answer for _, answer in exercise.pairs]
    assert len(told) > 3 and len(draw_letters(generator(2)).text) <= 90
    assert draw_letters(generator(2), held_out=False) != draw_letters(generator(2))


def test_an_unknown_family():
    with pytest.raises(ValueError, match="no family 'rot13' of rules: choose from cipher, affix, pick"):
        draw_rule("rot13", generator(0))


@pytest.mark.parametrize("family", FAMILIES)
def test_an_exercise_follows_one_rule(family):
    exercise = draw_exercise(family, generator(4))
    assert len(exercise.pairs) == 9 and set(exercise.text) <= set(SYMBOLS)
    assert exercise.text == "".join(f"{word}>{answer};" for word, answer in exercise.pairs)
    assert [exercise.text[place] for place in exercise.answers] == [f"{answer};" for _, answer in exercise.pairs]
    assert draw_exercise(family, generator(4)) == exercise != draw_exercise(family, generator(5))


def test_the_same_seed_gives_the_same_exercises():
    assert draw_exercises("pick", 5, 1) == draw_exercises("pick", 5, 1) != draw_exercises("pick", 5, 2)
    assert len(set(draw_exercises("pick", 5, 1))) == 5


@pytest.mark.parametrize(
    ("family", "pairs", "expected"),
    [
        ("cipher", "aab>xxy ccb>zzy abc>xyz acd>xzw", [False, False, True, False]),
        ("affix", "aaa>aaaa aaa>aaaa bcd>abcd cde>acde", [False, True, False, True]),  # before or after the first?
        ("affix", "cab>xcab dab>xdab", [False, True]),
        ("pick", "aab>aba aab>aba abc>aca", [False, True, False]),  # which of the two letters a?
        ("pick", "abc>aCa dcb>dBd", [False, True]),
    ],
)
def test_what_an_ideal_observer_knows(family, pairs, expected):
    found = known(family, [tuple(pair.split(">")) for pair in pairs.split()])
    assert list(found) == expected


@pytest.mark.parametrize("family", ["affix", "pick"])
def test_what_is_known_once_stays_known(family):
    for exercise in draw_exercises(family, 20):
        sure = list(known(family, exercise.pairs))
        assert not sure[0] and sure[-1]
        assert family == "pick" or sure[1:] == [True] * 8
