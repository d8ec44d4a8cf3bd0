"""The checks of masking, its loss and a pair: references against the library, and mistakes as students write them.

The other two checks of lesson 05 are in test_references_bert_blanks.py."""

import math

import pytest
import torch
from torch.nn import functional as F

from lessons.bert import masking
from lessons.checks.bert_masking import encode_pair, mask_tokens, masked_loss
from lessons.core.seed import generator
from lessons.text import wordpiece
from tests.equality import assert_equal, assert_equal_gradients

IGNORE = -100


# --- Masking --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.15, 0.5])
def test_masking_is_that_of_the_library_with_its_random_numbers_handed_over(rate):
    time, mask_id, ordinary = 200, 4, torch.arange(5, 90)
    ids = torch.randint(5, 90, (1, time), generator=generator(7))
    special = torch.arange(time) % 9 == 0
    theirs = masking.mask_tokens(ids, ~special[None], mask_id, ordinary, masking.Masking(rate), generator(3))
    source = generator(3)  # the same three draws, in the same order
    draw, share = (torch.rand(1, time, generator=source)[0] for _ in range(2))
    random_ids = ordinary[torch.randint(len(ordinary), (1, time), generator=source)][0]
    read, labels = mask_tokens.reference(draw, share, ids[0], special, random_ids, mask_id, rate)
    assert torch.equal(read, theirs.ids[0]) and torch.equal(labels, theirs.labels[0])
    assert set(theirs.fate.flatten().tolist()) == {0, 1, 2, 3}


@pytest.mark.parametrize("case", mask_tokens.all_cases())
def test_every_case_holds_every_fate_and_no_number_on_a_border(case):
    draw, share, ids, special, random_ids, mask_id, rate = case
    read, labels = mask_tokens.reference(*case)
    chosen = labels != IGNORE
    assert not chosen[special].any() and (draw[special] < rate).any()
    for fate in (read == mask_id, chosen & (read == random_ids), chosen & (read == ids)):
        assert fate.any()
    for numbers, borders in ((draw, [rate, 0.15]), (share, [0.1, 0.8, 0.9])):
        assert min((numbers - border).abs().min() for border in borders) > 1e-6


def masked_by_a_loop(draw, share, ids, special, random_ids, mask_id, rate):
    read, labels = ids.clone(), torch.full_like(ids, IGNORE)
    for t in range(len(ids)):
        if draw[t] < rate and not special[t]:
            labels[t] = ids[t]
            if share[t] < 0.8:
                read[t] = mask_id
            elif share[t] < 0.9:
                read[t] = random_ids[t]
    return read, labels


def masked_by_indexing(draw, share, ids, special, random_ids, mask_id, rate, labels_from=lambda ids, read: ids):
    chosen = (draw < rate) & ~special
    read = ids.clone()
    masked = chosen & (share < 0.8)
    read[masked] = mask_id
    swapped = chosen & (share >= 0.8) & (share < 0.9)
    read[swapped] = random_ids[swapped]
    labels = labels_from(ids, read).clone()
    labels[~chosen] = IGNORE
    return read, labels


def masked_in_place(draw, share, ids, special, random_ids, mask_id, rate):
    chosen = (draw < rate) & ~special
    ids[chosen & (share < 0.8)] = mask_id
    return ids, torch.where(chosen, ids, IGNORE)


@pytest.mark.parametrize("attempt", [masked_by_a_loop, masked_by_indexing, lambda *case: list(masked_by_a_loop(*case))])
def test_loops_and_masks_both_pass(attempt):
    assert mask_tokens.examine(lambda *case: attempt(*case)).passed


def test_float_labels_of_the_right_values_pass_and_a_list_of_numbers_is_told():
    read_and_labels = mask_tokens.reference
    assert mask_tokens.examine(lambda *case: tuple(part.double() for part in read_and_labels(*case))).passed
    verdict = mask_tokens.examine(lambda *case: tuple(part.tolist() for part in read_and_labels(*case)))
    assert verdict.headline == "Result 1 is a list of 60, expected one tensor."


def test_comparisons_without_parentheses_do_not_look_like_an_untouched_stub():
    def attempt(draw, share, ids, special, random_ids, mask_id, rate):
        return torch.where(draw < rate & ~special, mask_id, ids), ids

    verdict = mask_tokens.examine(attempt)
    assert verdict.status == "wrong" and "put each comparison in parentheses" in verdict.detail


def test_labels_in_float32_are_told_to_be_whole_numbers():
    verdict = mask_tokens.examine(lambda *case: (lambda read, labels: (read, labels.float()))(*masked_by_a_loop(*case)))
    assert verdict.headline == "Result 2 is right, but holds float32: keep whole numbers (int64)."


def test_whoever_draws_anew_is_told_the_same_each_time():
    def attempt(draw, *more):
        return masked_by_a_loop(torch.rand(len(draw)), *more)

    told = {repr(mask_tokens.examine(attempt)) for _ in range(3)}
    assert len(told) == 1 and "gives another answer each time" in told.pop()


def test_whoever_writes_into_ids_is_told_so():
    verdict = mask_tokens.examine(lambda *case: masked_in_place(*case))
    assert "changes its argument `ids` in place" in verdict.headline


@pytest.mark.parametrize(
    ("attempt", "name"),
    [
        (
            lambda *case: masked_by_indexing(*case, labels_from=lambda ids, read: read),
            "the label of what stands there now",
        ),
        (
            lambda draw, share, ids, special, *more: masked_by_a_loop(draw, share, ids, special & False, *more),
            "masks special tokens",
        ),
        (lambda *case: (masked_by_a_loop(*case)[0], case[2]), "labels everywhere"),
        (lambda *case: masked_by_a_loop(*case)[::-1], "labels first, and what the model reads last"),
    ],
)
def test_mistakes_in_other_words_are_named(attempt, name):
    assert mask_tokens.examine(attempt).misconception == name


