"""What masking has to know of a student's own text."""

import pytest
import torch

from lessons.bert.masked_text import Masker
from lessons.bert.masking import IGNORE, UNTOUCHED, Masking
from lessons.core.seed import generator
from lessons.text.tokenizer import Tokenizer
from lessons.text.wordpiece import SIGNS, tokenizer_of
from tests.real_weights import needs_real

ENTRIES = [*SIGNS, "[unused0]", "[", "]", "the", "un", "##aff", "##able", "fox", "don", "'", "t", ".", "#", "##9", "1"]
ALL = Masking(1.0, 0.0, 1.0)


@pytest.fixture
def masker() -> Masker:
    return Masker(tokenizer_of(ENTRIES))


def ids(masker: Masker, *texts: str) -> torch.Tensor:
    rows = [torch.tensor(masker.tokenizer.encode(text).ids) for text in texts]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)  # [PAD] is 0


def test_words_are_numbered_and_pieces_share_a_number(masker):
    read = ids(masker, "The unaffable fox 19.", "don't")
    assert masker.words(read).tolist() == [[0, 1, 2, 2, 2, 3, 4, 4, 5, 6], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]
    assert masker.words(torch.tensor([[10, 11, 8]])).tolist() == [[0, 0, 1]]  # a text that was cut within a word


def test_signs_padding_unused_entries_and_the_unknown_are_left_alone(masker):
    read = ids(masker, "the [MASK] unknowable [PAD] fox", "[the]")
    assert masker.maskable(read).tolist() == [
        [False, True, False, False, False, True, False],
        [False, True, True, True, False, False, False],
    ]
    named = [ENTRIES[i] for i in masker.ordinary.tolist()]
    assert named == ENTRIES[6:]
    many = masker.mask(read.repeat(500, 1), ALL, generator(0))
    assert set(many.ids[many.fate != UNTOUCHED].tolist()) == set(masker.ordinary.tolist())
    assert torch.equal((many.labels != IGNORE), masker.maskable(read).repeat(500, 1))


def test_the_mask_is_the_tokenizers_own(masker):
    read = ids(masker, "the unaffable fox")
    hidden = masker.mask(read, Masking(1.0, 1.0, 0.0), generator(0))
    assert [ENTRIES[i] for i in hidden.ids[0]] == ["[CLS]", *["[MASK]"] * 5, "[SEP]"]


@pytest.mark.parametrize("whole_words", [False, True])
def test_a_word_is_hidden_whole_if_wanted(masker, whole_words):
    read = ids(masker, "the unaffable fox").repeat(500, 1)
    pieces = masker.mask(read, Masking(0.5), generator(0), whole_words).fate[:, 2:5] != UNTOUCHED
    together = (pieces.all(dim=1) | ~pieces.any(dim=1)).all()
    assert bool(together) == whole_words and pieces.any() and not pieces.all()


@pytest.mark.parametrize("text", ["", " \n", "[MASK] [SEP]", "狐", "\u200b"])
@pytest.mark.parametrize("whole_words", [False, True])
def test_a_text_without_a_word_stays_as_it_is(masker, text, whole_words):
    read = ids(masker, text)
    found = masker.mask(read, Masking(1.0), generator(0), whole_words)
    assert torch.equal(found.ids, read) and (found.labels == IGNORE).all()


def test_punctuation_is_a_word(masker):
    assert masker.maskable(ids(masker, ".'#")).tolist() == [[False, True, True, True, False]]


def test_a_tokenizer_without_a_mask_is_refused():
    from tokenizers import Tokenizer as Library
    from tokenizers import models

    with pytest.raises(ValueError, match=r"has no sign \[MASK\]"):
        Masker(Tokenizer.from_json(Library(models.WordPiece({"[UNK]": 0, "a": 1}, unk_token="[UNK]")).to_str()))


@needs_real("minilm-l6")
def test_with_the_vocabulary_of_bert():
    from lessons import zoo

    masker = Masker(zoo.load("minilm-l6").tokenizer)
    assert masker.mask_id == 103 and masker.ordinary.tolist() == list(range(999, 30_522))
    read = ids(masker, "The unaffable café!")
    assert masker.tokenizer.encode("The unaffable café!").tokens[2:5] == ["una", "##ffa", "##ble"]
    assert masker.words(read).tolist() == [[0, 1, 2, 2, 2, 3, 4, 5]]
