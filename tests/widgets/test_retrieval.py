"""Retrieval by hand: set a trait, read the plane and the bars."""

import numpy as np
import pytest
import torch
import traitlets as t

from lessons.attention.retrieval import ANIMALS, learn_nearest, retrieve
from lessons.attention.similarity import SIMILARITIES
from widgets.explorers.retrieval import LIMIT, TEMPERATURES, Retrieval

DEFAULTS = {"query": [0.6, -1.0], "similarity": "dot", "temperature": 1.0}


def _weights(panel: Retrieval) -> np.ndarray:
    return np.frombuffer(panel.plane.weights, np.float32)


@pytest.mark.parametrize("similarity", SIMILARITIES)
@pytest.mark.parametrize("temperature", [0.0, 0.5, 20.0])
def test_the_weights_and_the_answer_are_those_of_the_lesson(similarity: str, temperature: float) -> None:
    panel = Retrieval(query=[-1.2, 0.7], similarity=similarity, temperature=temperature)
    score = learn_nearest(similarity, ANIMALS.key)
    query = torch.tensor([[-1.2, 0.7]], dtype=torch.float64)
    answer, weights = retrieve(query, ANIMALS.key, ANIMALS.value, score, temperature)
    np.testing.assert_allclose(_weights(panel), weights[0].numpy(), rtol=1e-6)
    np.testing.assert_allclose(panel.bars.values[0], weights[0].numpy(), rtol=1e-6)
    np.testing.assert_allclose(panel.plane.values, ANIMALS.key.numpy(), rtol=1e-6)
    assert float(panel.plane.readout.split(" is ")[1].split(" ")[0]) == pytest.approx(answer.item(), abs=0.051)
    for label, name, value in zip(panel.bars.labels, ANIMALS.names, score(query, ANIMALS.key)[0].tolist(), strict=True):
        assert label.startswith(f"{name}, ") and float(label.split(", ")[1].replace("−", "-")) == pytest.approx(
            value, abs=0.0051
        )
    assert panel.status.message == "" and panel.plane.labels == list(ANIMALS.names)


def test_the_handle_is_the_query_from_either_side() -> None:
    panel = Retrieval()
    assert panel.plane.handle == panel.query == [0.6, -1.0]
    panel.plane.handle = [1.9, -0.1]  # as the page does, by mouse or arrow key
    assert panel.query == [1.9, -0.1] and "elephant (65)" in panel.plane.readout.split(",")[0]
    panel.query = [-2.0, 2.0]
    assert panel.plane.handle == [-2.0, 2.0] and panel.plane.limits == [-LIMIT, LIMIT]


def test_the_sentence_names_the_largest_parts_and_what_the_limits_mean() -> None:
    panel = Retrieval(query=[0.0, -2.0], temperature=0.0)
    assert panel.plane.readout == "The answer to “how old can it get?” is 5 years. It holds 100 % of snail (5)."
    panel.query = [0.0, 0.0]
    plain_mean = "The answer to “how old can it get?” is 31.8 years. All animals count alike: it is their plain mean."
    for temperature in TEMPERATURES:
        panel.temperature = temperature
        assert panel.plane.readout == plain_mean
    panel.query = [0.001, 0.0]
    assert panel.bars.labels[0] == "snail, 0.00", "a score of -0.0019 is written without a minus"
    panel.query = [2.0, -2.0]
    assert "−" in "".join(panel.bars.labels) and "-" not in "".join(panel.bars.labels), "a real minus"
    panel.query, panel.temperature = [0.1, -0.1], 1.0
    assert panel.plane.readout.count(" % of ") == 3


def test_a_longer_query_is_surer_with_the_dot_product_and_not_with_the_cosine() -> None:
    panel = Retrieval(query=[0.5, 0.5])
    weak = _weights(panel).max()
    panel.query = [2.0, 2.0]
    assert _weights(panel).max() > 1.5 * weak
    panel.similarity = "cosine"
    strong = _weights(panel)
    panel.query = [0.5, 0.5]
    np.testing.assert_allclose(_weights(panel), strong, rtol=1e-6)


@pytest.mark.parametrize("query", [[0.0], [0.0, 1.0, 2.0], [2.6, 0.0], [0.0, -1e9], [float("nan"), 0.0]])
def test_a_query_out_of_the_plane_is_refused_and_the_picture_stays(query: list[float]) -> None:
    panel = Retrieval()
    before = panel.plane.readout
    with pytest.raises(t.TraitError, match="from -2.5 to 2.5, not"):
        panel.query = query
    assert panel.query == DEFAULTS["query"] and panel.plane.readout == before


def test_every_control_moves_its_state_and_back() -> None:
    panel, other = Retrieval(), Retrieval()
    assert {name: getattr(panel, name) for name in panel.state()} == DEFAULTS
    assert set(panel.controls) == set(DEFAULTS) - {"query"}, "the query is moved in the plane"
    for name, other_value in {"similarity": "additive", "temperature": 0.0}.items():
        control = panel.controls[name]
        control.value = other_value
        assert getattr(panel, name) == other_value != getattr(other, name)
        setattr(panel, name, DEFAULTS[name])
        assert control.value == DEFAULTS[name]
    for wrong in ({"similarity": "manhattan"}, {"temperature": -1.0}, {"temperature": 0.3}):
        with pytest.raises(t.TraitError):
            Retrieval(**wrong)


def test_update_is_a_pure_function_of_the_state() -> None:
    panel = Retrieval(similarity="additive")
    assert str(panel.update()) == str(panel.update())
    assert panel.plane.readout == panel.update()["plane"]["readout"]
