"""Arcs, Thumbnails and Plane in the page: mouse and keyboard, what the kernel hears, long texts, themes, widths."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, expect

from tests.browser.lab import DARK, LIGHT, Notebook, open_notebook, painted, picture, wait_painted

pytestmark = pytest.mark.browser

# Each is linked to a field, so that the page can see what the kernel heard, and a test can speak for the kernel.
CELLS = (
    """
import ipywidgets as ipw, torch
from widgets.instruments.arcs import Arcs
words = "the cat sat on the mat because it was tired and the straw ##berry internationalisation-of-everything".split()
weights = torch.zeros(15, 15)
weights[2, 1], weights[2, 0] = 0.75, 0.25
weights[7] = 1 / 15
arcs = Arcs(title="One head").show(words, weights)
heard = ipw.IntText(description="arcs")
ipw.link((arcs, "selected"), (heard, "value"))
many = Arcs(title="Twelve heads").show(words, torch.rand(12, 15, 15).softmax(-1))
ipw.VBox([arcs, heard, many])
""",
    """
import numpy as np
from widgets.instruments.thumbnails import Thumbnails
heads = np.zeros((30, 9, 128, 128), np.uint8)
heads[:, :, range(128), range(128)] = 255
scores = np.linspace(0, 0.9, 270).reshape(30, 9)
captions = [[f"says {layer}.{head}" for head in range(9)] for layer in range(30)]
grid = Thumbnails(title="Every head")
grid.show(heads, scores=scores, score_axis="diagonal", captions=captions, marks=[(0, 1)])
chosen = ipw.Text(description="grid")
grid.observe(lambda c: setattr(chosen, "value", str(c.new)), "selected")
chosen.observe(lambda c: setattr(grid, "selected", eval(c.new)), "value")
ipw.VBox([grid, chosen])
""",
    """
from widgets.instruments.plane import Plane
plane = Plane(title="Keys", handle=[0.5, 0.5], handle_label="query")
arrows = {"arrows": [[0, 0, -1, -1]], "arrow_labels": ["away"]}
plane.show([[1, 0], [0, 1]], ["cat", "dog"], weights=[0.75, 0.25], limits=(-2, 2), **arrows)
plane.observe(lambda c: setattr(plane, "readout", f"The kernel heard {c.new}."), "handle")
still = Plane(title="No handle").show([[1, 0]])
ipw.VBox([plane, still])
""",
    """
long = Arcs(title="512 tokens").show([f"token{i}" for i in range(512)], torch.rand(512, 512).mul(9).softmax(-1))
long
""",
)


@pytest.fixture(scope="module")
def notebook(browser, lab) -> Notebook:
    with open_notebook(browser, lab, lab.write("attention.ipynb", *CELLS), height=3600) as opened:
        opened.run_all()
        opened.page.wait_for_function("() => document.querySelectorAll('.unrolled[data-painted] canvas').length === 6")
        yield opened


@pytest.fixture(autouse=True)
def patience():
    """The kernel's answer may take long on a busy machine."""
    expect.set_options(timeout=20_000)
    yield
    expect.set_options(timeout=5_000)


def view(notebook: Notebook, name: str, which: int = 0) -> Locator:
    return notebook.page.locator(f".unrolled-{name}").nth(which)


def said(root: Locator) -> Locator:
    return root.locator(".unrolled-readout")


def focus_stage(root: Locator) -> None:
    root.locator("[role=application]").focus()


def field(notebook: Notebook, label: str) -> Locator:
    return notebook.page.get_by_label(label, exact=True)


def tell(notebook: Notebook, label: str, value: str) -> None:
    """Let the kernel choose."""
    field(notebook, label).fill(value)
    field(notebook, label).press("Enter")


def test_a_token_is_chosen_by_keyboard_and_both_sides_know(notebook: Notebook) -> None:
    arcs, press = view(notebook, "arcs"), notebook.page.keyboard.press
    focus_stage(arcs)
    press("Escape")
    expect(said(arcs)).to_contain_text("Choose a token on the left")
    before = picture(arcs)
    for _ in range(3):
        press("ArrowDown")
    expect(said(arcs)).to_have_text("Token 3 of 15, sat, looks at: cat (2) 75 %, the (1) 25 %")
    expect(field(notebook, "arcs")).to_have_value("2")
    assert picture(arcs) != before
    press("End")
    expect(said(arcs)).to_contain_text("Token 15 of 15")
    press("ArrowDown")
    press("Home")
    press("ArrowUp")
    expect(said(arcs)).to_contain_text("Token 1 of 15, the, looks at: no weight of 1 % or more")
    expect(field(notebook, "arcs")).to_have_value("0")  # or its coming would overwrite what is typed there next
    tell(notebook, "arcs", "7")
    expect(said(arcs)).to_contain_text("Token 8 of 15, it, looks at: the (1) 6.7 %")
    focus_stage(arcs)
    press("Escape")
    expect(field(notebook, "arcs")).to_have_value("-1")


