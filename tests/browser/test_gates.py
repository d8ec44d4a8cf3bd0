"""Lesson 2's gates explorer in the page: freezing by keyboard, odd texts, the time of a key, the saved picture."""

import pytest
from playwright.sync_api import Locator, expect

from benchmarks.keystrokes import WAYS, measure, percentile_95
from tests.browser.lab import DARK, LIGHT, Notebook, open_notebook, painted, picture, wait_painted

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def gates(browser, lab) -> Notebook:
    source = "from widgets.explorers.gates import Gates\npanel = Gates()\npanel"
    with open_notebook(browser, lab, lab.write("gates.ipynb", source), height=1700) as notebook:
        notebook.run_all()
        notebook.page.wait_for_selector(".unrolled-plot path.js-line")
        yield notebook


@pytest.fixture
def panel(gates: Notebook) -> Locator:
    """The panel, with nothing frozen and a text of our own."""
    panel = gates.page.locator(".unrolled-explorer")
    panel.get_by_role("button", name="Thaw all").click()
    area, strip = panel.locator("textarea"), panel.locator(".unrolled-token-strip")
    for text in ("x", "“I am going home,” said the maiden. “My father waits for me."):
        before = painted(strip)
        area.fill(text)
        wait_painted(strip, before)
    expect(panel.locator(".unrolled-token")).to_have_count(len(text))
    panel.page.wait_for_timeout(300)
    return panel


def choose(panel: Locator, label: str, key: str) -> None:
    """Choose in a drop-down list by keyboard: typing selects the entry that begins so."""
    panel.get_by_label(label, exact=True).focus()
    panel.page.keyboard.press(key)


def test_freezing_by_keyboard_changes_memory_and_prediction(panel: Locator) -> None:
    page = panel.page
    chart, bars = panel.locator(".unrolled-chart"), panel.locator(".unrolled-bars")
    before = [picture(chart), picture(bars)]
    choose(panel, "at", "1")
    expect(panel.get_by_label("at", exact=True)).to_have_value("1, open")
    panel.get_by_role("button", name="Freeze").focus()
    page.keyboard.press("Enter")
    expect(panel).to_contain_text("Frozen: the forget gate of unit 220")
    expect(panel.locator(".unrolled-chart")).to_contain_text("frozen")
    page.wait_for_timeout(400)
    assert picture(chart) != before[0] and picture(bars) != before[1]
    lines = panel.locator(".unrolled-plot .scatterlayer path.js-line").count()
    assert lines == 2, "the memory with and without the freeze"
    panel.get_by_role("button", name="Thaw all").focus()
    page.keyboard.press("Enter")
    expect(panel).to_contain_text("No gate is frozen.")
    page.wait_for_timeout(600)
    assert [picture(chart), picture(bars)] == before, "thawed, all is as it was"


def test_freezing_twice_is_a_sentence_and_the_picture_stays(panel: Locator) -> None:
    freeze = panel.get_by_role("button", name="Freeze")
    freeze.click()
    expect(panel).to_contain_text("Frozen: the forget gate of unit 220")
    panel.page.wait_for_timeout(500)
    chart = panel.locator(".unrolled-chart")
    before = picture(chart)
    freeze.click()
    expect(panel.locator("[role=alert]")).to_contain_text("thaw it before you freeze")
    assert picture(chart) == before


@pytest.mark.parametrize(("text", "count", "says"), [
    ("The ☃ sat 7 days on the\tmill.", 29, "The model does not know ☃, 7: it reads □ there."),
    ("word " * 1000, 500, "Your text has 5,000 characters. This panel reads the first 500."),
    ("</script><img src=x onerror=alert(1)>", 37, "The model does not know"),
    ("\n\n\n", 3, ""),
    ("e\u0301 👩‍👩‍👧", 7, "U+200D"),
    ("$\\alpha$ `x` <b>b</b>", 21, "□"),
])  # fmt: skip
def test_odd_texts_are_read_and_said_aloud(gates: Notebook, panel: Locator, text: str, count: int, says: str) -> None:
    panel.locator("textarea").fill(text)
    expect(panel.locator(".unrolled-token")).to_have_count(count)
    expect(panel.locator(".unrolled-status")).to_contain_text(says)
    assert panel.locator("[role=alert]").inner_text() == ""
    assert panel.locator(".unrolled img, .unrolled script, .unrolled b").count() == 0
    assert gates.foreign == [] and gates.our_errors() == []


