"""The two panels of lesson 05 that train, in a real browser: nothing here depends on how fast the machine is."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import Notebook, open_notebook, picture

pytestmark = pytest.mark.browser
SLOW = 60_000  # milliseconds, for a step on a busy machine
PRE_TRAINING = """
from lessons.bert import pretraining
pretraining.REVIEWS, pretraining.ROWS = 64, 8  # the picture is tested, not what is learned
from widgets.explorers.pre_training import PreTraining
panel = PreTraining(steps=400, every=20)
panel.run.steps, panel.run.schedule = 100_000, None  # so many that no machine is done before Stop is pressed
panel
"""
FINE_TUNING = """
from lessons.bert.encoder import BertConfig
from lessons.bert.models import MaskedLanguageModel
from lessons.text.reviews import review_tokenizer
from widgets.explorers.fine_tuning import FineTuning
model = MaskedLanguageModel(BertConfig(len(review_tokenizer()), 8, layers=1, heads=2, d_ff=12, context=40))
model.tokenizer = review_tokenizer()
panel = FineTuning(lambda: model)
panel.run.runs[0].steps = 100_000
panel
"""


def press(notebook: Notebook, name: str) -> None:
    """Press a button with the keyboard alone."""
    button = notebook.page.get_by_role("button", name=name, exact=True)
    expect(button).to_be_enabled(timeout=SLOW)
    button.focus()
    notebook.page.keyboard.press("Enter")


def readout(chart: Locator) -> Locator:
    return chart.locator(".unrolled-readout")


def stops_and_goes_on(notebook: Notebook, line: Locator) -> None:
    """Stop: nothing changes any more. Go on: it does. `line` tells the step that was taken last."""
    press(notebook, "Stop")
    expect(notebook.page.get_by_role("button", name="Go on")).to_be_enabled(timeout=SLOW)
    notebook.page.wait_for_timeout(500)  # what was sent before has come in
    stopped = line.inner_text()
    notebook.page.wait_for_timeout(700)
    assert line.inner_text() == stopped
    press(notebook, "Go on")
    expect(line).not_to_have_text(stopped, timeout=SLOW)


def test_a_bert_is_pre_trained_while_somebody_watches(browser, lab) -> None:
    with open_notebook(browser, lab, lab.write("pre.ipynb", PRE_TRAINING), height=1900) as notebook:
        notebook.run_all()
        page = notebook.page
        loss, _, words = page.locator(".unrolled-chart").all()
        bars = page.locator(".unrolled-bars-view")
        expect(readout(loss)).to_contain_text("Press Train")
        expect(bars).to_contain_text("nothing to show yet")
        press(notebook, "Train")
        expect(readout(words)).to_contain_text(re.compile(r"After step [1-9]"), timeout=SLOW)
        expect(words.locator(".unrolled-plot text", has_text="%").first).to_be_visible()
        cells = words.locator(".unrolled-plot .textpoint").count()
        assert cells >= 10 and cells % 5 == 0, "a row for each checkpoint, a column for each blank"
        expect(bars).to_contain_text("the ten best words", timeout=SLOW)
        before = picture(loss)
        stops_and_goes_on(notebook, readout(loss))
        assert picture(loss) != before
        press(notebook, "Stop")
        expect(page.get_by_role("button", name="Go on")).to_be_enabled(timeout=SLOW)
        page.get_by_role("slider", name="after step").focus()
        page.keyboard.press("Home")
        expect(bars).to_contain_text("After step 0:", timeout=SLOW)
        page.get_by_role("combobox", name="Look closely at").focus()
        page.keyboard.press("ArrowDown")
        expect(bars.locator("h4")).to_contain_text("After step 0: the ten best words for")
        words.locator(".unrolled-stage").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        expect(readout(words)).to_contain_text("blank 1: The soup was ____,")
        expect(readout(words)).to_contain_text("after step 20:")
        expect(readout(words)).to_contain_text("%")
        press(notebook, "Start afresh")
        expect(readout(loss)).to_contain_text("no step is taken yet", timeout=SLOW)
        expect(bars).to_contain_text("nothing to show yet")
        assert notebook.our_errors() == [] and notebook.foreign == []


def test_two_classifiers_are_fine_tuned_side_by_side(browser, lab) -> None:
    with open_notebook(browser, lab, lab.write("fine.ipynb", FINE_TUNING), height=1500) as notebook:
        notebook.run_all()
        page = notebook.page
        new = page.locator(".unrolled-chart").first
        bars = page.locator(".unrolled-bars-view")
        expect(bars).to_contain_text("Untrained")
        press(notebook, "Train")
        expect(readout(new)).to_contain_text("from pre-trained weights", timeout=SLOW)
        stops_and_goes_on(notebook, bars.locator("h4"))
        press(notebook, "Stop")
        expect(page.get_by_role("button", name="Go on")).to_be_enabled(timeout=SLOW)
        field = page.get_by_role("textbox", name="Your sentence")
        field.focus()
        page.keyboard.press("Control+A")
        page.keyboard.type("The <b>zorp</b> was nice.")
        expect(page.locator(".unrolled-status")).to_contain_text("“zorp”", timeout=SLOW)
        expect(bars.locator("tbody tr")).to_have_count(4)
        page.keyboard.press("Control+A")
        page.keyboard.press("Delete")
        expect(page.locator(".unrolled-status")).to_contain_text("Your sentence is empty", timeout=SLOW)
        expect(bars).to_contain_text("nothing to show yet")
        press(notebook, "Start afresh")
        expect(readout(new)).to_contain_text("no step is taken yet", timeout=SLOW)
        assert notebook.our_errors() == [] and notebook.foreign == []
