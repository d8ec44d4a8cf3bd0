"""The checks of merges, the causal loss and the prompt: references against the library, and mistakes as students write
them.

The other two checks of lesson 06 are in test_references_gpt_sampling.py."""

import math
from itertools import pairwise

import pytest
import torch
from torch.nn import functional as F

from lessons.checks.gpt_few_shot import causal_loss, encode_word, few_shot_prompt
from lessons.gpt import few_shot, loss
from lessons.text import bpe, bpe_training
from lessons.text.tale import TALE
from lessons.text.word_tasks import TASKS
from tests.equality import assert_equal, assert_equal_gradients

# --- Merges ---------------------------------------------------------------------------------------


def by_slices(word, merges, step=1, before_end=1):
    """The solution of the notebook. Wrong with another step, or where the loop ends earlier."""
    pieces = list(word)
    for first, second in merges:
        place = 0
        while place < len(pieces) - before_end:
            if (pieces[place], pieces[place + 1]) == (first, second):
                pieces[place : place + 2] = [first + second]
            place += step
    return pieces


def by_rank(word, merges):
    """As the papers tell it: the pair of the lowest rank that the word holds, again and again."""
    pieces = list(word)
    while found := set(pairwise(pieces)) & set(merges):
        first, second = min(found, key=merges.index)
        place = 0
        while place < len(pieces) - 1:
            if pieces[place] == first and pieces[place + 1] == second:
                pieces[place] = first + second
                del pieces[place + 1]
            place += 1
    return pieces


def by_the_library(word, merges):
    from tokenizers.models import BPE

    entries = dict.fromkeys([*word, *(part for pair in merges for part in (*"".join(pair), "".join(pair)))])
    model = BPE({entry: i for i, entry in enumerate(entries)}, list(merges))
    return [token.value for token in model.tokenize(word)]


@pytest.mark.parametrize("attempt", [by_slices, by_rank, by_the_library])
def test_merging_is_that_of_the_library_and_of_two_loops(attempt):
    assert encode_word.examine(lambda word, merges: attempt(word, merges)).passed


def test_with_learned_merges_one_pass_through_the_list_is_the_way_by_rank_and_that_of_our_tokenizer():
    merges = [(merge.first, merge.second) for merge in bpe_training.train(TALE, 600)]
    assert len(merges) > 300
    for word in sorted({word for word in TALE.split() if word.isascii()}):
        ours = encode_word.reference(word, merges)
        assert ours == by_rank(word, merges) == by_the_library(word, merges) == bpe.pieces_of(word, merges)


def test_the_words_hold_what_makes_merging_hard():
    pieces = {word: encode_word.reference(word, merges) for word, merges in encode_word.all_cases()}
    assert pieces["zooom"] == ["zoo", "o", "m"], "three equal letters in a row"
    assert pieces["banana"] == ["b", "an", "ana"], "not the longest piece, bana"
    assert pieces["foolproof"].count("oo") == 2, "one merge at two places"
    assert pieces["abc"] == ["ab", "c"], "the text of a merge of other parts"
    assert all("".join(found) == word for word, found in pieces.items())


def once_a_word(word, merges):
    pieces = list(word)
    for first, second in merges:
        for place in range(len(pieces) - 1):
            if (pieces[place], pieces[place + 1]) == (first, second):
                pieces[place : place + 2] = [first + second]
                break
    return pieces


def by_joined_text(word, merges):
    pieces = list(word)
    for first, second in merges:
        place = 0
        while place < len(pieces) - 1:
            if pieces[place] + pieces[place + 1] == first + second:
                pieces[place : place + 2] = [first + second]
            place += 1
    return pieces


def in_a_new_list(word, merges, step=1, before_end=0):
    """The loop ends so many pieces before the end, and goes on `step` places behind one where nothing was joined."""
    pieces = list(word)
    for first, second in merges:
        joined, place = [], 0
        while place < len(pieces) - before_end:
            match = pieces[place : place + 2] == [first, second]
            joined.append(first + second if match else pieces[place])
            place += 2 if match else step
        pieces = joined
    return pieces


def test_a_new_list_for_each_merge_passes():
    assert encode_word.examine(lambda word, merges: in_a_new_list(word, merges)).passed