# --- The loss -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", masked_loss.all_cases())
def test_the_loss_is_that_of_torch_and_of_a_loop_with_its_gradient(case):
    logits, labels = case
    logits.requires_grad_()
    ours, theirs = masked_loss.reference(logits, labels), F.cross_entropy(logits, labels)
    assert_equal(ours, theirs)
    assert_equal_gradients(ours, [logits], theirs, [logits])
    rows = zip(logits.detach(), labels, strict=True)
    nats = [-math.log(row.exp()[label] / row.exp().sum()) for row, label in rows if label >= 0]
    assert ours.item() == pytest.approx(sum(nats) / len(nats), rel=1e-10)
    assert 0 in labels, "the word 0 is a label like any other"


@pytest.mark.parametrize(
    "attempt",
    [
        lambda logits, labels: F.cross_entropy(logits, labels),
        lambda logits, labels: F.nll_loss(logits.log_softmax(dim=1), labels),
        lambda logits, labels: F.cross_entropy(logits[labels != -100], labels[labels != -100]),
        lambda logits, labels: F.cross_entropy(logits, labels, reduction="sum") / (labels != -100).sum(),
        lambda logits, labels: (
            -torch.stack(
                [row.softmax(dim=0)[y].log() for row, y in zip(logits, labels, strict=True) if y != -100]
            ).mean()
        ),
    ],
)
def test_torch_and_a_loop_both_pass(attempt):
    assert masked_loss.examine(attempt).passed


@pytest.mark.parametrize(
    ("attempt", "name"),
    [
        (lambda x, y: F.cross_entropy(x, y, reduction="sum"), "the sum in place of the mean"),
        (lambda x, y: F.cross_entropy(x, y, reduction="none"), "one loss for each token"),
        (lambda x, y: F.cross_entropy(x, y, reduction="none").mean(), "divided by all tokens"),
        (lambda x, y: F.cross_entropy(x, y.clamp(min=0)), "asked at all tokens, as if the others had the label 0"),
        (lambda x, y: F.cross_entropy(x, y.clamp(min=0), ignore_index=0), "left out the word 0"),
        (lambda x, y: F.cross_entropy(x.softmax(dim=1), y), "a softmax before the cross-entropy"),
        (lambda x, y: F.nll_loss(x.softmax(dim=1), y), "forgot the logarithm"),
        (lambda x, y: F.nll_loss(x, y), "forgot the softmax"),
        (lambda x, y: F.nll_loss(x.log_softmax(dim=0), y), "softmax over the tokens"),
        (lambda x, y: F.cross_entropy(x, y).exp(), "the perplexity"),
        (
            lambda x, y: -x.log_softmax(dim=1)[y != -100][:, y[y != -100]].mean(),
            "each label at each asked token",
        ),
    ],
)
def test_mistakes_with_torch_are_named(attempt, name):
    assert masked_loss.examine(attempt).misconception == name


def test_typical_stumbles_of_the_loss_get_a_sentence():
    assert "no gradient flows" in masked_loss.examine(lambda x, y: F.cross_entropy(x.detach(), y)).headline
    assert "return missing" in masked_loss.examine(lambda x, y: None).headline
    verdict = masked_loss.examine(lambda x, y: F.cross_entropy(x, y, ignore_index=0))  # -100 is then a label
    assert verdict.headline.startswith("Your function stops with IndexError: Target -100 is out of bounds")


# --- A pair ---------------------------------------------------------------------------------------

SIGNS = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4}
VOCABULARY = SIGNS | {word: i for i, word in enumerate(("who", "is", "there", "the", "wolf", "?", "##s"), start=5)}


@pytest.mark.parametrize(("first", "second"), [("Who is there?", "The wolf."), ("Wolf", "who is the wolfs wolf ?")])
def test_a_pair_is_that_of_our_wordpiece_and_of_the_tokenizer(first, second):
    one, other = ([VOCABULARY[piece] for piece in wordpiece.pieces(text, VOCABULARY)] for text in (first, second))
    ids, segments = encode_pair.reference(one, other, SIGNS["[CLS]"], SIGNS["[SEP]"])
    written = wordpiece.encode(first, VOCABULARY, second)
    assert (ids, segments) == (written.ids, written.segments)
    encoded = wordpiece.tokenizer_of(VOCABULARY).encode_pair(first, second)
    assert (ids, segments) == (encoded.ids, encoded.segments)


def by_appending(first, second, cls, sep):
    ids, segments = [cls], [0]
    for segment, text in enumerate((first, second)):
        for token in (*text, sep):
            ids.append(token)
            segments.append(segment)
    return ids, segments


def test_a_pair_by_a_loop_passes_and_one_of_tensors_is_told():
    assert encode_pair.examine(by_appending).passed
    assert encode_pair.examine(lambda *case: list(by_appending(*case))).passed
    verdict = encode_pair.examine(lambda *case: tuple(torch.tensor(part) for part in by_appending(*case)))
    assert verdict.headline == "Result 1 is one tensor, expected a list of 8."


def test_whoever_extends_the_first_text_changes_it():
    def attempt(first, second, cls, sep):
        first += [sep]
        return [cls, *first, *second, sep], [0] * (len(first) + 1) + [1] * (len(second) + 1)

    assert "changes its argument `first` in place" in encode_pair.examine(attempt).headline


def test_segments_that_count_the_separators_are_named():
    def attempt(first, second, cls, sep):
        ids = [cls, *first, sep, *second, sep]
        return ids, (torch.tensor(ids) == sep).cumsum(0).tolist()

    assert encode_pair.examine(attempt).misconception == "counted each [SEP] where it stands"
