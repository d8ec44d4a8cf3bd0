"""Deleting heads: what is left, what comes back, how much it changes, and what cannot be deleted."""

import pytest
import torch

from lessons.attention import deletion
from lessons.attention.deletion import deleted, deleted_in_turn, next_probabilities, similarity, surprise
from lessons.attention.embedding import TokenEmbedding
from lessons.core.record import hook_points, record
from lessons.text.repeats import twice
from tests.attention.tiny import decoder, encoder

IDS = torch.tensor([0, 9, 300, 41, 300, 77])


def without_columns(model, heads):
    """The same model with the columns of W_O that belong to the heads set to 0: literally without them."""
    with torch.no_grad():
        for layer, head in heads:
            model.blocks[layer].attention.W_O[:, head] = 0
    return model


@pytest.mark.parametrize("heads", [[(0, 1)], [(2, 0), (2, 1)], [(1, 0), (0, 0), (2, 1)]])
def test_a_deleted_head_adds_nothing(heads):
    model, literal = decoder(), without_columns(decoder(), heads)
    whole = model(IDS[None])
    with deleted(model, heads):
        found = model(IDS[None])
    assert torch.allclose(found, literal(IDS[None]), atol=1e-5)
    assert (found - whole).abs().max() > 1e-3
    assert torch.equal(model(IDS[None]), whole)  # they are back


def test_in_an_encoder_too():
    ids = torch.tensor([[2, 5, 9, 12, 3]])
    model, literal = encoder(), without_columns(encoder(), [(1, 2)])
    with deleted(model, [(1, 2)]):
        assert torch.allclose(model(ids), literal(ids), atol=1e-5)


def test_the_pattern_of_a_deleted_head_can_still_be_seen():
    model = decoder()
    with record(model) as whole:
        model(IDS[None])
    with deleted(model, [(1, 1)]), record(model) as seen:
        model(IDS[None])
    name = "blocks.1.attention.see_pattern"
    assert torch.equal(seen[name], whole[name])
    assert (seen["blocks.1.attention.see_head"][:, 1] == 0).all()
    assert (seen["blocks.1.attention.see_head"][:, 0] != 0).any()
    assert not torch.equal(seen["blocks.2.attention.see_pattern"], whole["blocks.2.attention.see_pattern"])


def test_no_head_changes_nothing_and_nothing_is_left_behind():
    model = decoder()
    whole = model(IDS[None])
    with deleted(model, []):
        assert torch.equal(model(IDS[None]), whole)
    with pytest.raises(RuntimeError, match="on purpose"), deleted(model, [(0, 0)]):
        raise RuntimeError("on purpose")
    assert not any(point.edits for point in hook_points(model).values())


def test_blocks_can_be_nested():
    model = decoder()
    with deleted(model, [(0, 0), (2, 1)]):
        together = model(IDS[None])
    with deleted(model, [(0, 0)]), deleted(model, [(2, 1)]):
        assert torch.equal(model(IDS[None]), together)


@pytest.mark.parametrize(
    "heads, sentence",
    [
        ([(3, 0)], "There is no layer 3: this model has the layers 0 to 2."),
        ([(-1, 0)], "There is no layer -1: this model has the layers 0 to 2."),
        ([(0, 2)], "There is no head 2: a layer of this model has the heads 0 to 1."),
        ([(0, -1)], "There is no head -1: a layer of this model has the heads 0 to 1."),
        ([(1, 1), (0, 1), (1, 1)], "Head 1 of layer 1 is named twice: a head can be deleted once."),
    ],
)
def test_what_cannot_be_deleted(heads, sentence):
    model = decoder()
    with pytest.raises(ValueError) as error, deleted(model, heads):
        pass
    assert str(error.value) == sentence
    assert not any(point.edits for point in hook_points(model).values())


def test_the_next_token():
    model = decoder()
    found = next_probabilities(model, IDS)
    assert found.shape == (500,) and found.sum().item() == pytest.approx(1, abs=1e-5)
    assert torch.allclose(found, model(IDS[None])[0, -1].softmax(dim=-1), atol=1e-6)
    with deleted(model, [(0, 0)]):
        assert (next_probabilities(model, IDS) - found).abs().sum() > 1e-4


def test_the_surprise_of_every_token_after_the_first():
    model = decoder()
    found = surprise(model, IDS)
    assert found.shape == (5,) and not found.requires_grad
    for place in range(1, 6):
        probability = next_probabilities(model, IDS[:place])[IDS[place]]
        assert found[place - 1].item() == pytest.approx(-probability.log().item(), abs=1e-4)
    with pytest.raises(ValueError, match="2 tokens or more, not 1"):
        surprise(model, IDS[:1])


def test_the_similarity_of_two_sentences():
    model = encoder()
    a, b = torch.tensor([2, 5, 9, 3]), torch.tensor([2, 12, 10, 6, 3])
    assert similarity(model, a, a) == pytest.approx(1, abs=1e-6)
    assert -1 <= similarity(model, a, b) < 0.999 and similarity(model, a, b) == pytest.approx(similarity(model, b, a))
    with deleted(model, [(0, 1)]):
        assert abs(similarity(model, a, b)) <= 1


def test_what_is_asked_leaves_the_model_in_training():
    """And it was asked without dropout all the same."""
    model, dropping = decoder().train(), encoder()
    dropping.drop.p = 0.5
    still = similarity(dropping, IDS[:2], IDS[:3] * 0)
    dropping.train()
    assert similarity(dropping, IDS[:2], IDS[:3] * 0) == still
    next_probabilities(model, IDS)
    surprise(model, IDS)
    assert all(part.training for asked in (model, dropping) for part in asked.modules())


def test_the_tokens_go_where_the_model_is(monkeypatch):
    """A model on "meta" has shapes and no numbers, so its embedding cannot check the ids."""
    monkeypatch.setattr(TokenEmbedding, "forward", torch.nn.Embedding.forward)
    model, devices = decoder().to("meta"), []
    assert next_probabilities(model, IDS).device.type == surprise(model, IDS).device.type == "meta"
    monkeypatch.setattr(
        deletion, "sentence_vector", lambda _, ids: [devices.append(ids.device.type), torch.ones(1, 3)][1]
    )
    similarity(encoder().to("meta"), IDS, IDS)
    assert devices == ["meta", "meta"]


def test_every_head_in_turn():
    model, ids = decoder(), twice(decoder().tokenizer, 8)
    change = deleted_in_turn(model, lambda: surprise(model, ids).mean().item())
    assert change.shape == (3, 2)
    whole = surprise(model, ids).mean().item()
    with deleted(model, [(2, 0)]):
        assert change[2, 0].item() == pytest.approx(surprise(model, ids).mean().item() - whole, abs=1e-5)