def test_an_empty_text_is_a_sentence_and_the_picture_stays(panel: Locator) -> None:
    count = panel.locator(".unrolled-token").count()
    panel.locator("textarea").fill("")
    expect(panel.locator("[role=alert]")).to_contain_text("There is no text to read")
    assert panel.locator(".unrolled-token").count() == count


def cell_types(gates: Notebook) -> list[str]:
    return gates.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.map(w => w.model.type)")


def test_keys_meant_for_a_list_stay_there(gates: Notebook, panel: Locator) -> None:
    """JupyterLab's own shortcuts would leave the list at an arrow, and make a heading of the cell at a digit."""
    before = cell_types(gates)
    model = panel.get_by_label("Model", exact=True)
    model.focus()
    for key in ("3", "m", "ArrowDown", "ArrowUp"):
        panel.page.keyboard.press(key)
    assert cell_types(gates) == before
    assert model.evaluate("e => e === document.activeElement")


def test_every_model_of_the_box_can_be_chosen_by_keyboard(panel: Locator) -> None:
    strip = panel.locator(".unrolled-token-strip")
    model = panel.get_by_label("Model", exact=True)
    model.focus()
    seen = [picture(strip)]
    for title in ("GRU", "UGRNN", "RNN"):
        before = painted(strip)
        panel.page.keyboard.press("ArrowDown")
        expect(model).to_have_value(title)
        wait_painted(strip, before)
        panel.page.wait_for_timeout(300)
        seen.append(picture(strip))
        assert panel.locator("[role=alert]").inner_text() == ""
    assert len(set(seen)) == 4
    expect(panel).to_contain_text("The RNN has no gate to freeze.")
    expect(panel.get_by_role("button", name="Freeze")).to_be_disabled()
    for _ in range(3):
        panel.page.keyboard.press("ArrowUp")
    expect(model).to_have_value("LSTM")


def test_the_saved_picture_holds_what_was_typed_and_chosen(panel: Locator) -> None:
    page = panel.page
    page.evaluate("""() => {
        const serialize = XMLSerializer.prototype.serializeToString;
        XMLSerializer.prototype.serializeToString = function (node) {
            window.markup = serialize.call(this, node);
            return window.markup;
        };
    }""")
    panel.get_by_label("Colour the text by", exact=True).select_option(label="forget gate")
    with page.expect_download() as download:
        panel.get_by_role("button", name="Save picture").click()
    assert download.value.suggested_filename == "unrolled-gates-while-reading.png"
    markup = page.evaluate("() => window.markup")
    assert "My father waits for me.</textarea>" in markup
    chosen = page.evaluate("""() => [...new DOMParser().parseFromString(window.markup, 'application/xhtml+xml')
        .querySelectorAll('option[selected]')].map(option => option.textContent.replaceAll("\u00a0", " "))""")
    assert "forget gate" in chosen


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("width", [1280, 800])
def test_a_frozen_panel_fits_the_page(gates: Notebook, panel: Locator, theme: str, width: int) -> None:
    page = gates.page
    panel.get_by_role("button", name="Freeze").click()
    page.set_viewport_size({"width": width, "height": 1700})
    gates.theme(theme)
    page.wait_for_timeout(500)
    assert panel.evaluate("e => e.scrollWidth - e.clientWidth") <= 1
    page.set_viewport_size({"width": 1280, "height": 1700})
    gates.theme(LIGHT)


def test_a_key_in_the_text_gives_a_picture_in_time(browser, lab) -> None:
    """A generous ceiling; `python -m benchmarks.keystrokes` measures it."""
    times = measure(lab, browser, WAYS["a gate frozen"], keys=12, pastes=0)["typed"]
    assert percentile_95(times) < 400, times
