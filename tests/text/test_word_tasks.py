"""The tasks of words: enough questions, each once, each with one right answer, and none of them shown."""

import re
from collections import Counter

import pytest

from lessons.text.word_tasks import TASKS, Task

NAMES = ["opposites", "plurals", "past-tense", "capitals", "english-french", "sentiment", "grammar", "replacement"]
OF_WORDS = [name for name in NAMES if name not in ("sentiment", "grammar")]
every_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
every_task_of_words = pytest.mark.parametrize("task", [TASKS[name] for name in OF_WORDS], ids=OF_WORDS)


def test_there_are_eight_tasks():
    assert list(TASKS) == NAMES and all(task.name == name for name, task in TASKS.items())


@every_task
def test_there_are_enough_questions_and_examples(task: Task):
    assert len(task.held_out) >= 60 and len(task.pool) >= 12


@every_task
def test_no_question_comes_twice_and_none_is_shown(task: Task):
    questions = [question.casefold() for question, _ in (*task.pool, *task.held_out)]
    assert [question for question, count in Counter(questions).items() if count > 1] == []


@every_task_of_words
def test_no_word_of_a_question_or_its_answer_is_shown(task: Task):
    shown, asked = ({word for pair in pairs for word in pair} for pairs in (task.pool, task.held_out))
    assert shown & asked == set()


@every_task
def test_an_answer_is_neither_the_question_nor_that_of_another(task: Task):
    pairs = [*task.pool, *task.held_out]
    assert [question for question, answer in pairs if question == answer] == []
    if task.name != "sentiment":
        assert len({answer for _, answer in pairs}) == len(pairs)


@every_task
def test_everything_is_one_clean_line(task: Task):
    texts = [text for pair in (*task.pool, *task.held_out) for text in pair]
    texts += [task.title, task.instruction, task.input_label, task.output_label]
    assert [text for text in texts if not text or text != " ".join(text.split()) or ">" in text or ";" in text] == []
    assert task.input_label.endswith(":") and task.output_label.endswith(":") and task.instruction.endswith(".")


def test_an_opinion_is_as_often_good_as_bad_and_never_named():
    task = TASKS["sentiment"]
    for pairs in (task.pool, task.held_out):
        assert Counter(answer for _, answer in pairs) == {"positive": len(pairs) // 2, "negative": len(pairs) // 2}
    assert not [text for text, _ in (*task.pool, *task.held_out) if re.search("positive|negative", text, re.I)]


def test_a_sentence_is_corrected_and_not_written_anew():
    for wrong, right in (*TASKS["grammar"].pool, *TASKS["grammar"].held_out):
        old, new = wrong.rstrip(".?").split(), right.rstrip(".?").split()
        assert abs(len(old) - len(new)) <= 1 and wrong[-1] == right[-1] in ".?"
        lost, found = Counter(old) - Counter(new), Counter(new) - Counter(old)
        assert 1 <= lost.total() + found.total() <= 4, wrong


def test_a_star_stands_for_one_letter_and_no_other_word_of_the_course_fits():
    task = TASKS["replacement"]
    words = {word.casefold() for other in TASKS.values() for pair in (*other.pool, *other.held_out) for word in pair}
    for starred, word in (*task.pool, *task.held_out):
        assert starred.count("*") == 1 and len(word) >= 5
        pattern = starred.casefold().replace("*", "[a-z]")
        assert [other for other in words if re.fullmatch(pattern, other)] == [word.casefold()]


def test_what_the_slides_ask_is_there():
    assert ("fast", "slow") in TASKS["opposites"].held_out and ("hot", "cold") in TASKS["opposites"].pool
    assert ("h*use", "house") in TASKS["replacement"].held_out
    assert ("cheese", "fromage") in TASKS["english-french"].held_out
    assert ("She no went to the market.", "She didn't go to the market.") in TASKS["grammar"].pool
