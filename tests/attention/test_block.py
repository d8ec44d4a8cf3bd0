"""Blocks beyond what tests/reference compares with torch: no look ahead, dropout, positions, what is refused."""

import pytest
import torch

from lessons.attention.block import DecoderBlock, EncoderBlock, FeedForward
from lessons.attention.embedding import TokenEmbedding
from lessons.attention.multi_head import InnerPositions
from lessons.core.record import hook_points, record

BATCH, TIME, SOURCE, D_MODEL, HEADS, D_FF = 2, 5, 7, 12, 3, 17


def test_a_decoder_block_never_looks_ahead_and_sees_the_whole_source():
    torch.manual_seed(0)
    block, x, source = (
        DecoderBlock(D_MODEL, HEADS, D_FF),
        torch.randn(1, TIME, D_MODEL),
        torch.randn(1, SOURCE, D_MODEL),
    )
    before, later = block(x, source), x.clone()
    later[:, 3:] += 1
    after = block(later, source)
    assert torch.equal(before[:, :3], after[:, :3]) and not torch.allclose(before[:, 3:], after[:, 3:])
    source[:, -1] += 1
    assert not torch.isclose(block(x, source), before).all(dim=-1).any()


def test_the_attentions_of_a_decoder_block_are_marked_apart():
    names = hook_points(DecoderBlock(D_MODEL, HEADS, D_FF))
    assert {"attention.see_pattern", "cross_attention.see_pattern", "see_residual"} <= names.keys()


@pytest.mark.parametrize("norm_first", [False, True])
def test_dropout_acts_on_the_pattern_and_on_what_is_added_in_training_only(norm_first):
    torch.manual_seed(0)
    block = EncoderBlock(D_MODEL, HEADS, D_FF, norm_first=norm_first, dropout=0.4)
    x = torch.randn(BATCH, TIME, D_MODEL)
    assert torch.equal(block.eval()(x), block(x))
    block.train()
    assert block.attention.drop.p == 0.4
    added = []
    block.drop.register_forward_hook(lambda module, inputs, output: added.append((inputs[0], output)))
    with record(block) as seen:
        block(x)
    assert len(added) == 2  # behind the attention and behind the feed-forward part
    for before, after in added:
        kept = after != 0
        assert 0 < kept.float().mean() < 1
        assert torch.allclose(after[kept], before[kept] / 0.6)
    assert torch.allclose(seen["attention.see_pattern"].sum(dim=-1), torch.ones(BATCH, HEADS, TIME))


def test_positions_reach_the_attention():
    class Places(InnerPositions):
        def turn(self, x, first=0):
            return x * torch.arange(1, x.shape[2] + 1)[:, None]

    torch.manual_seed(0)
    block, order = EncoderBlock(D_MODEL, HEADS, D_FF, positions=Places()), torch.tensor([3, 0, 4, 1, 2])
    x = torch.randn(BATCH, TIME, D_MODEL)
    assert not torch.allclose(block(x[:, order]), block(x)[:, order], atol=1e-3)
    block.attention.positions = InnerPositions()
    assert torch.allclose(block(x[:, order]), block(x)[:, order], atol=1e-5)


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda: FeedForward(4, 8, "swish"), "The activation must be one of relu, gelu, not 'swish'."),
    (lambda: FeedForward(4, 0), "d_ff must be 1 or more, not 0."),
    (lambda: EncoderBlock(10, 4, 8), "d_model must be a multiple of heads: 10 is none of 4"),
    (lambda: EncoderBlock(8, 4, 8, dropout=1.0), "dropout must be from 0 up to and without 1, not 1.0"),
    (lambda: TokenEmbedding(5, 3, 4)(torch.zeros(1, 0).long()), "This model reads 1 to 4 tokens, not 0"),
    (lambda: TokenEmbedding(5, 3, None)(torch.zeros(1, 0).long()), "This model reads 1 or more tokens, not 0"),
    (lambda: TokenEmbedding(5, 3, 4)(torch.zeros(1, 5).long()), "1 to 4 tokens, not 5: take a text of that length."),
    (lambda: TokenEmbedding(5, 3, 4)(torch.tensor([[0, 5, 4]])), "knows the tokens 0 to 4, but the text has 5:"),
    (lambda: TokenEmbedding(5, 3, 4)(torch.tensor([[0, -1, 4]])), "0 to 4, but the text has -1: use the model's own"),
])  # fmt: skip
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_an_embedding_is_a_row_of_the_table():
    embed = TokenEmbedding(5, 3, 4)
    assert torch.equal(embed(torch.tensor([[4, 0, 4]]))[0], embed.weight[[4, 0, 4]])
    assert embed(torch.zeros(0, 2).long()).shape == (0, 2, 3)  # no text at all
