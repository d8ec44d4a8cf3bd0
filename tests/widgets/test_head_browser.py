"""The head browser without a browser: every view shows the chosen head, and all follow one another."""

import numpy as np
import pytest
import traitlets as t

from lessons import zoo
from lessons.attention.head_scores import JOBS, induction
from lessons.attention.heads import read, read_heads
from lessons.text.repeats import twice
from tests.real_weights import needs_real
from tests.widgets.toy_readers import decoder, encoder, models, patterns_of
from widgets.explorers import head_models
from widgets.explorers.head_browser import EXACT, OPENING, HeadBrowser
from widgets.explorers.head_models import TITLES, HeadModels
from widgets.explorers.model_choice import missing_models

TEXT = "the cat sat on the mat and the cat ran"
ENCODER, DECODER = models()


def browser(**state: object) -> HeadBrowser:
    return HeadBrowser(models(), **{"text": TEXT, "layer": 0, "head": 0, "token": -1, **state})


def test_every_view_shows_the_chosen_head() -> None:
    panel = browser(layer=1, head=2, token=4)
    pattern = patterns_of(encoder(), TEXT).numpy()
    assert panel.thumbnails.shape == [2, 3, 12, 12], "ten words and two signs"
    np.testing.assert_allclose(panel.heat.values[0, 0], pattern[1, 2])
    np.testing.assert_allclose(panel.arcs.values[0], pattern[1, 2])
    np.testing.assert_allclose(panel.strip.values[0], pattern[1, 2, 4])
    assert (
        panel.strip.tokens[:3] == ["[CLS]", "the", "cat"] and panel.strip.title == "layer 1, head 2: where “on” looks"
    )
    assert panel.bars.labels == list(JOBS.values()) and panel.bars.values.shape == (2, len(JOBS))


def test_a_choice_in_one_view_moves_all() -> None:
    panel = browser()
    panel.thumbnails.selected = [1, 1]
    assert (panel.layer, panel.head) == (1, 1) and "layer 1, head 1" in panel.heat.title
    pattern = patterns_of(encoder(), TEXT).numpy()[1, 1]
    np.testing.assert_allclose(panel.arcs.values[0], pattern)
    for choose in (
        lambda: setattr(panel.strip, "selected", 3),
        lambda: setattr(panel.arcs, "selected", 5),
        lambda: setattr(panel.heat, "cursor", [0, 7, 2]),
        lambda: setattr(panel, "token", 1),
    ):
        choose()
        token = panel.token
        assert panel.strip.selected == panel.arcs.selected == token == panel.heat.cursor[1]
        np.testing.assert_allclose(panel.strip.values[0], pattern[token])
    assert token == 1
    panel.layer, panel.head = 0, 2
    assert panel.thumbnails.selected == [0, 2]


def test_a_choice_of_a_head_is_answered_once() -> None:
    panel = browser()
    answers = []
    panel.status.observe(lambda change: answers.append(change["new"]), "busy")
    panel.thumbnails.selected = [1, 2]
    assert answers == [True, False]


def test_no_token_shows_the_mean() -> None:
    panel = browser(token=2)
    panel.token = -1
    np.testing.assert_allclose(panel.strip.values[0], patterns_of(encoder(), TEXT)[0, 0].mean(dim=0), rtol=1e-6)
    assert "on average" in panel.strip.title


def test_a_job_marks_the_heads() -> None:
    panel = browser(job="previous_token")
    scores = np.frombuffer(panel.thumbnails.scores, np.float32).reshape(2, 3)
    expected = patterns_of(encoder(), TEXT).diagonal(-1, dim1=-2, dim2=-1).mean(dim=-1)
    np.testing.assert_allclose(scores, expected, rtol=1e-5)
    assert panel.thumbnails.score_axis == "the token before"
    panel.job = ""
    assert panel.thumbnails.scores == b""


def test_a_job_that_this_text_cannot_tell_has_no_bar() -> None:
    panel = browser()
    panel.text = "the cat sat"
    assert JOBS["same_word"] not in panel.bars.labels and JOBS["induction"] not in panel.bars.labels
    assert JOBS["previous_token"] in panel.bars.labels


def test_another_model_has_other_heads() -> None:
    panel = browser(layer=1, head=2, token=11)
    panel.model = DECODER
    assert panel.thumbnails.shape[:2] == [3, 4] and panel.status.message == ""
    assert (panel.layer, panel.head) == (0, 0) and panel.thumbnails.selected == [0, 0]
    with pytest.raises(t.TraitError, match="model must be one of Encoder: reads both ways, Decoder"):
        panel.model = "GPT-9"


def test_a_layer_head_or_token_out_of_range() -> None:
    panel = browser(layer=1)
    before = panel.heat.data
    panel.layer = 99
    assert panel.status.message == "There is no layer 99: this model has the layers 0 to 1."
    assert panel.heat.data == before and panel.thumbnails.selected == [1, 0]
    panel.layer, panel.head = 0, 7
    assert panel.status.message == "There is no head 7: this model has the heads 0 to 2."
    panel.head = 0
    assert panel.status.message == ""
    for name, value in {"layer": -1, "head": -1, "token": -2, "job": "nonsense"}.items():
        with pytest.raises(t.TraitError):
            setattr(panel, name, value)
    assert (panel.layer, panel.head, panel.token, panel.job) == (0, 0, -1, "")
    panel.token = 99
    assert panel.strip.selected == panel.arcs.selected == 11 and panel.status.message == "", "the last one"


