"""The panel that deletes heads, without a browser."""

import numpy as np
import pytest
import torch

from lessons.attention.deletion import deleted, next_probabilities, similarity, surprise
from tests.widgets.toy_readers import decoder, encoder, models
from widgets.explorers.head_deletion import HeadDeletion

TEXT, OTHER = "the cat sat on the mat", "a dog ran to me"
ENCODER, DECODER = models()


def panel(**state: object) -> HeadDeletion:
    return HeadDeletion(models(), **{"text": TEXT, "other": OTHER, **state})


def ids(model, text: str) -> torch.Tensor:
    return torch.tensor(model.tokenizer.encode(text).ids)


def test_a_decoder_comes_first_and_says_what_comes_next() -> None:
    p = panel()
    assert p.model == DECODER and p.bars.series == [] and len(p.bars.labels) == 8
    chances = next_probabilities(decoder(), ids(decoder(), TEXT)).topk(8).values
    np.testing.assert_allclose(p.bars.values[0], chances, rtol=1e-5)
    assert not p.strip.values.any(), "nothing is deleted, nothing has changed"


def test_a_deleted_head_changes_what_comes_next() -> None:
    p = panel()
    p.thumbnails.selected = [1, 2]
    p.controls["delete"].click()
    assert p.gone == ((1, 2),) and p.thumbnails.marks == [[1, 2]]
    model = decoder()
    before, costs = next_probabilities(model, ids(model, TEXT)), surprise(model, ids(model, TEXT))
    with deleted(model, [(1, 2)]):
        after, more = next_probabilities(model, ids(model, TEXT)), surprise(model, ids(model, TEXT))
    best = torch.stack([before, after]).amax(dim=0).topk(8).indices
    np.testing.assert_allclose(p.bars.values, torch.stack([before, after])[:, best], rtol=1e-5)
    assert p.bars.series == ["the whole model", "without the deleted heads"]
    np.testing.assert_allclose(p.strip.values[0, 1:], more - costs, rtol=1e-4, atol=1e-6)
    assert p.strip.values[0, 0] == 0 and "Without the deleted heads it is" in p.status.message
    p.controls["restore"].click()
    assert p.gone == () and p.thumbnails.marks == [] and p.bars.series == [] and not p.strip.values.any()


def test_a_head_is_deleted_once_and_a_layer_as_a_whole() -> None:
    p = panel(gone=((0, 1),))
    assert p.gone == ((0, 1),) and p.thumbnails.marks == [[0, 1]]
    p.thumbnails.selected = [0, 1]
    p.controls["delete"].click()
    assert p.gone == ((0, 1),)
    p.controls["delete_layer"].click()
    assert set(p.gone) == {(0, head) for head in range(4)} and len(p.gone) == 4


def test_an_encoder_compares_two_sentences() -> None:
    p = panel(model=ENCODER)
    model = encoder()
    a, b = ids(model, TEXT), ids(model, OTHER)
    assert p.bars.values[0, 0] == pytest.approx(similarity(model, a, b), rel=1e-5)
    p.delete([(1, 0), (0, 2)])
    with deleted(model, [(1, 0), (0, 2)]):
        changed, vectors = similarity(model, a, b), model(a[None])[0]
    assert p.bars.values[1, 0] == pytest.approx(changed, rel=1e-5)
    moved = 1 - torch.cosine_similarity(model(a[None])[0], vectors, dim=-1)
    np.testing.assert_allclose(p.strip.values[0], moved.detach(), atol=1e-5)
    assert (p.strip.values[0] > 0).any()


def test_only_an_encoder_has_a_second_sentence_and_another_model_is_whole() -> None:
    p = panel(model=ENCODER)
    assert p.controls["other"].layout.display is None
    p.delete([(1, 2)])
    p.model = DECODER
    assert p.controls["other"].layout.display == "none" and p.gone == () and p.status.kind == "note"


def test_what_is_wrong_becomes_a_sentence() -> None:
    p = panel(model=ENCODER)
    p.delete([(7, 0)])
    assert p.status.message == "There is no layer 7: this model has the layers 0 to 1." and p.gone == ()
    p.other = "  "
    assert p.status.message == "There is nothing to compare with: type a second sentence."
    p.other = OTHER
    assert p.status.kind == "note"
    p.text = ""
    assert p.status.message == "There is no text to read: type a sentence."


def test_an_encoder_says_in_words_what_has_changed() -> None:
    p = panel(model=ENCODER)
    assert p.status.message.startswith("The cosine of the two sentences is ") and p.status.message.count("is") == 1
    p.delete([(1, 0)])
    assert "Without the deleted heads it is" in p.status.message


def test_a_long_or_strange_second_sentence_is_told() -> None:
    p = panel(model=ENCODER)
    p.other = "the cat " * 500
    assert "Of the second sentence: The text has 1,002 tokens; read are the 40" in p.status.message
    p.other = "a zebra"
    assert "Of the second sentence: The model does not know zebra" in p.status.message


def test_an_encoder_is_known_by_itself_and_not_by_its_title() -> None:
    p = HeadDeletion({"Mine": encoder}, text=TEXT, other=OTHER)
    assert p.controls["other"].layout.display is None and p.bars.value_axis == "cosine"


def test_the_model_is_whole_again_afterwards() -> None:
    p = panel()
    before = next_probabilities(decoder(), ids(decoder(), TEXT))
    p.delete([(0, 0)])
    assert torch.equal(before, next_probabilities(decoder(), ids(decoder(), TEXT)))
