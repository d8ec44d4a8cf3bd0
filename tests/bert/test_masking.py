"""Masking: its rates by a test of significance, its rules at every token, the same for the same seed.

A share of k in n draws is refused when a fair draw with the chance p would give one as far off in less than one case of
500 million: the probability of k or more (of k or fewer) is at most exp(-n KL(k/n, p)), whatever n is (Chernoff's
bound, Hoeffding 1963). So a change of the random numbers does not break these tests, but a wrong rate does.
"""

import math

import pytest
import torch
from torch import Tensor

from lessons.bert.masking import (
    IGNORE,
    KEPT,
    MASKED,
    RANDOM,
    UNTOUCHED,
    Masking,
    epoch_generator,
    mask_tokens,
    masked_loss,
)
from lessons.core.seed import generator

RARE = 1e-9
CLS, SEP, MASK, PAD, FIRST, VOCAB = 2, 3, 4, 0, 5, 42
ORDINARY = torch.arange(FIRST, VOCAB)
TEXTS, TIME = 2000, 60
AS_BERT = Masking()


def likely(hits: int, draws: int, chance: float, tests: int = 1) -> bool:
    """Whether a coin with this chance may show as many hits. tests: how many such questions are asked at once."""
    share = hits / draws
    divergence = sum(p * math.log(p / q) for p, q in ((share, chance), (1 - share, 1 - chance)) if p)
    return math.exp(-draws * divergence) >= RARE / tests


def grid() -> tuple[Tensor, Tensor]:
    """Many texts [CLS] … [SEP] of several lengths with padding, and where a token may be chosen."""
    ids = torch.randint(FIRST, VOCAB, (TEXTS, TIME), generator=generator(1))
    ends = torch.randint(1, TIME, (TEXTS, 1), generator=generator(2))
    where = torch.arange(TIME)
    ids = ids.where(where < ends, PAD).scatter(1, ends, SEP)
    ids[:, 0] = CLS
    return ids, ids >= FIRST


IDS, MASKABLE = grid()


def masked(masking: Masking = AS_BERT, seed: int = 0, words=None, ordinary=ORDINARY):
    return mask_tokens(IDS, MASKABLE, MASK, ordinary, masking, generator(seed), words)


def test_the_bound_itself():
    assert likely(5, 10, 0.5) and likely(0, 10, 0.5) and likely(150, 1000, 0.15)
    assert not likely(0, 10_000, 0.15) and not likely(1600, 10_000, 0.15 * 0.8) and not likely(40, 40, 0.5)
    tail = sum(math.comb(200, k) * 0.3**k * 0.7 ** (200 - k) for k in range(101, 201))
    assert tail <= math.exp(-200 * (0.505 * math.log(0.505 / 0.3) + 0.495 * math.log(0.495 / 0.7)))


@pytest.mark.parametrize("masking", [
    Masking(), Masking(0.4, 0.5, 0.3), Masking(0.02, 0.1, 0.8), Masking(0.99, 0.3, 0.7), Masking(1.0, 0.8, 0.1),
    Masking(0.15, 1.0, 0.0), Masking(0.15, 0.0, 1.0), Masking(0.15, 0.0, 0.0),
])  # fmt: skip
def test_the_rate_and_the_shares_of_the_chosen(masking):
    fate = masked(masking).fate
    chosen = int((fate != UNTOUCHED).sum())
    assert likely(chosen, int(MASKABLE.sum()), masking.rate)
    shares = {MASKED: masking.masked, RANDOM: masking.random, KEPT: 1 - masking.masked - masking.random}
    for what, share in shares.items():
        hits = int((fate == what).sum())
        assert hits == share * chosen if share in (0, 1) else likely(hits, chosen, share)


def test_every_place_is_chosen_alike_and_by_itself():
    chosen = masked(Masking(0.3)).fate != UNTOUCHED
    for place in range(1, TIME - 1):
        assert likely(int(chosen[:, place].sum()), int(MASKABLE[:, place].sum()), 0.3, TIME)
    both = MASKABLE[:, 1:] & MASKABLE[:, :-1]
    assert likely(int((chosen[:, 1:] & chosen[:, :-1] & both).sum()), int(both.sum()), 0.3**2)
    rows = MASKABLE[1:] & MASKABLE[:-1]
    assert likely(int((chosen[1:] & chosen[:-1] & rows).sum()), int(rows.sum()), 0.3**2)


