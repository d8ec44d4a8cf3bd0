"""Low-rank updates: they begin at zero, change what they are said to change, and are merged without a trace."""

from dataclasses import asdict

import pytest
import torch

from lessons.bert.encoder import BertConfig, BertEncoder
from lessons.bert.low_rank import TABLES, LowRankUpdates, UpdatesConfig
from lessons.core.muon import as_matrix
from tests.equality import assert_equal

CONFIG = BertConfig(vocab=13, d_model=12, layers=2, heads=3, d_ff=20, context=9, dropout=0.25)
RANK = 5


@pytest.fixture
def base() -> BertEncoder:
    torch.manual_seed(0)
    return BertEncoder(CONFIG).double()


def updates(drawn: bool = False) -> LowRankUpdates:
    torch.manual_seed(1)
    made = LowRankUpdates(UpdatesConfig(**asdict(CONFIG), rank=RANK)).double()
    if drawn:
        for weight in made.parameters():
            torch.nn.init.normal_(weight, std=0.2)
    return made


def ids() -> torch.Tensor:
    return torch.randint(13, (4, 7), generator=torch.Generator().manual_seed(2))


def test_at_the_beginning_nothing_is_changed(base):
    base.eval()
    assert_equal(updates().merged(base).encoder(ids()), base(ids()), 1e-12)


def test_every_weight_but_the_tables_is_changed_and_the_base_is_not(base):
    before = {name: weight.clone() for name, weight in base.named_parameters()}
    changed = updates(drawn=True)
    merged = changed.merged(base).encoder
    for name, weight in base.named_parameters():
        assert torch.equal(weight, before[name])
        assert torch.equal(merged.get_parameter(name), weight) == (name in TABLES), name
    assert merged.embed.weight.data_ptr() == base.embed.weight.data_ptr()  # 47 MB of MiniLM are not copied


def test_the_change_of_a_matrix_has_the_rank(base):
    merged = updates(drawn=True).merged(base).encoder
    matrices = 0
    for name, weight in base.named_parameters():
        if name in TABLES or weight.dim() == 1 or ".b_" in name:
            continue
        change = as_matrix((merged.get_parameter(name) - weight).detach())
        assert torch.linalg.matrix_rank(change) == RANK, name
        matrices += 1
    assert matrices == 6 * CONFIG.layers


def test_gradients_reach_the_updates_alone(base):
    changed = updates(drawn=True)
    found = torch.func.functional_call(base, changed.weights(base), (ids(),))
    found.square().sum().backward()
    assert all(weight.grad is None for weight in base.parameters())
    for part in (changed.up, changed.down, changed.vector):
        # a bias of a key changes all scores of a query alike, so the softmax does not see it
        wanting = [name for name, weight in part.items() if not weight.grad.abs().max() > 1e-9]
        assert all(name.endswith("b_K") for name in wanting)


def test_the_merged_model_is_its_own(base):
    """A later training of either does not reach the other, but for the shared tables."""
    changed = updates(drawn=True)
    model = changed.merged(base)
    with torch.no_grad():
        changed.head.bias.fill_(7)
        changed.vector["blocks/0/attention/b_Q"].fill_(7)
    assert not (model.head.bias == 7).any() and not (model.encoder.blocks[0].attention.b_Q == 7).any()
    assert not model.training and all(weight.requires_grad for weight in model.parameters())


def test_a_file_of_updates_is_small():
    """Rank 64 for MiniLM: 2.9 million numbers, 8 MB at most in 16 bits, of an encoder of 22.6 million."""
    big = BertConfig(vocab=30522, d_model=384, layers=6, heads=12, d_ff=1536)
    with torch.device("meta"):
        made = LowRankUpdates(UpdatesConfig(**asdict(big), rank=64))
    assert 2 * sum(weight.numel() for weight in made.parameters()) < 8_000_000


@pytest.mark.parametrize("rank", [0, -3])
def test_a_rank_below_one_is_refused(rank):
    with pytest.raises(ValueError, match=f"rank must be 1 or more, not {rank}"):
        UpdatesConfig(**asdict(CONFIG), rank=rank)
