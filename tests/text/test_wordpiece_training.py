"""A vocabulary from a text, merge by merge. That the library finds the same entries is proved in tests/reference."""

from collections import Counter
from itertools import pairwise

import pytest

from lessons.text.tale import TALE
from lessons.text.wordpiece import SIGNS, encode, pieces, tokenizer_of, words
from lessons.text.wordpiece_training import Merge, Trained, alphabet, joined, split, train


def test_a_small_one_by_hand():
    trained = train("low lower lowest newest", 23)
    assert trained.entries[5:13] == tuple("elnorstw")
    assert trained.entries[13:19] == ("##e", "##o", "##r", "##s", "##t", "##w")
    assert trained.entries[19:] == ("lo", "##we", "##st", "lowe")
    assert trained.merges == (
        Merge("l", "##o", 3), Merge("##w", "##e", 3), Merge("##s", "##t", 2), Merge("lo", "##we", 2),
    )  # fmt: skip
    assert [merge.piece for merge in trained.merges] == list(trained.entries[19:])
    assert trained.vocabulary == {entry: i for i, entry in enumerate(trained.entries)}


def test_of_equal_pairs_the_older_entries_come_first():
    """All four pairs stand there once."""
    assert train("dc cd cb bc", 99).merges[:4] == (
        Merge("b", "##c", 1), Merge("c", "##b", 1), Merge("c", "##d", 1), Merge("d", "##c", 1),
    )  # fmt: skip


def test_words_in_characters():
    assert split("the") == ["t", "##h", "##e"] and split("a") == ["a"]
    assert alphabet(["ba", "ca"]) == ["a", "b", "c", "##a"], "no word goes on with b or c"
    merge = Merge("##a", "##a", 9)
    assert joined(split("aaaa"), merge) == ["a", "##aa", "##a"], "from the left"
    assert joined(split("aaaaa"), merge) == ["a", "##aa", "##aa"]
    assert joined(split("bcb"), Merge("b", "##c", 1)) == ["bc", "##b"] and joined([], merge) == []


@pytest.mark.parametrize("text", [TALE, "aaaa aaaaa aa aaaaaaa", "abab ababab bab", "ab", "a"])
def test_every_merge_is_the_most_frequent_pair_of_its_time(text):
    """Counted again from the beginning at every step."""
    trained = train(text, 400)
    times = Counter(words(text))
    written = {word: split(word) for word in times}
    for merge in trained.merges:
        pairs = Counter()
        for word, n in times.items():
            for pair in pairwise(written[word]):
                pairs[pair] += n
        assert pairs[merge.first, merge.second] == merge.count == max(pairs.values())
        written = {word: joined(parts, merge) for word, parts in written.items()}
    assert len(trained.entries) == 400 or all(len(parts) == 1 for parts in written.values())
    assert len(set(trained.entries)) == len(trained.entries)


def test_a_frequent_word_becomes_one_piece_and_the_text_is_written_in_few():
    trained = train(TALE, 450)
    tokenizer = tokenizer_of(trained.entries)
    assert len(tokenizer) == 450 and tokenizer.entries == trained.entries
    assert pieces("The maiden", trained.vocabulary) == ["the", "maiden"]
    assert "[UNK]" not in pieces(TALE, trained.vocabulary)
    assert len(tokenizer.encode(TALE)) < len(TALE) / 2.5
    assert encode("the maiden [MASK]", trained.vocabulary).ids == tokenizer.encode("the maiden [MASK]").ids
    assert pieces("Ж", trained.vocabulary) == ["[UNK]"], "a character that the text had not"


def test_rare_pairs_may_stay_apart():
    assert [merge.count for merge in train("ab ab ab cd cd ef", 99, least=2).merges] == [3, 2]
    assert len(train("ab ab ab cd cd ef", 99, least=3).merges) == 1


def test_the_same_text_gives_the_same_entries():
    assert train(TALE, 300) == train(TALE, 300)
    assert train(TALE, 400).entries[:300] == train(TALE, 300).entries


def test_short_texts_and_small_sizes():
    assert train("", 5) == train(" \n", 100) == Trained(SIGNS, ())
    assert train("ab ab", 8).entries == (*SIGNS, "a", "b", "##b")
    with pytest.raises(ValueError, match="alone are 8 entries, so there cannot be 7."):
        train("ab ab", 7)