@pytest.mark.parametrize(
    ("attempt", "name"),
    [
        (by_joined_text, "compared the two parts joined together"),
        (lambda word, merges: by_slices(word, merges, step=2), "two places on after every place"),
        (
            lambda word, merges: in_a_new_list(word, merges, step=2),
            "two places on after every place, and the second piece is lost",
        ),
        (lambda word, merges: in_a_new_list(word, merges, before_end=1), "the last piece is lost"),
        (lambda word, merges: by_slices(word, merges, before_end=2), "the last piece is never looked at"),
        (once_a_word, "each merge only once in a word"),
        (lambda word, merges: by_slices(word, reversed(merges)), "the merges from the last to the first"),
        (lambda word, merges: " ".join(by_slices(word, merges)), "one text in place of a list"),
        (
            lambda word, merges: by_slices(word, [pair for pair in merges if max(map(len, pair)) == 1]),
            "only pairs of single letters",
        ),
    ],
)
def test_mistakes_in_merging_are_named(attempt, name):
    assert encode_word.examine(attempt).misconception == name


def test_typical_stumbles_of_merging_get_a_sentence():
    assert encode_word.examine(lambda word, merges: tuple(by_slices(word, merges))).passed, "a tuple is as good"
    assert "return missing" in encode_word.examine(lambda word, merges: None).headline
    verdict = encode_word.examine(lambda word, merges: by_slices(word, merges.sort() or merges))
    assert "changes its argument `merges` in place" in verdict.headline

    def past_the_end(word, merges):
        pieces = list(word)
        return [pieces[place] + pieces[place + 1] for place in range(len(pieces))]

    verdict = encode_word.examine(past_the_end)
    assert verdict.headline.startswith("Your function stops with IndexError") and "word = 'lower'" in verdict.detail


# --- The loss -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", causal_loss.all_cases())
def test_the_loss_is_that_of_the_library_and_of_a_loop_with_its_gradient(case):
    logits, ids = case
    logits.requires_grad_()
    ours, theirs = causal_loss.reference(logits, ids), loss.causal_loss(logits[None], ids[None])
    assert_equal(ours, theirs)
    assert_equal_gradients(ours, [logits], theirs, [logits])
    rows = logits.detach()
    nats = [-math.log(rows[t].softmax(dim=0)[ids[t + 1]]) for t in range(len(ids) - 1)]
    assert ours.item() == pytest.approx(sum(nats) / len(nats), rel=1e-10)


def test_the_texts_hold_a_token_twice_in_a_row_and_the_token_0():
    for _, ids in causal_loss.all_cases():
        assert 0 in ids
    assert any((ids[1:] == ids[:-1]).any() for _, ids in causal_loss.all_cases())


def test_the_loss_is_that_of_transformers():
    from transformers.loss.loss_utils import ForCausalLMLoss

    for logits, ids in causal_loss.all_cases():
        theirs = ForCausalLMLoss(logits[None], ids[None], vocab_size=logits.shape[1])  # in float32
        assert causal_loss.reference(logits, ids).item() == pytest.approx(theirs.item(), rel=1e-6)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda logits, ids: F.cross_entropy(logits[:-1], ids[1:]),
        lambda logits, ids: F.nll_loss(logits.log_softmax(dim=1)[:-1], ids[1:]),
        lambda logits, ids: -logits.log_softmax(dim=-1)[range(len(ids) - 1), ids[1:]].mean(),
        lambda logits, ids: F.cross_entropy(logits, torch.cat([ids[1:], torch.tensor([-100])])),
        lambda logits, ids: (
            -sum(logits[t].softmax(dim=0)[ids[t + 1]].log() for t in range(len(ids) - 1)) / (len(ids) - 1)
        ),
    ],
)
def test_the_loss_in_other_words_passes(attempt):
    assert causal_loss.examine(attempt).passed


