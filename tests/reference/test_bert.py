"""BERT whole equals transformers: outputs, losses, gradients, of its pre-training and of a classification."""

import pytest
import torch
from torch.nn import functional as F
from transformers import BertForMaskedLM, BertForSequenceClassification
from transformers import BertForPreTraining as TheirPreTraining

from lessons.attention.masks import padding_mask
from lessons.bert import model_weights
from lessons.bert.encoder_weights import config_from
from lessons.bert.masking import IGNORE, masked_loss
from lessons.bert.models import FOLLOWS, UNRELATED, BertForPreTraining, MaskedLanguageModel, SentenceClassifier
from tests.equality import assert_equal
from tests.reference.test_bert_encoder import EXACT, SIZES, their_config

BATCH, TIME, CLASSES = 8, 9, 7
LENGTHS = [TIME, TIME - 4, TIME - 1, 1, 2, TIME, 5, 6]
PADDED = pytest.mark.parametrize("padded", [False, True], ids=["whole", "padded"])
SEGMENTS = pytest.mark.parametrize("parts", [1, SIZES.segments], ids=["one segment", "segments"])


def drawn(theirs, dtype):
    """Weights large enough for patterns that are not even, and not one norm or bias that does nothing."""
    torch.manual_seed(0)
    for name, weight in theirs.named_parameters():
        torch.nn.init.normal_(weight, mean=float(name.endswith("LayerNorm.weight")), std=0.2)
    return theirs.to(dtype).eval()


def taken_over(ours, rename, theirs, dtype):
    ours.load_state_dict(rename(theirs.state_dict(), ours.config))
    return ours.to(dtype).eval()


def masked_language_models(dtype):
    theirs = drawn(BertForMaskedLM(their_config()), dtype)
    ours = MaskedLanguageModel(config_from(theirs.config))
    return taken_over(ours.to(dtype), model_weights.masked_language_model, theirs, dtype), theirs


def texts(padded: bool, parts: int):
    """ids, segments, our mask, and what transformers is given in place of it."""
    ids = torch.randint(SIZES.vocab, (BATCH, TIME))
    mask = padding_mask(LENGTHS, TIME) if padded else None
    segments = torch.randint(parts, (BATCH, TIME)) if parts > 1 else None
    return ids, segments, mask, mask[:, 0, 0].long() if padded else None


def labels() -> torch.Tensor:
    """One token of two is asked for, in the last text none."""
    wanted = torch.randint(SIZES.vocab, (BATCH, TIME)).where(torch.rand(BATCH, TIME) < 0.5, IGNORE)
    wanted[-1] = IGNORE
    return wanted


def assert_same_gradients(loss, ours, their_loss, theirs, rename, tolerance) -> None:
    loss.backward()
    their_loss.backward()
    their_grads = {
        name: torch.zeros_like(weight) if weight.grad is None else weight.grad
        for name, weight in theirs.named_parameters()
    }
    grads = rename(their_grads, ours.config)
    assert grads.keys() == dict(ours.named_parameters()).keys()
    for name, weight in ours.named_parameters():
        # A bias of the keys has no effect: its gradient is 0 but for rounding.
        scale = grads[name.replace("b_K", "b_Q")] if name.endswith("b_K") else None
        assert grads[name].any() or scale is not None
        assert_equal(weight.grad, grads[name], tolerance, scale)


@PADDED
@SEGMENTS
@EXACT
def test_pre_training_equals_transformers(padded, parts, dtype, tolerance):
    theirs = drawn(TheirPreTraining(their_config()), dtype)
    ours = BertForPreTraining(config_from(theirs.config)).to(dtype)
    ours = taken_over(ours, model_weights.pre_training, theirs, dtype)
    ids, segments, mask, their_mask = texts(padded, parts)
    segments = torch.zeros_like(ids) if segments is None else segments
    wanted, follows = labels(), torch.tensor([UNRELATED, FOLLOWS, FOLLOWS, UNRELATED] * 2)

    words, follow = ours.both(ids, segments, mask)
    answer = theirs(ids, their_mask, segments, labels=wanted, next_sentence_label=follows)
    assert_equal(words, answer.prediction_logits, tolerance)
    assert_equal(follow, answer.seq_relationship_logits, tolerance)
    assert_equal(ours(ids, segments, mask), answer.prediction_logits, tolerance)
    loss = masked_loss(words, wanted) + F.cross_entropy(follow, follows)
    assert_equal(loss, answer.loss, tolerance)
    assert_same_gradients(loss, ours, answer.loss, theirs, model_weights.pre_training, tolerance)


def test_the_classes_of_the_next_sentence_are_numbered_as_in_the_weights_of_others():
    assert "0 indicates sequence B is a continuation" in TheirPreTraining.forward.__doc__
    assert (FOLLOWS, UNRELATED) == (0, 1)


