"""The causal loss: transformers' loss with labels=ids, its shift, and what it cannot judge."""

import math

import pytest
import torch
from torch.nn import functional as F

from lessons.gpt.loss import causal_loss
from tests.equality import assert_equal

BATCH, TIME, VOCAB = 3, 7, 11


def test_it_is_the_loss_of_transformers_with_its_gradients():
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    sizes = dict(vocab_size=VOCAB, n_embd=12, n_layer=2, n_head=4, n_positions=9)
    # transformers computes this loss with 32 bits, whatever the logits have.
    model = GPT2LMHeadModel(GPT2Config(**sizes, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0))
    ids = torch.randint(VOCAB, (BATCH, TIME))
    answer = model(ids, labels=ids)
    ours = causal_loss(answer.logits, ids)
    assert_equal(ours, answer.loss, 1e-6)
    weights = list(model.parameters())
    mine = torch.autograd.grad(ours, weights, retain_graph=True)
    for one, other in zip(mine, torch.autograd.grad(answer.loss, weights), strict=True):
        assert_equal(one, other, 1e-5)


def test_it_is_the_equation_of_the_paper():
    torch.manual_seed(0)
    logits = torch.randn(BATCH, TIME, VOCAB, dtype=torch.float64)
    ids = torch.randint(VOCAB, (BATCH, TIME))
    total = 0.0
    for row in range(BATCH):
        for i in range(1, TIME):
            total += logits[row, i - 1].log_softmax(dim=0)[ids[row, i]]
    assert_equal(causal_loss(logits, ids), -total / (BATCH * (TIME - 1)))


def test_who_knows_the_next_token_loses_nothing_and_who_knows_nothing_loses_log_vocab():
    torch.manual_seed(0)
    ids = torch.randint(VOCAB, (BATCH, TIME))
    next_one = 100.0 * F.one_hot(ids.roll(-1, dims=1), VOCAB)
    same_one = 100.0 * F.one_hot(ids, VOCAB)
    assert causal_loss(next_one, ids) == 0
    assert causal_loss(same_one, ids) > 50, "to repeat the token that was read is no prediction"
    assert causal_loss(torch.zeros(BATCH, TIME, VOCAB), ids).item() == pytest.approx(math.log(VOCAB))


def test_the_last_answer_and_the_first_token_are_not_judged():
    torch.manual_seed(0)
    logits, ids = torch.randn(BATCH, TIME, VOCAB), torch.randint(VOCAB, (BATCH, TIME))
    before = causal_loss(logits, ids)
    logits[:, -1], ids[:, 0] = 50 * torch.randn(BATCH, VOCAB), (ids[:, 0] + 1) % VOCAB
    assert causal_loss(logits, ids) == before


@pytest.mark.parametrize("time", [0, 1])
def test_a_text_without_a_next_token(time):
    with pytest.raises(ValueError, match=f"a text needs 2 or more, not {time}."):
        causal_loss(torch.zeros(BATCH, time, VOCAB), torch.zeros(BATCH, time, dtype=torch.long))