@pytest.mark.parametrize(
    ("attempt", "name"),
    [
        (lambda logits, ids: F.cross_entropy(logits, ids), "no shift between input and label"),
        (lambda logits, ids: F.cross_entropy(logits[1:], ids[:-1]), "shifted the wrong way"),
        (lambda logits, ids: F.cross_entropy(logits[:-1], ids[:-1]), "no shift, and one position left out"),
        (lambda logits, ids: F.cross_entropy(logits, ids.roll(-1)), "asked the last position for the first token"),
        (lambda logits, ids: F.cross_entropy(logits[:-1], ids[1:], reduction="sum"), "the sum in place of the mean"),
        (lambda logits, ids: F.cross_entropy(logits[:-1], ids[1:], reduction="none"), "one loss for each token"),
        (lambda logits, ids: F.cross_entropy(logits[:-1].softmax(1), ids[1:]), "a softmax before the cross-entropy"),
        (lambda logits, ids: F.nll_loss(logits[:-1], ids[1:]), "forgot the softmax"),
        (lambda logits, ids: F.nll_loss(logits[:-1].log_softmax(0), ids[1:]), "softmax over the positions"),
        (lambda logits, ids: F.cross_entropy(logits[:-1], ids[1:]) / math.log(2), "in bits, not in nats"),
    ],
)
def test_mistakes_in_the_loss_are_named(attempt, name):
    assert causal_loss.examine(attempt).misconception == name


def test_typical_stumbles_of_the_loss_get_a_sentence():
    verdict = causal_loss.examine(lambda logits, ids: F.cross_entropy(logits, ids[1:]))
    assert verdict.headline.startswith("Your function stops with ValueError: Expected input batch_size (5) to match")
    assert "no gradient flows" in causal_loss.examine(lambda x, y: causal_loss.reference(x.detach(), y)).headline
    assert "return missing" in causal_loss.examine(lambda logits, ids: None).headline


# --- The prompt -----------------------------------------------------------------------------------


@pytest.mark.parametrize("shots", [0, 1, 4])
@pytest.mark.parametrize("name", TASKS)
def test_the_prompt_is_that_of_the_library(name, shots):
    task = TASKS[name]
    labels = task.input_label, task.output_label
    theirs = few_shot.few_shot_prompt(labels, task.pool[:shots], task.held_out[0][0])
    plain = [label.removesuffix(":") for label in labels]
    assert few_shot_prompt.reference(list(task.pool[:shots]), task.held_out[0][0], *plain) == theirs


def by_lines(examples, query, input_label, output_label, last=":"):
    lines = []
    for given, answer in examples:
        lines += [input_label + ": " + given, output_label + ": " + answer, ""]
    return "\n".join([*lines, input_label + ": " + query, output_label + last])


def test_a_prompt_by_lines_passes():
    assert few_shot_prompt.examine(lambda *case: by_lines(*case)).passed
    assert few_shot_prompt.reference(*few_shot_prompt.case(3)) == (
        "Poor English: I goed home.\nGood English: I went home.\n\nPoor English: She no went there.\nGood English:"
    )


@pytest.mark.parametrize(
    ("attempt", "name"),
    [
        (lambda *case: by_lines(*case, last=": "), "a space behind the last label"),
        (lambda *case: by_lines(*case) + "\n", "a new line at the end"),
        (
            lambda examples, *more: by_lines(examples, *more) if examples else "\n\n" + by_lines(examples, *more),
            "no examples, but their empty line",
        ),
        (lambda *case: by_lines(*case, last=""), "the last label without its colon"),
        (lambda examples, *more: by_lines(examples[::-1], *more), "the examples in reverse"),
        (lambda examples, query, one, other: by_lines(examples, query, other, one), "swapped the labels"),
        (lambda *case: by_lines(*case).split("\n\n"), "a list of lines in place of one text"),
    ],
)
def test_mistakes_in_the_prompt_are_named(attempt, name):
    assert few_shot_prompt.examine(attempt).misconception == name


def test_typical_stumbles_of_the_prompt_get_a_sentence():
    verdict = few_shot_prompt.examine(lambda *case: by_lines(*case).upper())
    assert verdict.misconception is None and verdict.headline.startswith("Your result is 'WORD: HOT\\nOPPOSITE: COLD")
    assert "return missing" in few_shot_prompt.examine(lambda *case: print(end="")).headline
    verdict = few_shot_prompt.examine(lambda examples, query, label: "")
    assert verdict.headline == (
        "Your function takes (examples, query, label), and the check calls few_shot_prompt(examples, query,"
        " input_label, output_label)."
    )
