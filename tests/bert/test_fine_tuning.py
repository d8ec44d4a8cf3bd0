"""Fine-tuning: what pre-training is worth, measured from the shipped weights."""

import pytest
import torch

from lessons import zoo
from lessons.bert import fine_tuning as module
from lessons.bert.fine_tuning import STARTS, FineTuned, compare, fine_tuning, kind_probability, mean, right, tensors
from lessons.core.seed import generator
from lessons.text.reviews import KIND, UNKIND, judging_words, labelled


@pytest.fixture(scope="module")
def pretrained():
    return zoo.load("reviews-bert")


@pytest.fixture(scope="module")
def rows(pretrained):
    """Ten short trainings, of all that the lesson shows."""
    return [
        *compare(pretrained, labels=(32,), seeds=(0, 1, 2), starts=("scratch", "fine-tuned")),
        *compare(pretrained, labels=(32,), seeds=(0, 1), starts=("frozen",)),
        *compare(pretrained, labels=(8,), seeds=(0, 1), starts=("fine-tuned",)),
    ]


def trained(pretrained, labels: int, start: str, seed: int = 0):
    run = fine_tuning(pretrained, labels, start, seed)
    run.run(progress=False)
    return run.model


def test_the_gain_on_words_that_never_had_a_label(rows):
    """The lesson's point, the mean of three seeds with 32 labelled sentences."""
    scratch, tuned = mean(rows, "scratch", 32).new_words, mean(rows, "fine-tuned", 32).new_words
    assert 0.35 < scratch < 0.65 and 0.85 < tuned <= 1.0
    assert 0.3 < tuned - scratch < 0.65


def test_the_score_in_the_manifest(rows):
    entry = zoo.entry("reviews-bert")
    for start, name in (("scratch", "scratch"), ("fine-tuned", "fine_tuned")):
        assert mean(rows, start, 32).new_words == pytest.approx(entry.score[name], abs=entry.tolerance[name])


def test_the_control_on_words_that_were_labelled(pretrained, rows):
    """From scratch a network does learn what it was told, given enough; a new word is a guess all the same."""
    model = trained(pretrained, 128, "scratch")
    assert right(model, test=False) > 0.85 and 0.35 < right(model) < 0.65
    assert mean(rows, "fine-tuned", 32).labelled_words > 0.9


def test_more_labels_help(rows):
    few, more = mean(rows, "fine-tuned", 8), mean(rows, "fine-tuned", 32)
    assert few.new_words < more.new_words
    assert mean(rows, "frozen", 32).new_words > mean(rows, "scratch", 32).new_words + 0.15


def test_a_row_for_each_training(pretrained, rows, monkeypatch):
    assert [(row.start, row.seed) for row in rows[:6]] == [(s, n) for s in ("scratch", "fine-tuned") for n in (0, 1, 2)]
    monkeypatch.setattr(module, "STEPS", 1)
    short = compare(pretrained, labels=(2, 4), seeds=(0,))
    assert [(row.start, row.labels) for row in short] == [(start, labels) for start in STARTS for labels in (2, 4)]
    some = [
        FineTuned("scratch", 8, 0, 0.4, 0.6),
        FineTuned("scratch", 8, 1, 0.6, 1.0),
        FineTuned("frozen", 8, 0, 1.0, 1.0),
    ]
    found = mean(some, "scratch", 8)
    assert (found.new_words, found.labelled_words) == (pytest.approx(0.5), pytest.approx(0.8)) and found.seed == -1


def test_the_starts_differ_in_the_encoder_alone(pretrained):
    runs = {start: fine_tuning(pretrained, 8, start, seed=3) for start in STARTS}
    heads = [(run.model.classify.weight, run.model.pooler.dense.weight) for run in runs.values()]
    assert all(torch.equal(a, b) for head in heads for a, b in zip(head, heads[0], strict=True))
    theirs = pretrained.encoder.state_dict()
    for start, run in runs.items():
        same = all(torch.equal(weight, theirs[name]) for name, weight in run.model.encoder.state_dict().items())
        assert same == (start != "scratch")
    batches = [run.batches(generator(0)) for run in runs.values()]
    assert all(torch.equal(batch[0], batches[0][0]) for batch in batches)


def test_what_is_trained(pretrained):
    before = {name: weight.clone() for name, weight in pretrained.state_dict().items()}
    for start in STARTS:
        run = fine_tuning(pretrained, 8, start)
        first = {name: weight.clone() for name, weight in run.model.state_dict().items()}
        run.run(3, progress=False)
        changed = {name for name, weight in run.model.state_dict().items() if not torch.equal(weight, first[name])}
        assert any(name.startswith("encoder.blocks") for name in changed) == (start != "frozen")
        assert {"classify.weight", "pooler.dense.weight"} <= changed
    assert all(torch.equal(weight, before[name]) for name, weight in pretrained.state_dict().items())
    assert all(weight.requires_grad for weight in pretrained.parameters())


def test_a_seed_gives_a_training(pretrained):
    losses = []
    for seed in (5, 5, 6):
        run = fine_tuning(pretrained, 16, "scratch", seed)
        losses.append([record.loss for record in run.run(3, progress=False)])
    assert losses[0] == losses[1] != losses[2]


def test_no_word_of_the_tests_is_labelled(pretrained):
    """In what the training reads, as ids: neither in a batch nor in any other."""
    word_ids = {
        pretrained.tokenizer.encode(word, special=False).ids[0]
        for label in (UNKIND, KIND)
        for word in judging_words(label, test=True)
    }
    for seed in range(3):
        run = fine_tuning(pretrained, 128, seed=seed)
        for draw in range(5):
            assert not word_ids & set(run.batches(generator(draw))[0].flatten().tolist())


def test_the_sentences_of_the_tests_are_not_those_that_are_labelled():
    tested = {each.text for test in (True, False) for each in labelled(200, generator(module.TEST_SEED), test)}
    read = {each.text for seed in range(5) for each in labelled(128, generator(seed))}
    new = {each.text for each in labelled(200, generator(module.TEST_SEED), test=True)}
    assert not new & read and len(tested & read) < 30  # the control may hold a short one that was read


def test_a_text_of_the_students_own(pretrained):
    model = trained(pretrained, 64, "fine-tuned")
    kind, unkind = (kind_probability(model, f"The cake was {word} .") for word in ("superb", "horrible"))
    assert 0 <= unkind < 0.2 < 0.8 < kind <= 1
    for text in ("", "汉字 😀", "\0"):
        assert 0 <= kind_probability(model, text) <= 1
    assert model.training, "a look leaves the model as it was"


def test_padding_changes_nothing(pretrained):
    model = fine_tuning(pretrained, 8).model.eval()
    ids, _ = tensors(model, labelled(2, generator(0)))
    longer = torch.nn.functional.pad(ids, (0, 5))
    torch.testing.assert_close(module.class_logits(model, longer), module.class_logits(model, ids))


def test_errors(pretrained):
    with pytest.raises(ValueError, match="scratch, fine-tuned, frozen, not 'warm'"):
        fine_tuning(pretrained, 8, "warm")
    with pytest.raises(ValueError, match="from 2 to 1000, not 7"):
        fine_tuning(pretrained, 7)
