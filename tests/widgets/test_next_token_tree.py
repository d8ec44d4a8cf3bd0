"""The panel of the next token, without a browser: the tree of what could have been, and the reading it grows from."""

import numpy as np
import pytest

from tests.widgets import toy_readers
from tests.widgets.toy_writer import MODELS, SIGN, at, ids_of, panel, said, toy, unsigned
from widgets.explorers import next_token
from widgets.explorers.next_token import NEXT
from widgets.explorers.next_token_reading import AT_ONCE, Reading
from widgets.explorers.next_token_tree import grow
from widgets.explorers.next_token_views import named


@pytest.mark.parametrize("model", MODELS)
def test_the_tree_grows_as_the_model_says(model: str) -> None:
    p, whole = panel(model=model), MODELS[model]()
    ids = ids_of(p)
    _, branches = p._shown
    assert len(branches) == len(p.tree.labels) and p.tree.labels == [named(whole.tokenizer, b.id) for b in branches]
    assert p.tree.root == named(whole.tokenizer, ids[-1]) and p.tree.marks == []
    for i, branch in enumerate(branches):
        before = [branches[j].id for j in p.tree.path(i)[:-1]]
        chances = said(whole, [*ids, *before])[-1]
        assert p.tree.values[i] == pytest.approx(chances[branch.id].item(), rel=1e-4)
        brothers = [b.id for b in branches if b.parent == branch.parent]
        assert set(brothers) == set(chances.topk(len(brothers)).indices.tolist())
    widths = [sum(b.parent == fork for b in branches) for fork in range(-1, len(branches))]
    assert widths[0] == 3 and set(widths[1:]) <= {0, 2} and max(len(p.tree.path(i)) for i in range(len(branches))) == 3


def test_what_stands_in_the_text_is_among_the_branches_wherever_it_ranks(monkeypatch) -> None:
    unsigned(monkeypatch)
    p, beyond = panel(tokens=6, temperature=2.0), 0
    p.write()
    ids = ids_of(p)
    for p.place in range(1, len(ids)):
        standing = p.tree.marks
        assert [p._shown[1][i].id for i in standing] == ids[p.place : p.place + 3]
        assert [p.tree.parents[i] for i in standing] == [-1, *standing[:-1]]
        assert f"in place of “{named(toy().tokenizer, ids[p.place])}”" in p.tree.title
        beyond += p.tree.parents.count(-1) > 3
        (bar,) = [i for i, label in enumerate(p.bars.labels) if "← stands here" in label]
        chances = said(toy(), ids)[p.place - 1]
        rank = int((chances > chances[ids[p.place]]).sum())
        assert p.bars.values[0, bar] == pytest.approx(chances[ids[p.place]].item(), rel=1e-4)
        assert bar == min(rank, 10) and (rank < 10 or p.bars.labels[bar].endswith(f"number {rank + 1}"))
    assert beyond, "a case in which the text did not take one of the best"


def test_nothing_grows_behind_a_sign_or_beyond_the_context() -> None:
    reading = Reading(toy())
    reading.read(list(range(1, 39)))  # of 40
    assert max(grown_depth(reading, 38)) == 3
    reading.read(list(range(1, 40)))
    assert max(grown_depth(reading, 39)) == 2
    reading.read(list(range(1, 41)))
    assert max(grown_depth(reading, 40)) == 1
    reading.read([1, SIGN, 5])
    branches = grow(reading, 1)
    (sign,) = [i for i, branch in enumerate(branches) if branch.id == SIGN and branch.stands]
    assert all(branch.parent != sign for branch in branches)
    assert reading.ids == [1, SIGN, 5] and reading.logits(3).isfinite().all(), "the reading is what it was"


def grown_depth(reading: Reading, place: int) -> list[int]:
    depth: list[int] = []
    for branch in grow(reading, place):
        depth.append(1 if branch.parent < 0 else depth[branch.parent] + 1)
    return depth


def test_a_branch_is_taken_with_all_that_leads_to_it() -> None:
    p = panel()
    branches = p._shown[1]
    chosen = next(i for i in range(len(branches)) if len(p.tree.path(i)) == 3)
    path = [branches[i].id for i in p.tree.path(chosen)]
    p.tree.taken = chosen
    assert p.written == path and p.tree.taken == -1 and not p.tree.stale
    place = len(ids_of(p)) - 2
    p.place = place
    other = next(i for i, b in enumerate(p._shown[1]) if b.parent < 0 and not b.stands)
    taken = p._shown[1][other].id
    p.tree.taken = other
    assert p.written == [path[0], taken] and p.place == NEXT, "what stood behind it is gone"
    p.place = 2
    p.tree.taken = 0
    assert p.status.message == "This place is in your own text: change the text to go another way there."
    assert p.written == [path[0], taken] and p.tree.taken == -1


def test_a_stale_tree_cannot_be_taken_and_none_grows_while_it_writes(monkeypatch) -> None:
    unsigned(monkeypatch)
    p, seen = panel(tokens=4), []
    at(p, 3, lambda: (seen.append((p.tree.stale, p._shown[0])), setattr(p.tree, "taken", 0)))
    first = p._shown[0]
    p.write()
    assert seen == [(True, first)] and len(p.written) == 4
    assert not p.tree.stale and p._shown[0][1] == tuple(ids_of(p))


def test_a_tree_that_need_not_change_is_not_grown_again(monkeypatch) -> None:
    count = []
    monkeypatch.setattr(next_token, "grow", lambda *args: (count.append(1), grow(*args))[1])
    p = panel()
    p.temperature, p.top_k, p.seed = 0.3, 5, 4
    assert count == [1]
    p.place = 3
    assert count == [1, 1]


@pytest.mark.parametrize("size", [1, 2, AT_ONCE, AT_ONCE + 1, AT_ONCE + 2, 3 * AT_ONCE])
def test_a_long_text_is_scored_in_pieces_with_the_same_probabilities(size: int) -> None:
    model = toy_readers.decoder()
    ids = np.random.default_rng(0).integers(0, 256, size).tolist()
    reading = Reading(model)
    reading.read(ids[: size // 3])
    reading.read(ids)
    expected = said(model, ids)[range(size - 1), ids[1:]]
    assert len(reading.chances) == size
    np.testing.assert_allclose(reading.chances[1:], expected, rtol=1e-3)
    np.testing.assert_allclose(reading.logits(size).softmax(dim=-1), said(model, ids)[-1], rtol=1e-3, atol=1e-7)