def test_a_random_token_is_any_ordinary_one_whatever_was_there():
    found = masked(Masking(1.0, 0.0, 1.0))
    drawn, before = found.ids[MASKABLE], IDS[MASKABLE]
    for token in ORDINARY.tolist():
        assert likely(int((drawn == token).sum()), len(drawn), 1 / len(ORDINARY), len(ORDINARY))
    assert likely(int((drawn == before).sum()), len(drawn), 1 / len(ORDINARY))
    few = torch.tensor([7, 30, 41])
    assert set(masked(Masking(1.0, 0.0, 1.0), ordinary=few).ids[MASKABLE].tolist()) == {7, 30, 41}


@pytest.mark.parametrize("rate", [0.15, 0.9, 1.0])
@pytest.mark.parametrize("whole_words", [False, True])
def test_no_sign_and_no_padding_is_chosen_or_drawn(rate, whole_words):
    found = masked(Masking(rate, 0.4, 0.5), words=in_pairs() if whole_words else None)
    assert torch.equal(found.ids[~MASKABLE], IDS[~MASKABLE]) and (found.fate[~MASKABLE] == UNTOUCHED).all()
    assert (found.labels[~MASKABLE] == IGNORE).all()
    assert torch.isin(found.ids[MASKABLE], torch.cat([ORDINARY, torch.tensor([MASK])])).all()


@pytest.mark.parametrize("rate", [0.0, 0.15, 1.0])
def test_what_is_read_and_what_is_to_be_said_follow_from_the_fate(rate):
    before = IDS.clone()
    found = masked(Masking(rate, 0.4, 0.3))
    assert torch.equal(IDS, before)
    chosen = found.fate != UNTOUCHED
    assert torch.equal(found.labels, IDS.where(chosen, IGNORE))
    assert torch.equal(chosen, MASKABLE & (rate > 0) if rate in (0, 1) else chosen)
    same = (found.fate == UNTOUCHED) | (found.fate == KEPT)
    assert torch.equal(found.ids[same], IDS[same])
    assert (found.ids[found.fate == MASKED] == MASK).all() and (found.ids[found.fate == RANDOM] >= FIRST).all()


def test_the_seed_decides():
    first, again, other = masked(seed=3), masked(seed=3), masked(seed=4)
    for name in ("ids", "labels", "fate"):
        assert torch.equal(getattr(first, name), getattr(again, name))
        assert not torch.equal(getattr(first, name), getattr(other, name))
    source = generator(3)
    mask_tokens(IDS, MASKABLE, MASK, ORDINARY, Masking(), source)
    second = mask_tokens(IDS, MASKABLE, MASK, ORDINARY, Masking(), source)  # the source has gone on
    assert not torch.equal(first.fate, second.fate)


