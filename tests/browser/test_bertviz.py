"""BertViz in a real JupyterLab that reaches no other host: twice in a notebook, in a sandbox, with hostile tokens."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Error, FrameLocator, expect

from tests.browser.lab import DARK, LIGHT, Notebook, open_notebook, wait_painted

pytestmark = pytest.mark.browser

RECORDING = """import torch
from widgets.bertviz import head_view, model_view, neuron_view
tokens = ["one", "</script><script>parent.hurt = hurt = 1</script>", "<img src=x onerror=hurt=1>", "\\u202etwo"]
q, k = torch.randn(2, 2, 3, 4, 8, generator=torch.Generator().manual_seed(0)).unbind(0)
p = (q @ k.mT / 8**0.5).softmax(-1)
head_view(p, tokens, height=250)"""
LABELS = ["one", "</script><s…", "<img src=x …", "U+202Etwo"]
CELLS = (RECORDING, "model_view(p, tokens, height=250)", "neuron_view(q, k, p, tokens, height=250)",
         "head_view(p, tokens, layer=1, height=250)")  # fmt: skip
HEAD, MODEL, NEURON, SECOND = range(4)


@pytest.fixture(scope="module")
def notebook(browser, lab) -> Iterator[Notebook]:
    with open_notebook(browser, lab, lab.write("bertviz.ipynb", *CELLS), height=2200) as opened:
        opened.run_all()
        for which in range(4):
            frame(opened, which).locator("svg line").first.wait_for(state="attached")
        yield opened


def frame(notebook: Notebook, which: int) -> FrameLocator:
    """Return the inside of one of BertViz's views."""
    return notebook.page.locator(".unrolled-frame iframe").nth(which).content_frame


def strengths(inside: FrameLocator) -> list[str]:
    """Return how strong each line of a head view is."""
    return inside.locator("#attention line").evaluate_all("lines => lines.map((x) => x.getAttribute('stroke-opacity'))")


def test_a_token_is_text_and_nothing_of_it_runs(notebook: Notebook) -> None:
    for which in (HEAD, NEURON, SECOND):
        left = frame(notebook, which).locator("#left text" if which != NEURON else "#collapsed #leftText text")
        expect(left).to_have_text(LABELS)
    model = frame(notebook, MODEL)
    model.locator("svg > g > rect:last-child").nth(4).click()
    expect(model.locator("text.detail")).to_have_text("Layer 1, Head 1")
    expect(model.locator("text.token")).to_have_text(LABELS * 2)
    for which in range(4):
        body = frame(notebook, which).locator("body")
        assert body.evaluate("b => [b.querySelectorAll('img, #vis script').length, typeof window.hurt]") == [
            0,
            "undefined",
        ]
    assert notebook.page.evaluate("typeof window.hurt") == "undefined"
    assert notebook.foreign == [] and notebook.our_errors() == []


def test_the_layer_list_changes_one_picture_and_leaves_the_other(notebook: Notebook) -> None:
    one, two = frame(notebook, HEAD), frame(notebook, SECOND)
    one.get_by_label("Layer").select_option("0")
    before, other = strengths(one), strengths(two)
    assert len(before) == 3 * 4 * 4 and before != other
    one.get_by_label("Layer").focus()
    notebook.page.keyboard.press("ArrowDown")
    assert strengths(one) == other == strengths(two), "both show layer 1 now"
    one.get_by_label("Layer").select_option("0")
    assert strengths(one) == before


def test_the_neuron_view_opens_one_token(notebook: Notebook) -> None:
    inside = frame(notebook, NEURON)
    inside.get_by_label("Head").select_option("2")
    inside.locator("#collapsed #leftText text").first.hover()
    inside.locator("#collapsed #leftText .plus-sign").first.click(force=True)
    expect(inside.locator("#expanded")).to_have_attribute("visibility", "visible")
    assert inside.locator("#dotproducts rect").count() == 4
    assert notebook.our_errors() == []


def test_a_theme_leaves_the_page_as_it_is_and_turns_its_colours(notebook: Notebook) -> None:
    root = notebook.page.locator(".unrolled-frame").first
    inside = frame(notebook, HEAD)
    inside.get_by_label("Layer").select_option("1")
    for theme, filtered in ((DARK, True), (LIGHT, False)):
        before = int(root.get_attribute("data-painted"))
        notebook.theme(theme)
        wait_painted(root, before)
        style = root.locator("iframe").evaluate("x => getComputedStyle(x).filter")
        assert ("invert" in style) is filtered
    expect(inside.get_by_label("Layer")).to_have_value("1")


def test_the_notebook_keeps_no_page(notebook: Notebook) -> None:
    notebook.command("docmanager:save")
    path = notebook.lab.root / notebook.name
    notebook.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    stored = path.read_text()
    assert "Frame: run this cell" in stored and len(stored) < 20_000


def test_every_frame_has_a_name_and_a_sandbox(notebook: Notebook) -> None:
    frames = notebook.page.locator(".unrolled-frame iframe")
    attributes = frames.evaluate_all("all => all.map((x) => [x.getAttribute('sandbox'), x.title])")
    assert attributes == [["allow-scripts", f"BertViz, {name} view"] for name in ("head", "model", "neuron", "head")]


def test_a_page_cannot_read_the_notebook_nor_ask_a_host(browser, lab) -> None:
    # In a notebook of its own, because what the page is forbidden is an error in the console.
    with open_notebook(browser, lab, lab.write("shut_in.ipynb", RECORDING)) as opened:
        opened.run_all()
        body = frame(opened, 0).locator("body")
        with pytest.raises(Error, match="cross-origin|Blocked a frame"):
            body.evaluate("() => parent.document.title")
        with pytest.raises(Error, match="Failed to fetch|NetworkError"):
            body.evaluate("(_, address) => fetch(address)", lab.address)
        assert any("Content Security Policy" in error for error in opened.errors)
        assert opened.foreign == []
