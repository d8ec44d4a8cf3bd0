"""The tree of what could have been."""

import pytest
import torch

from lessons.gpt.generate import prompt_ids
from lessons.gpt.tree import Node, tree
from tests.attention.tiny import decoder


@pytest.fixture(scope="module")
def model():
    return decoder()


def chances(model, ids):
    return model(torch.tensor([ids]))[0, -1].softmax(dim=-1)


@torch.no_grad()
def check(model, ids, nodes, width, depth):
    """Every node against a reading of the whole text."""
    found = chances(model, ids)
    assert [node.id for node in nodes] == found.topk(width).indices.tolist()
    for node in nodes:
        assert node.probability == pytest.approx(found[node.id].item(), rel=1e-4)
        assert node.token == model.tokenizer.token(node.id)
        if depth == 1 or node.id in model.tokenizer.signs:
            assert node.children == []
        else:
            check(model, [*ids, node.id], node.children, width, depth - 1)


@pytest.mark.parametrize(("width", "depth"), [(1, 4), (3, 1), (3, 3), (4, 2)])
def test_every_node_is_what_the_model_says_behind_those_above(model, width, depth):
    prompt = "The wolf knocked"
    check(model, prompt_ids(model, prompt)[0], tree(model, prompt, width, depth), width, depth)


def test_nothing_grows_behind_a_sign():
    model = decoder()
    model.unembed = lambda x: 9.0 * torch.eye(model.config.vocab)[:2].sum(0).expand(x.shape[0], -1)  # START and token 1
    roots = tree(model, "The wolf", 2, 3)
    assert {node.id for node in roots} == {0, 1}
    assert [len(node.children) for node in sorted(roots, key=lambda node: node.id)] == [0, 2]
    model.unembed = lambda x: 9.0 * torch.eye(model.config.vocab)[0].expand(x.shape[0], -1)
    assert [node.children for node in tree(model, "The wolf", 1, 3)] == [[]]


def test_a_long_prompt_leaves_room_for_the_depth(model):
    long = "The wolf knocked at the door. " * 20
    check(model, prompt_ids(model, long, 4)[0], tree(model, long, 2, 4), 2, 4)


def test_it_cannot_be_wider_than_the_vocabulary(model):
    vocab = model.config.vocab
    nodes = tree(model, "The wolf", 10**6, 1)
    assert len(nodes) == vocab and isinstance(nodes[0], Node)
    assert sum(node.probability for node in nodes) == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize(("width", "depth", "sentence"), [
    (0, 2, "width and the depth of the tree must be 1 or more, not 0 and 2"),
    (2, 0, "1 or more, not 2 and 0"),
    (5, 4, "A tree of width 5 and depth 4 has 780 nodes and 500 are the most: make it smaller"),
])  # fmt: skip
def test_trees_that_cannot_be(model, width, depth, sentence):
    with pytest.raises(ValueError, match=sentence):
        tree(model, "x", width, depth)
