"""The panel that fine-tunes two classifiers side by side, without a browser, from a tiny model."""

import numpy as np
import pytest
import torch
import traitlets as t

from lessons.bert.encoder import BertConfig
from lessons.bert.fine_tuning import kind_probability, right
from lessons.bert.models import MaskedLanguageModel
from lessons.core.seed import seeded
from lessons.text.reviews import review_tokenizer
from lessons.zoo.manifest import ZooError
from widgets.explorers import fine_tuning
from widgets.explorers.fine_tuning import OPENING, FineTuning, unknown_words


@pytest.fixture(scope="module")
def pretrained() -> MaskedLanguageModel:
    with seeded(123):
        model = MaskedLanguageModel(BertConfig(len(review_tokenizer()), 8, layers=1, heads=2, d_ff=12, context=20))
    model.tokenizer = review_tokenizer()
    return model


@pytest.fixture
def panel(pretrained) -> FineTuning:
    return FineTuning(lambda: pretrained, labels=8)


def start(panel: FineTuning, until: int) -> None:
    """Train until so many steps are done."""
    panel.observe(lambda change: change["new"] >= until and panel.stop(), "done")
    panel.train()


def test_one_starts_from_the_pre_trained_encoder_and_one_does_not(panel: FineTuning, pretrained) -> None:
    scratch, tuned = (run.model.encoder.embed.weight for run in panel.run.runs)
    assert torch.equal(tuned, pretrained.encoder.embed.weight) and not torch.equal(scratch, tuned)


def test_both_read_the_same_batches(panel: FineTuning) -> None:
    for _ in range(3):
        (ids, classes), (others, same) = (run.batches(run.generator) for run in panel.run.runs)
        assert torch.equal(ids, others) and torch.equal(classes, same)


def test_both_are_trained_and_tested_side_by_side(panel: FineTuning) -> None:
    start(panel, 8)
    assert [look.step for look in panel.looks] == [0, 4, 8]
    assert [run.done for run in panel.run.runs] == [8, 8] == [len(panel.history)] * 2
    for chart, test in ((panel.new, True), (panel.labelled, False)):
        for i, run in enumerate(panel.run.runs):
            assert chart.line(i, "x").tolist() == [0, 4, 8]
            assert chart.line(i)[-1] == right(run.model, test)
        assert chart.line(2).tolist() == [0.5, 0.5]
    scratch, tuned = (f"{share:.0%}" for share in panel.looks[-1].new)
    assert panel.new.summary == (
        f"After step 8 of 60: from scratch {scratch}, from pre-trained weights {tuned} of the answers are right; "
        "guessing gives 50%."
    )
    panel.unobserve_all("done")


def test_each_kind_of_words_has_its_own_chart(panel: FineTuning, monkeypatch) -> None:
    monkeypatch.setattr(fine_tuning, "right", lambda model, test: 0.25 if test else 0.75)
    start(panel, 4)
    assert panel.new.line(0).tolist() == [0.25, 0.25] and panel.labelled.line(1).tolist() == [0.75, 0.75]
    assert "weights 25%" in panel.new.summary and "weights 75%" in panel.labelled.summary


def test_it_ends_with_all_steps(panel: FineTuning) -> None:
    for run in panel.run.runs:
        run.steps = 6
    panel.train()
    assert panel.done == 6 and [look.step for look in panel.looks] == [0, 4, 6]
    assert panel.controls["train"].disabled and panel.status.message == ""


def test_the_verdicts_are_those_of_both_models(panel: FineTuning) -> None:
    assert (
        panel.text == OPENING
        and panel.verdict.title == "Does your sentence praise (kind) or complain (unkind)? Untrained"
    )
    start(panel, 4)
    assert panel.verdict.title == "Does your sentence praise (kind) or complain (unkind)? After step 4"
    for text in (OPENING, "The flat was lovely!"):
        panel.text = text
        kind = [kind_probability(run.model, text) for run in panel.run.runs]
        np.testing.assert_allclose(panel.verdict.values, [[1 - p, p] for p in kind], atol=5.1e-4)
        assert panel.verdict.labels == ["unkind", "kind"]
        assert panel.verdict.series == ["from scratch", "from pre-trained weights"]
        assert panel.status.message == "" and panel.done == 4, "another sentence does not start afresh"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Your sentence is empty"),
        (" \n", "Your sentence is empty"),
        ("?! …", "Your sentence has no word in it"),
        ("[MASK]", "Your sentence has no word in it"),
        ("soup " * 19, "Your sentence has 19 tokens, and the models read 18: make it shorter."),
    ],
)
def test_a_sentence_that_cannot_be_judged_is_named_and_the_curves_go_on(panel, text: str, sentence: str) -> None:
    panel.text = text
    assert sentence in panel.status.message and panel.verdict.labels == []
    start(panel, 4)
    assert len(panel.new.line(0)) == 2 and sentence in panel.status.message
    panel.text = "The soup was nice."
    assert panel.status.message == "" and panel.verdict.labels == ["unkind", "kind"]


def test_the_longest_sentence_is_judged(panel: FineTuning) -> None:
    panel.text = "soup " * 18
    assert panel.status.message == "" and panel.verdict.labels


def test_unknown_words_are_named_as_they_were_typed(panel: FineTuning) -> None:
    panel.text = "The Spaceship was nice <b>and 漢"
    assert panel.status.message == "The models never met “Spaceship”, “<”, “b”, “>”, “漢”: they read [UNK]."
    assert panel.verdict.labels == ["unkind", "kind"]
    many = unknown_words("zig zag zog zug zeg zyg zig", review_tokenizer())
    assert many == "The models never met “zig”, “zag”, “zog”, “zug”, “zeg” and 1 more: they read [UNK]."


def test_the_number_of_labels_and_the_seed_start_afresh_and_reach_the_training(panel: FineTuning) -> None:
    start(panel, 4)
    panel.unobserve_all("done")
    before = panel.run
    panel.labels = 16
    assert panel.run is not before and panel.done == 0 and panel.looks == []
    assert len(panel.run.runs[0].batches(torch.Generator().manual_seed(0))[0]) == 16
    ids = panel.run.runs[0].batches(torch.Generator().manual_seed(0))[0]
    panel.seed = 1
    assert not torch.equal(panel.run.runs[0].batches(torch.Generator().manual_seed(0))[0], ids)
    assert "16 labelled sentences, seed 1: no step is taken yet. Press Train." in panel.new.summary
    with pytest.raises(t.TraitError):
        panel.labels = 9


def test_the_pre_trained_model_is_loaded_once_and_kept(pretrained) -> None:
    calls = []
    panel = FineTuning(lambda: calls.append(1) or pretrained, labels=8)
    weight = pretrained.encoder.embed.weight.detach().clone()
    start(panel, 4)
    panel.seed = 2
    assert calls == [1] and torch.equal(pretrained.encoder.embed.weight, weight)


def test_weights_that_are_not_here_are_a_sentence() -> None:
    def missing():
        raise ZooError("There are no weights reviews-bert.")

    panel = FineTuning(missing)
    assert (panel.status.message, panel.status.kind) == ("There are no weights reviews-bert.", "error")
    panel.train()
    assert panel.status.message == "There are no weights reviews-bert." and not panel.running


def test_update_is_a_pure_function_of_the_state(panel: FineTuning) -> None:
    start(panel, 4)
    before = str(panel.update())
    assert str(panel.update()) == before
    assert list(panel.controls) == ["labels", "seed", "train", "stop", "again", "text"]