def arcs_without_a_token(notebook: Notebook) -> Locator:
    """The first arcs, with no token chosen, whatever the test before left."""
    arcs = view(notebook, "arcs")
    tell(notebook, "arcs", "-1")
    expect(said(arcs)).to_contain_text("Choose a token on the left")
    return arcs


def test_hovering_shows_a_token_for_a_while_and_a_click_keeps_it(notebook: Notebook) -> None:
    arcs = arcs_without_a_token(notebook)
    canvas = arcs.locator("canvas")
    canvas.hover(position={"x": 30, "y": 2.5 * 17})
    expect(said(arcs)).to_contain_text("Token 3 of 15")
    expect(field(notebook, "arcs")).to_have_value("-1")
    canvas.hover(position={"x": 300, "y": 2.5 * 17})
    expect(said(arcs)).to_contain_text("Choose a token")
    canvas.click(position={"x": 30, "y": 7.5 * 17})
    expect(field(notebook, "arcs")).to_have_value("7")
    canvas.hover(position={"x": 300, "y": 10})
    expect(said(arcs)).to_contain_text("Token 8 of 15")
    canvas.click(position={"x": 30, "y": 7.5 * 17})
    expect(field(notebook, "arcs")).to_have_value("-1")


def test_the_strongest_pairs_stand_in_a_table(notebook: Notebook) -> None:
    arcs = arcs_without_a_token(notebook)
    arcs.locator("summary").click()
    first = arcs.locator("tbody tr").first
    expect(first.locator("td")).to_have_text(["sat (3)", "cat (2)", "75 %"])
    expect(arcs.locator("tbody tr")).to_have_count(2 + 15)
    tell(notebook, "arcs", "2")
    expect(arcs.locator("tbody tr")).to_have_count(2)
    tell(notebook, "arcs", "-1")
    arcs.locator("summary").click()
    key = view(notebook, "arcs", 1).locator(".unrolled-key-entry")
    assert key.all_inner_texts() == [f"head {i}" for i in range(12)]


def test_512_tokens_scroll_in_a_low_frame_of_few_nodes(notebook: Notebook) -> None:
    long = view(notebook, "arcs", 2)
    stage = long.locator("[role=application]")
    assert long.evaluate("e => e.querySelectorAll('*').length") < 40
    assert stage.bounding_box()["height"] <= 520 and stage.evaluate("e => e.scrollHeight") > 8000
    assert long.locator("canvas").evaluate("e => e.height / devicePixelRatio") <= 520, (
        "only what is in sight is painted"
    )
    top = picture(long)
    focus_stage(long)
    before = painted(long)
    notebook.page.keyboard.press("End")
    wait_painted(long, before)
    expect(said(long)).to_contain_text("Token 512 of 512")
    box = stage.evaluate("e => [e.scrollTop + e.clientHeight, e.scrollHeight]")
    assert box[0] >= box[1] - 4, "the chosen token comes into sight"
    assert picture(long) != top
    long.locator("canvas").hover(position={"x": 20, "y": 200})
    expect(said(long)).not_to_contain_text("Token 512")
    notebook.page.keyboard.press("Home")
    for _ in range(59):
        notebook.page.keyboard.press("ArrowDown")
    expect(said(long)).to_contain_text("Token 60 of 512")
    notebook.page.wait_for_timeout(200)
    assert "Token 60 of 512" in said(long).inner_text(), "not what has scrolled under a mouse at rest"
    notebook.page.keyboard.press("Escape")
    stage.evaluate("e => { e.scrollTop = 0; }")


def test_a_cell_is_chosen_by_keyboard_mouse_and_kernel(notebook: Notebook) -> None:
    grid, press = view(notebook, "thumbnails"), notebook.page.keyboard.press
    focus_stage(grid)
    press("Home")
    press("PageUp")
    expect(said(grid)).to_contain_text("layer 0, head 0: says 0.0; diagonal 0")
    first = picture(grid)
    press("ArrowRight")
    expect(said(grid)).to_contain_text("layer 0, head 1: says 0.1")
    expect(said(grid)).to_contain_text("crossed out")
    assert picture(grid) != first
    expect(field(notebook, "grid")).to_have_value("[0, 1]")
    press("End")
    press("PageDown")
    expect(said(grid)).to_contain_text("layer 29, head 8: says 29.8; diagonal 0.9")
    stage = grid.locator("[role=application]")
    assert stage.bounding_box()["height"] <= 560
    assert stage.evaluate("e => e.scrollTop + e.clientHeight >= e.scrollHeight - 4"), "its row comes into sight"
    for _ in range(2):
        press("ArrowLeft")
    press("ArrowUp")
    expect(field(notebook, "grid")).to_have_value("[28, 6]")
    tell(notebook, "grid", "[3, 4]")
    expect(said(grid)).to_contain_text("layer 3, head 4")
    stage.evaluate("e => { e.scrollTop = 0; }")
    notebook.page.wait_for_timeout(200)
    grid.locator("canvas").click(position={"x": 40 + 10, "y": 34 + 10})
    expect(field(notebook, "grid")).to_have_value("[0, 0]")


