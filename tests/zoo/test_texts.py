"""How the public texts are cut: what is held out is never trained on, and rows hold whole sentences."""

import json

import pytest
import torch

from lessons.text.wordpiece import tokenizer_of
from lessons.text.wordpiece_training import train
from lessons.zoo.manifest import ZooError
from lessons.zoo.recipes import texts

ARTICLES = "".join(
    f" = Article {i} = \n \n The number {i} @.@ 5 is <unk> . It stands here . \n = = Part = = \n More of {i} .\n"
    for i in range(20)
)
TALES = "\n\n".join(f"The wolf\nmet goat {i}. “Who is there?” he said." for i in range(100))
PROBLEMS = [
    "\n".join(json.dumps({"question": f"Ann has {i} {part}. How many?", "answer": "1"}) for i in range(3))
    for part in ("pens", "cups")
]
FOUR = "\f".join([ARTICLES, TALES, *PROBLEMS])


def words(documents) -> str:
    return " ".join(sentence for document in documents for sentence in document)


def test_four_files_become_three_sources_each_with_a_held_out_part():
    train, held = texts.documents(FOUR)
    assert set(train) == set(held) == {"wikitext2", "tales", "problems"}
    assert (len(train["wikitext2"]), len(held["wikitext2"])) == (18, 2)
    assert "number 9.5" in words(held["wikitext2"]) and "number 19.5" in words(held["wikitext2"])
    assert "number 9.5" not in words(train["wikitext2"]) and "number 8.5" in words(train["wikitext2"])
    assert "goat 99" in words(held["tales"]) and "goat 99" not in words(train["tales"])
    assert "goat 0." in words(train["tales"]) and "goat 0." not in words(held["tales"])
    assert "cups" in words(held["problems"]) and "cups" not in words(train["problems"])
    assert "pens" not in words(held["problems"])


def test_the_marks_of_wikitext_are_gone():
    train, _ = texts.documents(FOUR)
    assert train["wikitext2"][3] == ["The number 3.5 is [UNK] .", "It stands here .", "More of 3 ."]


def test_sentences_are_cut_at_their_ends_alone():
    found = texts.sentences("It is 3.5 m. Mr. Fox ran! “Who?” asked he. (Nobody.) Then 5 came")
    assert found == ["It is 3.5 m.", "Mr.", "Fox ran!", "“Who?” asked he.", "(Nobody.)", "Then 5 came"]


def test_line_breaks_inside_a_paragraph_do_not_cut():
    train, _ = texts.documents(FOUR)
    assert train["tales"][0][0] == "The wolf met goat 0."


@pytest.mark.parametrize("text", ["", "one file", FOUR + "\f"])
def test_other_texts_are_refused(text):
    with pytest.raises(ZooError, match="four files joined by form feeds"):
        texts.documents(text)


def test_rows_hold_whole_sentences_of_one_document():
    tokenizer = tokenizer_of(train("a b c d e f " * 4, 40).entries)
    first, last, padding = (tokenizer.special(name) for name in ("[CLS]", "[SEP]", "[PAD]"))
    a, b, c, d = (tokenizer.encode(letter, special=False).ids[0] for letter in "abcd")
    table = texts.rows([["a a", "b", "c c c"], ["d"]], tokenizer, 6)
    expected = [
        [first, a, a, b, last, padding],
        [first, c, c, c, last, padding],
        [first, d, last, padding, padding, padding],
    ]
    assert torch.equal(table, torch.tensor(expected))


def test_a_sentence_too_long_for_a_row_is_cut_and_nothing_is_lost():
    tokenizer = tokenizer_of(train("a b c d e f " * 4, 40).entries)
    table = texts.rows([["b", "a a a a a a a", "c"]], tokenizer, 5)
    kept = [token for row in table.tolist() for token in row if not tokenizer.entries[token].startswith("[")]
    assert [tokenizer.entries[token] for token in kept] == ["b", *"aaaaaaa", "c"]
    assert (table[:, 0] == tokenizer.special("[CLS]")).all() and table.shape[1] == 5
