"""What is read out, and when: under the mouse, in the view that has the focus, of a head without a single line."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.lab import Notebook, open_notebook

pytestmark = pytest.mark.browser

CELLS = (
    """
import ipywidgets as ipw, numpy as np, torch
from widgets import HeatMap, TokenStrip
heat = HeatMap().show(torch.arange(12.0).view(3, 4))
heard = ipw.Text(description="heat", value=str(heat.cursor))
heat.observe(lambda c: setattr(heard, "value", str(c.new)), "cursor")
heard.observe(lambda c: setattr(heat, "cursor", eval(c.new)), "value")
ipw.VBox([heat, heard, TokenStrip(selected=0).show("ab", [0.1, 0.2])])
""",
    """
from widgets.instruments.arcs import Arcs
even, faint = torch.full((80, 80), 1 / 80), torch.full((512, 512), 1 / 512)
levels = torch.tensor([[0, 255], [51, 204]], dtype=torch.uint8)
ipw.VBox([Arcs().show(["a"] * 80, even), Arcs().show(["a"] * 512, faint), Arcs(selected=1).show("ab", levels)])
""",
    """
from widgets.instruments.thumbnails import Thumbnails
steps = np.repeat(np.linspace(0, 1, 15), 4).reshape(3, 5, 2, 2)
grids = [Thumbnails().show(steps, low=0, high=1, scores=np.zeros((3, 5)), score_axis="same word")]
grids.append(Thumbnails().show(np.zeros((1, 1024, 48, 48), np.uint8)))
ipw.VBox(grids)
""",
)
# Keeps every canvas that is made: the one for all pictures never stands in the page.
WATCH = """() => {
    const make = document.createElement.bind(document);
    window.canvases = [];
    document.createElement = (name, ...rest) => {
        const made = make(name, ...rest);
        if (name === 'canvas') window.canvases.push(made);
        return made;
    };
}"""


@pytest.fixture(scope="module")
def notebook(browser, lab) -> Iterator[Notebook]:
    with open_notebook(browser, lab, lab.write("readouts.ipynb", *CELLS), height=3600) as opened:
        opened.page.evaluate(WATCH)
        opened.run_all()
        opened.page.wait_for_function("() => document.querySelectorAll('.unrolled[data-painted]').length === 7")
        yield opened


def view(notebook: Notebook, name: str, which: int = 0) -> Locator:
    return notebook.page.locator(f".unrolled-{name}").nth(which)


def said(root: Locator) -> Locator:
    return root.locator(".unrolled-readout")


def place(row: int, column: int) -> dict[str, float]:
    """Return the middle of a cell of the heat map, in pixels of its canvas: a cell is 34 wide and high."""
    return {"x": 33 + 34 * (column + 0.5), "y": 4 + 34 * (row + 0.5)}


def test_the_mouse_reads_out_a_cell_and_only_a_click_or_a_key_chooses_it(notebook: Notebook) -> None:
    heat, heard = view(notebook, "heat-map"), notebook.page.get_by_label("heat", exact=True)
    canvas = heat.locator("canvas")
    canvas.hover(position=place(1, 2))
    expect(said(heat)).to_have_text("row 1, column 2: value 6")
    canvas.hover(position={"x": 400, "y": 10})
    expect(said(heat)).to_have_text("row 0, column 0: value 0")
    canvas.click(position=place(2, 1))
    expect(heard).to_have_value("[0, 2, 1]")
    canvas.hover(position=place(0, 3))
    expect(said(heat)).to_have_text("row 0, column 3: value 3")
    heat.locator("[role=application]").focus()
    notebook.page.keyboard.press("ArrowRight")
    expect(said(heat)).to_have_text("row 2, column 2: value 10")  # from what is chosen, not from under the mouse
    expect(heard).to_have_value("[0, 2, 2]")
    canvas.hover(position=place(0, 0))
    expect(said(heat)).to_have_text("row 0, column 0: value 0")
    heard.fill("[0, 1, 1]")
    heard.press("Enter")
    expect(said(heat)).to_have_text("row 1, column 1: value 5")  # whoever chose it
    assert heard.input_value() == "[0, 1, 1]", "the mouse has chosen nothing"


def test_only_the_view_with_the_focus_speaks(notebook: Notebook) -> None:
    heat, strip = view(notebook, "heat-map"), view(notebook, "token-strip")
    heat.locator("[role=application]").focus()
    expect(said(heat)).to_have_attribute("aria-live", "polite")
    expect(said(strip)).to_have_attribute("aria-live", "off")
    strip.get_by_role("listbox").focus()
    expect(said(heat)).to_have_attribute("aria-live", "off")
    expect(said(strip)).to_have_attribute("aria-live", "polite")


def test_an_even_head_says_why_no_line_is_drawn(notebook: Notebook) -> None:
    even, faint, from_bytes = (view(notebook, "arcs", which) for which in range(3))
    expect(even).to_contain_text("No line is drawn: the strongest weights are all alike, there are too many")
    expect(faint).to_contain_text("Weights below 1 % are not drawn.")
    expect(from_bytes).to_contain_text("Weights below 1 % are not drawn.")
    expect(said(from_bytes)).to_have_text("Token 2 of 2, b, looks at: b (2) 80 %, a (1) 20 %")


def test_scores_of_nothing_but_0_have_no_highest(notebook: Notebook) -> None:
    grid = view(notebook, "thumbnails")
    expect(grid).to_contain_text("No same word is above 0.")
    expect(grid).not_to_contain_text("Highest")


def test_every_picture_stands_in_its_cell_and_no_canvas_is_too_wide(notebook: Notebook) -> None:
    grid = view(notebook, "thumbnails")
    colours = grid.locator("canvas").evaluate(
        """canvas => Array.from({ length: 15 }, (_, cell) => {
            const [x, y] = [40 + (cell % 5) * 67 + 32, 34 + Math.floor(cell / 5) * 67 + 32];
            const ctx = canvas.getContext('2d');
            return [...ctx.getImageData(x * devicePixelRatio, y * devicePixelRatio, 1, 1).data];
        })"""
    )
    brightness = [sum(colour[:3]) for colour in colours]
    assert brightness in (sorted(brightness), sorted(brightness, reverse=True)) and len(set(brightness)) == 15
    widest = notebook.page.evaluate("() => Math.max(...window.canvases.map((c) => Math.max(c.width, c.height)))")
    assert 1000 < widest < 4000, "1024 pictures of 48 x 48 stand in a square"
