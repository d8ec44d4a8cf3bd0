"""The small BERT of the reviews: how it begins, how it learns, and what it knows in the end (the shipped weights)."""

import pytest
import torch

from lessons import zoo
from lessons.bert.masking import IGNORE, Masking, masked_loss
from lessons.bert.pretraining import (
    BLANKS,
    CONTEXT,
    MASKING,
    ROWS,
    STEPS,
    chosen_loss,
    drawn,
    fillings,
    held_out,
    pretraining,
    rows,
)
from lessons.core.seed import generator
from lessons.text.reviews import KIND, TOPICS, UNKIND, judging_words, review_tokenizer

KINDS = {label: {*judging_words(label, True), *judging_words(label, False)} for label in (UNKIND, KIND)}
DIDS = {UNKIND: {"hated", "cursed", "regretted"}, KIND: {"loved", "praised", "enjoyed"}}


@pytest.fixture(scope="module")
def shipped():
    return zoo.load("reviews-bert")


@pytest.fixture(scope="module")
def run():
    """The first steps of the training that the weights are from, of which the lesson sees all."""
    run = pretraining()
    run.run(24, progress=False)
    return run


def mass(model, text: str, words: set[str]) -> float:
    """The probability that the first blank of a text is one of these words."""
    return sum(chance for word, chance in fillings(model, text, count=len(model.tokenizer) - 5)[0] if word in words)


def test_a_seed_gives_a_training(run):
    again, other = pretraining(), pretraining(seed=1)
    again.run(2, progress=False)
    other.run(2, progress=False)
    losses = [record.loss for record in run.history[:2]]
    assert [record.loss for record in again.history] == losses != [record.loss for record in other.history]


def test_it_is_the_training_that_the_weights_are_from(run, shipped):
    assert zoo.entry("reviews-bert").steps == STEPS == run.steps and zoo.entry("reviews-bert").seed == 0
    assert run.model.config == shipped.config and run.model.tokenizer == shipped.tokenizer == review_tokenizer()


def test_the_first_steps_learn_something(run):
    assert run.history[0].loss == pytest.approx(torch.tensor(float(len(review_tokenizer()))).log(), abs=0.5)
    assert run.history[-1].loss < 0.85 * run.history[0].loss
    assert held_out(run.model, reviews=50).nats < 5.0


def test_a_batch_is_masked_as_it_should(run):
    signs = {run.model.tokenizer.special(name) for name in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")}
    batches = [run.batches(generator(seed)) for seed in range(4)]
    chosen = sum((labels != IGNORE).sum().item() for _, labels in batches)
    words = sum((~torch.isin(ids, torch.tensor([0, 2, 3]))).sum().item() for ids, _ in batches)
    assert MASKING.rate - 0.02 < chosen / words < MASKING.rate + 0.02
    for ids, labels in batches:
        assert len(ids) == ROWS and ids.shape[1] <= CONTEXT
        assert not signs & set(labels[labels != IGNORE].tolist())
        assert (ids[:, -1] != 0).any(), "no column of padding alone"


def test_masks_are_drawn_anew():
    run = pretraining(masking=Masking(rate=0.5))
    first, second = run.batches(generator(0)), run.batches(generator(1))
    assert first[0].shape != second[0].shape or not torch.equal(first[1], second[1])
    assert 0.3 < (first[1] != IGNORE).float().mean() < 0.5, "a student's own rate; signs and padding are never chosen"


def test_the_loss_is_that_of_the_chosen_words(run):
    ids, labels = run.batches(generator(5))
    mask = (ids != 0)[:, None, None, :]
    torch.testing.assert_close(chosen_loss(run.model, (ids, labels)), masked_loss(run.model(ids, mask=mask), labels))


def test_padding_changes_nothing(shipped):
    """A review has the same loss alone and beside a longer one."""
    texts = ["The soup was good .", "My sisters found the comedy at the festival really tedious , so they were sad ."]
    ids = rows(texts, shipped.tokenizer)
    labels = torch.full_like(ids, IGNORE)
    labels[0, 4] = ids[0, 4]
    alone = chosen_loss(shipped, (ids[:1, :7], labels[:1, :7]))
    torch.testing.assert_close(chosen_loss(shipped, (ids, labels)), alone)


def test_reviews_come_in_one_sentence_and_in_two():
    texts = drawn(200, generator(0))
    assert all(" , so " not in text for text in texts[::2]) and all(" , so " in text for text in texts[1::2])
    assert rows(drawn(4000, generator(1)), review_tokenizer()).shape[1] <= CONTEXT


def test_looking_changes_nothing(run):
    """To look in the middle of a training: the model goes on in the mode it was in, and to the same batches."""
    run.model.train()
    state = run.generator.get_state()
    held_out(run.model, reviews=4), fillings(run.model, BLANKS[0])
    assert run.model.training and all(part.training for part in run.model.modules())
    assert torch.equal(run.generator.get_state(), state)


def test_held_out_reviews_are_found_again(shipped):
    score, entry = held_out(shipped), zoo.entry("reviews-bert")
    assert 0.65 < score.top1 < 0.85 and 0.85 < score.top5 < 0.97 and 0.5 < score.nats < 1.0
    assert score.top1 == pytest.approx(entry.score["top1"], abs=entry.tolerance["top1"])


def test_held_out_reviews_were_not_read():
    read = set(drawn(8000, generator(0)))
    unseen = drawn(400, generator(2**32 - 1))
    assert sum(text in read for text in unseen) < 8  # the shortest come twice by chance


def test_fillings_improve(run, shipped):
    """From a fresh model over the first steps to the end: the right class, and what belongs to the topic."""
    fresh = pretraining().model
    for text, right in (
        (BLANKS[0], KINDS[UNKIND]),
        (BLANKS[1], KINDS[KIND]),
        (BLANKS[2], DIDS[UNKIND]),
        (BLANKS[3], DIDS[KIND]),
        (BLANKS[4], set(TOPICS[2].things)),
    ):
        begun, later, done = (mass(model, text, right) for model in (fresh, run.model, shipped))
        assert begun < 0.3 and later < 0.5 and done > 0.75, (text, begun, later, done)
        assert len(fillings(shipped, text)[0]) == 10 and fillings(shipped, text)[0][0][0] in right


def test_the_words_that_never_get_a_label_are_known_best_of_all_from_text_alone(shipped):
    """What the pre-training brings to the task: each word is followed by what agrees with it."""
    right = 0
    for label in (UNKIND, KIND):
        for word in judging_words(label, test=True):
            text = f"The soup was {word} , so we [MASK] it ."
            right += mass(shipped, text, DIDS[label]) > mass(shipped, text, DIDS[1 - label])
    assert right >= 22  # of 24


def test_two_blanks_and_none(shipped):
    first, second = fillings(shipped, "The [MASK] was delicious , so we [MASK] it .", count=3)
    assert first[0][0] in TOPICS[0].things and second[0][0] in DIDS[KIND]
    assert all(0 < chance < 1 for _, chance in first) and first[0][1] >= first[1][1] >= first[2][1]
    with pytest.raises(ValueError, match="no blank"):
        fillings(shipped, "The soup was good .")


@pytest.mark.parametrize("text", ["[MASK]", "[MASK] 汉字 😀", "Größe [MASK] \0"])
def test_any_text_can_be_filled(shipped, text):
    assert len(fillings(shipped, text)[0]) == 10