def test_the_highest_score_is_named_and_heads_the_table(notebook: Notebook) -> None:
    grid = view(notebook, "thumbnails")
    expect(grid).to_contain_text("Highest: 0.9 in layer 29, head 8.")
    grid.locator("summary").click()
    expect(grid.locator("tbody tr")).to_have_count(270)
    first = grid.locator("tbody tr").first
    expect(first.locator("th")).to_have_text("layer 29, head 8")
    expect(first.locator("td")).to_have_text(["0.9", "says 29.8", "no", "1"])
    grid.locator("summary").click()


def test_the_pictures_of_all_heads_are_a_small_message(browser, lab) -> None:
    source = "import numpy as np\nfrom widgets.instruments.thumbnails import Thumbnails\n"
    source += "Thumbnails().show(np.zeros((12, 12, 512, 512), np.uint8))"
    with open_notebook(browser, lab, lab.write("bytes.ipynb", source)) as opened:
        before = opened.bytes_received
        opened.run_all()
        opened.page.wait_for_selector(".unrolled-thumbnails[data-painted] canvas")
        assert opened.bytes_received - before < 2_500_000


def place_of(plane: Locator) -> list[float]:
    """Return the place that is read out, once the picture follows what was done."""
    plane.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    x, y = re.search(r"at \((\S+), (\S+)\)", said(plane).inner_text()).groups()
    return [float(number.replace("−", "-")) for number in (x, y)]


def test_the_handle_moves_by_keyboard_and_the_kernel_answers(notebook: Notebook) -> None:
    plane, press = view(notebook, "plane"), notebook.page.keyboard.press
    focus_stage(plane)
    start = place_of(plane)
    before = picture(plane)
    press("ArrowRight")
    press("ArrowUp")
    press("ArrowUp")
    x, y = place_of(plane)
    assert y - start[1] == pytest.approx(2 * (x - start[0])) and x > start[0]
    expect(said(plane)).to_contain_text(f"The kernel heard [{x:g}, {y:g}].")
    assert picture(plane) != before
    press("Shift+ArrowLeft")
    assert x - place_of(plane)[0] == pytest.approx(10 * (x - start[0])), "Shift makes ten steps of one"
    for _ in range(20):
        press("Shift+ArrowDown")
    assert place_of(plane)[1] == -2, "the handle stays within the limits"
    expect(said(plane)).to_contain_text(re.compile(r"The kernel heard \[\S+, -2(\.0)?\]"))


def test_the_handle_is_dragged(notebook: Notebook) -> None:
    plane, mouse = view(notebook, "plane"), notebook.page.mouse
    canvas = plane.locator("canvas")
    canvas.click(position={"x": 100, "y": 100})
    here = place_of(plane)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    mouse.move(box["x"] + 110, box["y"] + 95)  # beside its middle, still within its reach
    mouse.down()
    assert place_of(plane) == here, "taking hold moves nothing"
    mouse.move(box["x"] + 160, box["y"] + 145, steps=4)
    mouse.up()
    x, y = place_of(plane)
    assert x > here[0] and y < here[1]
    assert x - here[0] == pytest.approx(here[1] - y, abs=0.02), "a pixel is as long up as to the right"
    mouse.move(box["x"] + 300, box["y"] + 300)
    assert place_of(plane) == [x, y], "let go, it stays"
    expect(said(plane)).to_contain_text(f"The kernel heard [{x:g}, {y:g}].")


def test_a_plane_without_a_handle_is_only_looked_at(notebook: Notebook) -> None:
    still = view(notebook, "plane", 1)
    before = picture(still)
    focus_stage(still)
    notebook.page.keyboard.press("ArrowRight")
    still.locator("canvas").click(position={"x": 80, "y": 80})
    expect(said(still)).to_contain_text("Nothing can be moved here")
    assert picture(still) == before


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("width", [1280, 800])
def test_all_fit_the_page_and_axe_finds_nothing_serious(notebook: Notebook, theme: str, width: int) -> None:
    page = notebook.page
    page.set_viewport_size({"width": width, "height": 3600})
    notebook.theme(theme)
    roots = page.locator(".unrolled").all()
    assert len(roots) == 6
    for root in roots:
        assert root.get_attribute("data-theme") == ("dark" if theme == DARK else "light")
        assert root.evaluate("e => e.scrollWidth - e.clientWidth") <= 1
        drawn = root.evaluate(
            "e => [e.querySelector('canvas').getBoundingClientRect().right, e.getBoundingClientRect().right]"
        )
        assert drawn[0] <= drawn[1] + 1
    result = Axe().run(page, context={"include": [[".unrolled"]]})
    serious = [v for v in result.response["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], n["html"][:200], n.get("failureSummary")) for v in serious for n in v["nodes"][:2]] == []
    assert notebook.foreign == [] and notebook.our_errors() == []
    page.set_viewport_size({"width": 1280, "height": 3600})
    notebook.theme(LIGHT)