def in_pairs() -> Tensor:
    """Words of two pieces behind [CLS]; the last piece of a text may be a word by itself."""
    return ((torch.arange(TIME) + 1) // 2).expand(TEXTS, TIME)


def test_whole_words_all_pieces_or_none():
    masking = Masking(0.2)
    found = masked(masking, words=in_pairs())
    one, other = slice(1, TIME - 1, 2), slice(2, TIME, 2)
    whole = MASKABLE[:, one] & MASKABLE[:, other]
    first, second = found.fate[:, one][whole], found.fate[:, other][whole]
    chosen = first != UNTOUCHED
    assert torch.equal(chosen, second != UNTOUCHED)
    assert likely(int(chosen.sum()), len(chosen), masking.rate)  # the rate is one of words
    fates = torch.cat([first[chosen], second[chosen]])
    for what, share in ((MASKED, 0.8), (RANDOM, 0.1), (KEPT, 0.1)):
        assert likely(int((fates == what).sum()), len(fates), share)
    # each piece by itself
    assert likely(int(((first == MASKED) & (second == MASKED)).sum()), int(chosen.sum()), 0.8**2)
    neighbours = whole[:, 1:] & whole[:, :-1]
    words = found.fate[:, one] != UNTOUCHED
    both = (words[:, 1:] & words[:, :-1])[neighbours]
    assert likely(int(both.sum()), len(both), masking.rate**2)


def test_single_pieces_are_not_chosen_together():
    fate = masked(Masking(0.2)).fate
    one, other = fate[:, 1 : TIME - 1 : 2] != UNTOUCHED, fate[:, 2:TIME:2] != UNTOUCHED
    whole = MASKABLE[:, 1 : TIME - 1 : 2] & MASKABLE[:, 2:TIME:2]
    assert (one != other)[whole].any()


@pytest.mark.parametrize("copies", [None, 1, 4, 10])
def test_static_masking_repeats_and_dynamic_masking_does_not(copies):
    fates = [
        mask_tokens(IDS, MASKABLE, MASK, ORDINARY, Masking(), epoch_generator(5, epoch, copies)).fate
        for epoch in range(12)
    ]
    for one in range(12):
        for other in range(one):
            repeats = copies is not None and one % copies == other % copies
            assert torch.equal(fates[one], fates[other]) == repeats
            if not repeats:  # they have nothing in common
                both = int(((fates[one] != UNTOUCHED) & (fates[other] != UNTOUCHED)).sum())
                assert likely(both, int(MASKABLE.sum()), 0.15**2, 66)


def test_the_first_epoch_is_the_same_in_all_ways_and_the_seed_decides():
    def state(*arguments):
        return epoch_generator(*arguments).get_state()

    assert torch.equal(state(5, 0), state(5, 0, 1)) and torch.equal(state(5, 7), state(5, 7, 10))
    assert not torch.equal(state(5, 0), state(6, 0)) and not torch.equal(state(5, 1), state(6, 0))


@pytest.mark.parametrize(("arguments", "sentence"), [
    ((0, -1), "Epochs are counted from 0, and copies are 1 or more, not -1 and None."),
    ((0, 3, 0), "not 3 and 0."),
    ((-1, 0), "A seed is a whole number from 0 to"),
])  # fmt: skip
def test_an_epoch_that_there_is_not(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        epoch_generator(*arguments)


@pytest.mark.parametrize(("rates", "sentence"), [
    ({"rate": -0.1}, "rate must be from 0 to 1, not -0.1."),
    ({"rate": 1.5}, "rate must be from 0 to 1, not 1.5."),
    ({"rate": math.nan}, "rate must be from 0 to 1, not nan."),
    ({"masked": 1.1}, "masked must be from 0 to 1, not 1.1."),
    ({"random": -1.0}, "random must be from 0 to 1, not -1.0."),
    ({"masked": 0.8, "random": 0.3}, r"together at most 1, not 0.8 \+ 0.3."),
])  # fmt: skip
def test_rates_out_of_their_range(rates, sentence):
    with pytest.raises(ValueError, match=sentence):
        Masking(**rates)


@pytest.mark.parametrize("shape", [(0, 5), (3, 0), (2, 2)])
def test_texts_without_a_token_to_choose_stay_as_they_are(shape):
    ids = torch.full(shape, CLS)
    for words in (None, torch.zeros_like(ids)):
        found = mask_tokens(ids, ids >= FIRST, MASK, ORDINARY, Masking(1.0), generator(0), words)
        assert torch.equal(found.ids, ids) and (found.labels == IGNORE).all() and (found.fate == UNTOUCHED).all()
    assert masked_loss(torch.randn(*shape, VOCAB), found.labels).item() == 0


def test_nothing_to_draw_from_is_refused_where_something_is_drawn():
    nothing = torch.tensor([], dtype=torch.long)
    with pytest.raises(ValueError, match="There is no token to draw a random one from"):
        masked(ordinary=nothing)
    assert (masked(Masking(1.0, 1.0, 0.0), ordinary=nothing).ids[MASKABLE] == MASK).all()


@pytest.mark.parametrize("wrong", [-1, TIME])
def test_a_number_of_a_word_that_cannot_be(wrong):
    with pytest.raises(ValueError, match=f"The words of {TIME} tokens are numbered from 0 to {TIME - 1} at most."):
        masked(words=torch.full((TEXTS, TIME), wrong))


def test_the_loss_is_the_mean_over_what_is_asked_and_nothing_else():
    logits = torch.randn(2, 3, 7, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([[IGNORE, 4, IGNORE], [IGNORE, IGNORE, 6]])
    loss = masked_loss(logits, labels)
    by_hand = -(logits.log_softmax(-1)[0, 1, 4] + logits.log_softmax(-1)[1, 2, 6]) / 2
    assert loss.item() == pytest.approx(by_hand.item(), rel=1e-12)
    loss.backward()
    assert torch.equal(logits.grad.abs().sum(-1) > 0, labels != IGNORE)
