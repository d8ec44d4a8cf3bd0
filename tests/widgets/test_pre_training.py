"""The panel in which a small BERT is pre-trained, without a browser, on few reviews."""

import math
from functools import partial

import numpy as np
import pytest
import torch
import traitlets as t

from lessons.bert import pretraining
from lessons.bert.pretraining import BLANKS, MaskedScore, fillings, held_out
from lessons.text.reviews import review_tokenizer
from widgets.explorers import pre_training
from widgets.explorers.pre_training import (
    NEWEST,
    Checkpoint,
    PreTraining,
    filled,
    folded,
    gapped,
    word_frequencies,
    words_figure,
)

few = partial(held_out, reviews=20)


@pytest.fixture(autouse=True)
def few_reviews(monkeypatch) -> None:
    monkeypatch.setattr(pre_training, "held_out", few)
    monkeypatch.setattr(pretraining, "REVIEWS", 40)
    monkeypatch.setattr(pretraining, "_read", pretraining._read.__wrapped__)  # no cache that other tests would meet
    monkeypatch.setattr(pretraining, "ROWS", 8)


@pytest.fixture
def trained() -> PreTraining:
    panel = PreTraining(steps=7, every=3)
    panel.train()
    assert panel.status.message == ""
    return panel


def test_it_opens_without_making_a_training_and_says_what_to_do() -> None:
    panel = PreTraining()
    assert panel._run is None, "to write its reviews takes seconds: only who presses Train waits"
    assert panel.loss.summary == "Masking rate 25%, seed 0: no step is taken yet. Press Train."
    assert panel.bars.labels == [] and panel.status.message == ""
    assert panel.moments() == [*range(0, 721, 60)]
    assert panel.controls["checkpoint"].disabled and panel.controls["blank"].disabled, "there is nothing to choose yet"


def test_a_checkpoint_can_be_chosen_once_there_is_one(trained: PreTraining) -> None:
    assert not trained.controls["checkpoint"].disabled and not trained.controls["blank"].disabled
    trained.start_afresh()
    assert trained.controls["checkpoint"].disabled and trained.controls["blank"].disabled


def test_the_loss_stands_beside_two_levels_of_knowing_little(trained: PreTraining) -> None:
    np.testing.assert_allclose(trained.loss.line(0), [record.loss for record in trained.run.history])
    assert trained.loss.line(1)[0] == pytest.approx(math.log(len(review_tokenizer())))
    assert trained.loss.line(2)[0] == pytest.approx(word_frequencies()[0])
    assert "Step 7 of 7: loss " in trained.loss.summary


def test_the_frequencies_are_those_of_the_words_alone(monkeypatch) -> None:
    monkeypatch.setattr(pre_training, "drawn_reviews", lambda count, generator: ["soup soup soup was", "the a , ."])
    nats, share = word_frequencies.__wrapped__()
    assert share == pytest.approx(3 / 8)
    assert nats == pytest.approx(3 / 8 * math.log(8 / 3) + 5 / 8 * math.log(8))


def test_every_checkpoint_is_kept_with_its_score_and_its_words(trained: PreTraining) -> None:
    assert [look.step for look in trained.looks] == [0, 3, 6, 7] == trained.moments()
    assert trained.score.line(0, "x").tolist() == [0, 3, 6, 7]
    newest = trained.looks[-1]
    assert newest.score == few(trained.run.model)
    assert trained.score.line(0)[-1] == newest.score.top1 and trained.score.line(1)[-1] == newest.score.top5
    assert trained.score.line(2)[0] == word_frequencies()[1]
    assert [list(best) for best in newest.best] == [fillings(trained.run.model, text)[0] for text in BLANKS]
    assert trained.looks[0].best != newest.best, "the first was looked at before the first step"
    assert f"After step 7, {newest.score.top1:.0%} of the hidden words" in trained.score.summary


def test_the_table_has_a_row_for_each_checkpoint_and_a_column_for_each_blank(trained: PreTraining) -> None:
    columns = trained.words.figure["data"]
    assert len(columns) == len(BLANKS)
    for i, column in enumerate(columns):
        assert column["y"] == ["0", "3", "6", "7"] and column["x"] == [gapped(BLANKS[i])] * 4
        words = [look.best[i][0] for look in trained.looks]
        assert column["text"] == [f"{word} {chance:.0%}" for word, chance in words]
    word, chance = trained.looks[-1].best[0][0]
    assert gapped(BLANKS[0]).replace("____", f"{word.upper()} ({chance:.0%})") in trained.words.summary


