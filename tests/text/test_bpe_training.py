"""Merges from a text, one by one. That the library finds the same is proved in tests/reference."""

from collections import Counter
from itertools import pairwise

import pytest

from lessons.text.bpe import Vocabulary, in_bytes, pieces_of, words
from lessons.text.bpe_training import Merge, joined, train
from lessons.text.tale import TALE


def test_a_small_one_by_hand():
    merges = train("low lower lowest newest", 4)
    assert merges == (Merge("l", "o", 3), Merge("w", "e", 3), Merge("s", "t", 2), Merge("Ġ", "lo", 2))
    assert [merge.piece for merge in merges] == ["lo", "we", "st", "Ġlo"]
    assert pieces_of(" slower", train("low lower lowest newest", 40)) == ["Ġ", "s", "lo", "wer"]


def test_of_equal_pairs_the_older_pieces_come_first():
    """All pairs stand there once; a space is a letter of a large code."""
    assert train("dc-cd-cb-bc", 9)[:4] == (
        Merge("b", "c", 1), Merge("c", "b", 1), Merge("c", "d", 1), Merge("d", "c", 1),
    )  # fmt: skip
    assert train("bc a", 2) == (Merge("b", "c", 1), Merge("Ġ", "a", 1))


def test_a_merge_of_a_word():
    assert joined(list("aaaa"), Merge("a", "a", 1)) == ["aa", "aa"]
    assert joined(list("aaaaa"), Merge("a", "a", 1)) == ["aa", "aa", "a"], "from the left"
    assert joined(["ab", "c", "ab"], Merge("ab", "c", 1)) == ["abc", "ab"] and joined([], Merge("a", "b", 1)) == []


@pytest.mark.parametrize("text", [TALE, "aaaa aaaaa aa aaaaaaa", "abab ababab bab", "naïve 中文中文 🙂🙂🙂", "ab", "a"])
def test_every_merge_is_the_most_frequent_pair_of_its_time(text):
    """Counted again from the beginning at every step."""
    merges = train(text, 200)
    times = Counter(words(text))
    written = {word: list(in_bytes(word)) for word in times}
    for merge in merges:
        pairs = Counter()
        for word, n in times.items():
            for pair in pairwise(written[word]):
                pairs[pair] += n
        assert pairs[merge.first, merge.second] == merge.count == max(pairs.values())
        written = {word: joined(parts, merge) for word, parts in written.items()}
    assert len(merges) == 200 or all(len(parts) == 1 for parts in written.values())
    assert {word: pieces_of(word, merges) for word in times} == written, "a word of the text is encoded as in training"


def test_nothing_is_joined_across_words():
    pieces = [merge.piece for merge in train(TALE, 10_000)]
    assert not any("Ġ" in piece[1:] for piece in pieces if piece.strip("Ġ"))
    assert max(pieces, key=len) in {in_bytes(word) for word in words(TALE)}


def test_rare_pairs_may_stay_apart():
    assert [merge.count for merge in train("ab ab ab cd cd", 99, least=2)] == [3, 2, 2, 2]
    assert [merge.count for merge in train("ab ab ab cd cd", 99, least=3)] == [3]


def test_the_same_text_gives_the_same_merges_and_fewer_are_their_beginning():
    assert train(TALE, 300) == train(TALE, 300)
    assert train(TALE, 400)[:300] == train(TALE, 300)


def test_short_texts_and_few_merges():
    assert train("", 5) == train("a", 5) == train(TALE, 0) == ()
    assert len(Vocabulary(train("ab", 5))) == 258
    with pytest.raises(ValueError, match="There are 0 merges or more, not -1."):
        train(TALE, -1)