def test_it_begins_with_a_token_that_stood_before() -> None:
    panel = HeadBrowser(models(), text="the cat sat on the mat , the end .")
    assert panel.token == 8 and panel.strip.tokens[8] == "the" and panel.strip.selected == 8
    assert HeadBrowser(models(), text="the cat sat").token == -1


def test_the_lesson_s_models_begin_with_a_head_that_has_a_job() -> None:
    for name, (job, least) in {"tales-llama": ("induction", 0.5)}.items():
        layer, head = head_models.opening(TITLES[name])
        model = zoo.load(name)
        ids = twice(model.tokenizer, 40)
        assert induction(read_heads(model, ids), ids)[layer, head] > least, job
    assert head_models.opening("somebody's own") == (0, 0)


@needs_real("minilm-l6")
@needs_real("smollm2-135m")
def test_the_real_models_begin_with_a_head_that_has_a_job() -> None:
    for name, job in {"minilm-l6": "same_word", "smollm2-135m": "induction"}.items():
        reading = read(zoo.load(name), OPENING)
        layer, head = head_models.opening(TITLES[name])
        assert reading.scores[job][layer, head] > 4 * reading.chance[job], name


def test_a_damaged_model_is_told_and_the_next_one_opens() -> None:
    def broken() -> None:
        raise zoo.ZooError("minilm-l6: its file was altered; fetch it again.")

    panel = HeadBrowser({"Broken": broken, **models()}, text=TEXT)
    assert panel.model == ENCODER and panel.heat.data
    assert panel.status.message == "minilm-l6: its file was altered; fetch it again."
    with pytest.raises(ValueError, match="at least one model"):
        HeadBrowser({})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "There is no text to read: type a sentence."),
        ("  \n ", "There is no text to read: type a sentence."),
    ],
)
def test_without_a_text_the_last_picture_stays(text: str, sentence: str) -> None:
    panel = browser()
    before = panel.heat.data
    panel.text = text
    assert panel.status.message == sentence and panel.status.kind == "error" and panel.heat.data == before
    panel.text = TEXT
    assert panel.status.message == ""


def test_one_token_is_too_few_for_a_decoder() -> None:
    panel = browser(model=DECODER)
    panel.text = "a"
    assert "'a' is a single token" in panel.status.message


def test_unknown_words_and_long_texts_are_told() -> None:
    panel = browser()
    panel.text = "the zebra sat"
    assert "The model does not know zebra" in panel.status.message and panel.status.kind == "note"
    panel.text = "the cat sat " * 700  # 2100 words
    assert "2,102 tokens; read are the 40 up to" in panel.status.message
    panel.model = DECODER
    panel.text = "x" * 2000
    assert panel.heat.shape == [1, 1, 512, 512] and panel.status.kind == "note"


def test_a_long_text_travels_in_bytes() -> None:
    panel = HeadBrowser(models(), model=DECODER, text="y" * EXACT, layer=0, head=0)
    assert panel.heat.dtype == "float32"
    panel.text = "y" * (EXACT + 1)
    assert panel.heat.dtype == "uint8" and len(panel.heat.data) == (EXACT + 1) ** 2
    shown = panel.heat.low + panel.heat.values[0, 0] / 255.0 * (panel.heat.high - panel.heat.low)
    np.testing.assert_allclose(shown, patterns_of(decoder(), panel.text)[0, 0], atol=0.5 / 255)
    assert len(panel.thumbnails.data) == 12 * 48 * 48


def test_hostile_text_is_text() -> None:
    panel = HeadBrowser(models(), model=DECODER)
    for text in ("<img src=x onerror=alert(1)>", "e\u0301\u0302 🤷🏽‍♀️ \u202eabc", "\x00\ud800a", "a\u2028b\n\n\tc"):
        panel.text = text
        assert panel.status.kind == "note" and len(panel.strip.tokens) >= 2, text


def test_a_model_that_cannot_be_loaded_becomes_a_sentence() -> None:
    def broken() -> None:
        raise zoo.ZooError("smollm2-135m: its file was altered; fetch it again.")

    panel = HeadBrowser({**models(), "Broken": broken})
    before = panel.heat.data
    panel.model = "Broken"
    assert panel.status.message == "smollm2-135m: its file was altered; fetch it again." and panel.heat.data == before
    panel.model = DECODER
    assert panel.status.message == ""


def test_without_the_real_models_it_says_so_and_goes_on(monkeypatch) -> None:
    monkeypatch.setattr(head_models.zoo, "is_here", lambda name: name == "tales-llama")
    assert missing_models(TITLES).startswith(
        "MiniLM and SmolLM2 are not on this computer: `python -m lessons.zoo fetch`"
    )
    assert HeadModels().titles == [TITLES["tales-llama"]]
    monkeypatch.setattr(head_models.zoo, "is_here", lambda name: True)
    assert missing_models(TITLES) == "" and HeadModels().titles == list(TITLES.values())


def test_models_of_your_own_miss_nothing() -> None:
    assert HeadModels(models()).missing == ""


def test_a_model_with_many_heads_reads_less() -> None:
    assert head_models.longest(decoder()) == 512
    many = decoder().config.__class__(9, 576, 30, 9, 3, 64, 8, 2048)
    model = type("Model", (), {"config": many})
    assert head_models.longest(model) == 304