def test_a_likelier_word_stands_on_a_stronger_colour_and_the_chosen_one_in_a_frame() -> None:
    score = MaskedScore(0.1, 0.2, 3.0)
    looks = tuple(Checkpoint(step, score, ((("soup", chance),),) * len(BLANKS)) for step, chance in ((0, 0.1), (5, 1)))
    *cells, frame = words_figure(looks, (0, 5), looks[1], 2).layout.shapes
    assert [shape.fillcolor for shape in cells[:2]] == ["rgba(47, 125, 187, 0.080)", "rgba(47, 125, 187, 0.800)"]
    assert (frame.y0 < 1 < frame.y1) and (frame.x0 < 2 < frame.x1) and frame.fillcolor is None
    assert len(words_figure(looks, (0, 5), None, 2).layout.shapes) == len(cells)


def test_one_blank_is_looked_at_closely_at_any_checkpoint(trained: PreTraining) -> None:
    trained.blank = 3
    for step, look in ((NEWEST, trained.looks[-1]), (0, trained.looks[0]), (6, trained.looks[2])):
        trained.checkpoint = step
        words, chances = zip(*look.best[3], strict=True)
        assert trained.bars.labels == list(words)
        np.testing.assert_allclose(trained.bars.values[0], chances, rtol=1e-6)
        assert trained.bars.title == f"After step {look.step}: the ten best words for “{gapped(BLANKS[3])}”"


def test_a_checkpoint_that_is_not_reached_is_the_newest_there_is(trained: PreTraining) -> None:
    trained.checkpoint = 6
    trained.start_afresh()
    assert trained.bars.labels == []
    trained.observe(lambda change: change["new"] >= 3 and trained.stop(), "done")
    trained.train()
    assert trained.looks[-1].step == 3 and trained.bars.title.startswith("After step 3:")


def test_a_checkpoint_that_there_will_never_be_is_refused() -> None:
    with pytest.raises(t.TraitError, match="a checkpoint every 60 steps, none after step 61"):
        PreTraining(checkpoint=61)


def test_a_rate_of_0_gets_a_sentence_and_a_rate_of_1_is_trained() -> None:
    panel = PreTraining(steps=2, every=1, rate=0.0)
    assert "nothing is asked, so nothing can be learned" in panel.status.message and panel.status.kind == "note"
    panel.train()
    assert panel.status.message.endswith("choose a larger rate.") and panel.status.kind == "error"
    assert panel.done == 0 and not panel.running
    panel.rate = 1.0
    assert panel.status.message == ""
    panel.train()
    assert panel.done == 2 and panel.status.message == ""


def test_the_rate_and_the_seed_reach_the_training() -> None:
    shares = {}
    for rate in (0.1, 0.8):
        run = PreTraining(steps=2, rate=rate).run
        _, labels = run.batches(torch.Generator().manual_seed(0))
        shares[rate] = (labels >= 0).float().mean().item()
    assert shares[0.1] < 0.2 < 0.4 < shares[0.8]
    first, second = (PreTraining(steps=2, seed=seed).run.model.state_dict() for seed in (0, 1))
    assert not torch.equal(first["encoder.embed.weight"], second["encoder.embed.weight"])


def test_update_is_a_pure_function_of_the_state(trained: PreTraining) -> None:
    before = str(trained.update())
    assert str(trained.update()) == before


def test_a_setting_forgets_and_a_view_does_not(trained: PreTraining) -> None:
    for name, value in (("blank", 1), ("checkpoint", 3)):
        trained.controls[name].value = value
        assert getattr(trained, name) == value and trained.done == 7
    trained.controls["rate"].value = 0.5
    assert trained.rate == 0.5 and trained.done == 0 and trained.looks == []
    assert trained.words.figure["data"][0]["text"] == [] and "Press Train" in trained.loss.summary
    assert list(trained.controls) == ["rate", "seed", "train", "stop", "again", "blank", "checkpoint"]


def test_sentences_are_written_for_people() -> None:
    assert gapped("What a [MASK] day !") == "What a ____ day!"
    assert filled("It was [MASK] , so .", ("nice", 0.5)) == "It was NICE (50%), so."
    assert folded("The soup was ____, so we sent it back.") == "The soup was<br>____, so we sent<br>it back."
    assert folded("incomprehensibilities we") == "incomprehensibilities<br>we"