@PADDED
@SEGMENTS
@EXACT
def test_filling_blanks_equals_transformers(padded, parts, dtype, tolerance):
    ours, theirs = masked_language_models(dtype)
    ids, segments, mask, their_mask = texts(padded, parts)
    wanted = labels()
    logits = ours(ids, segments, mask)
    answer = theirs(ids, their_mask, segments, labels=wanted)
    assert_equal(logits, answer.logits, tolerance)
    loss = masked_loss(logits, wanted)
    assert_equal(loss, answer.loss, tolerance)
    rename = model_weights.masked_language_model
    assert_same_gradients(loss, ours, answer.loss, theirs, rename, tolerance)


@PADDED
@SEGMENTS
@EXACT
def test_a_classification_equals_transformers(padded, parts, dtype, tolerance):
    theirs = drawn(BertForSequenceClassification(their_config(num_labels=CLASSES)), dtype)
    ours = SentenceClassifier(config_from(theirs.config), CLASSES).to(dtype)
    ours = taken_over(ours, model_weights.classifier, theirs, dtype)
    ids, segments, mask, their_mask = texts(padded, parts)
    right = torch.tensor([CLASSES - 1, 0, 3, 3, 1, 5, 2, 4])

    logits = ours(ids, segments, mask)
    answer = theirs(ids, their_mask, segments, labels=right)
    assert_equal(logits, answer.logits, tolerance)
    loss = F.cross_entropy(logits, right)
    assert_equal(loss, answer.loss, tolerance)
    assert_same_gradients(loss, ours, answer.loss, theirs, model_weights.classifier, tolerance)


def test_scores_of_the_asked_places_alone_give_the_same_loss():
    ours, _ = masked_language_models(torch.float64)
    ids, segments, mask, _ = texts(True, SIZES.segments)
    wanted = labels()
    asked = wanted != IGNORE
    alone = ours.scores(ours.encoder(ids, segments, mask)[asked])
    assert_equal(F.cross_entropy(alone, wanted[asked]), masked_loss(ours(ids, segments, mask), wanted))


def test_where_nothing_is_asked_our_loss_is_zero_and_theirs_no_number():
    ours, theirs = masked_language_models(torch.float64)
    ids, wanted = texts(False, 1)[0], torch.full((BATCH, TIME), IGNORE)
    assert theirs(ids, labels=wanted).loss.isnan()
    loss = masked_loss(ours(ids), wanted)
    assert loss.item() == 0
    loss.backward()
    assert all(weight.grad is None or not weight.grad.any() for weight in ours.parameters())


def test_dropout_is_on_in_training_alone():
    model, ids = SentenceClassifier(SIZES, CLASSES), texts(False, 1)[0]
    assert (model.train()(ids) != model(ids)).any()
    assert torch.equal(model.eval()(ids), model(ids))
    model.encoder.eval()
    assert (model.drop.train()(torch.ones(99)) == 0).any() and (model(ids) != model(ids)).any()


def test_weights_are_carried_over_as_views_and_no_other_head_is_in_the_way():
    theirs = drawn(TheirPreTraining(their_config()), torch.float32)
    tensors = theirs.state_dict()
    assert model_weights.TIED.keys() <= tensors.keys()
    for rename in (model_weights.masked_language_model, model_weights.pre_training):
        ours = rename(tensors, SIZES)
        assert {tensor.data_ptr() for tensor in ours.values()} <= {tensor.data_ptr() for tensor in tensors.values()}


def test_a_table_of_words_of_its_own_is_refused():
    tensors = drawn(BertForMaskedLM(their_config()), torch.float32).state_dict()
    for name in model_weights.TIED:
        changed = tensors | {name: tensors[name] + 1}
        with pytest.raises(ValueError, match=f"this model has a {name} of its own"):
            model_weights.masked_language_model(changed, SIZES)


@pytest.mark.parametrize(("rename", "lost"), [
    (model_weights.masked_language_model, "cls.predictions.transform.dense.bias"),
    (model_weights.masked_language_model, "cls.predictions.bias"),
    (model_weights.pre_training, "cls.seq_relationship.weight"),
    (model_weights.pre_training, "bert.pooler.dense.weight"),
    (model_weights.pre_training, "cls.predictions.transform.LayerNorm.weight"),
    (model_weights.classifier, "classifier.weight"),
])  # fmt: skip
def test_a_head_that_is_not_whole_is_refused(rename, lost):
    theirs = BertForSequenceClassification if rename is model_weights.classifier else TheirPreTraining
    tensors = theirs(their_config()).state_dict()
    rename(tensors, SIZES)
    del tensors[lost]
    with pytest.raises(ValueError, match=f"not all the weights of the heads of this model: {lost} is missing"):
        rename(tensors, SIZES)
