"""What students really do: odd text in every field, two copies, a second run, an interrupt, a restart, a reload."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Notebook, open_notebook, painted, wait_painted

pytestmark = pytest.mark.browser

HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "<b>bold</b> &lt;i&gt; \"quotes\" 'single' `tick` ${1} {{x}}",
    "a\u2028b\u2029c",
    "\u202eright to left\u202c مرحبا",
    "x" * 10_000,
    "$\\alpha$ \\(x\\)",
]


def js(value: object) -> str:
    return json.dumps(value)


def assert_harmless(notebook: Notebook) -> None:
    """No element has come out of a text, nothing was run, nothing was asked of another host."""
    page = notebook.page
    assert (
        page.evaluate(
            "() => document.querySelectorAll('.unrolled img, .unrolled script, .unrolled b, .unrolled i').length"
        )
        == 0
    )
    assert notebook.foreign == [] and notebook.our_errors() == []


def test_hostile_text_is_shown_as_text_in_every_instrument(browser, lab) -> None:
    source = f"""
import plotly.graph_objects as go, torch, json
from IPython.display import display
from widgets import *
texts = json.loads({js(json.dumps(HOSTILE))})
n = len(texts)
heat = HeatMap(title=texts[0], row_axis=texts[1], column_axis=texts[0], value_axis=texts[0])
display(heat.show(torch.rand(n, n), row_labels=texts, column_labels=texts))
display(TokenStrip(title=texts[0], value_axis=texts[0], selected=0).show(texts, torch.rand(n)))
strip = TokenStrip(value_axis=texts[0], selected=0, mark_name=texts[0])
display(strip.show(texts, torch.ones(n), notes=texts, categories=texts[:2], marks=[0]))
display(Bars(title=texts[0], label_axis=texts[0], value_axis=texts[0]).show(texts, torch.rand(n), series=[texts[0]]))
from widgets.instruments.arcs import Arcs
from widgets.instruments.plane import Plane
from widgets.instruments.thumbnails import Thumbnails
odd = [*texts, "", "line\\nbreak", "\\u202e" + texts[0]]
m = len(odd)
arcs = Arcs(title=texts[0], selected=0)
display(arcs.show(odd, torch.rand(3, m, m), key_tokens=odd[::-1], heads=odd[:3]))
grid = Thumbnails(title=texts[0])
display(grid.show(torch.rand(m, 1, 4, 4), captions=[[text] for text in odd], scores=torch.rand(m, 1),
                  score_axis=texts[0], row_axis=texts[1], column_axis=texts[0], marks=[(0, 0)]))
plane = Plane(title=texts[0], handle=[0.5, 0.5], handle_label=texts[0], readout=texts[0] + texts[3])
display(plane.show(torch.rand(m, 2), odd, arrows=torch.rand(m, 4), arrow_labels=odd))
figure = go.Figure()
figure.add_bar(x=texts, y=[1.0] * n, name=texts[0])
figure.update_layout(showlegend=True)
display(Chart(figure, title=texts[0], summary=texts[0]))
from lessons.checks import Choice, Estimate
for i in (0, 3):
    key = f"99.hostile_{{'abcd'[i]}}"
    display(Prediction(Choice(key=key, text=texts[i], options=tuple(texts), answer=0, why=texts[i])))
from lessons.checks import rnn_gradients
def student(x, h, A_x, A_h, b):
    raise ValueError(texts[0] + texts[2] + texts[3])
display(rnn_gradients.rnn_step(student))
"""
    with open_notebook(browser, lab, lab.write("hostile.ipynb", source), height=2600) as notebook:
        notebook.run_all()
        page = notebook.page
        page.wait_for_selector(".unrolled-plot .barlayer path", state="attached", timeout=20_000)
        tokens = page.locator(".unrolled-token").all_inner_texts()
        assert tokens[0] == HOSTILE[0]
        assert tokens[2] == "aU+2028bU+2029c" and tokens[3].startswith("U+202E") and len(tokens[4]) == 60
        assert page.locator(".unrolled-bars th[scope=row]").first.inner_text() == HOSTILE[0]
        assert HOSTILE[0] in page.locator(".unrolled-plot .xaxislayer-above").text_content().replace("\xa0", " ")
        for summary in page.locator("summary", has_text="Data table").all():
            summary.click()
        for name in ("arcs", "thumbnails", "plane"):
            expect(page.locator(f".unrolled-{name} .unrolled-readout")).to_contain_text(HOSTILE[0])
            table = page.locator(f".unrolled-{name} tbody")
            expect(table).to_contain_text(HOSTILE[0])
            expect(table).to_contain_text("line⏎break")
            expect(table).to_contain_text("∅")
        for name in ("heat-map", "token-strip", "arcs", "thumbnails", "plane"):
            turned = page.locator(f".unrolled-{name} .unrolled-readout bdi", has_text=HOSTILE[0])
            assert turned.count() > 0, f"{name}: a text from right to left would turn the whole sentence around"
        card = page.locator(".unrolled-prediction").first
        card.get_by_role("radio").first.click()
        card.get_by_role("button", name="Commit").click()
        expect(card.locator(".unrolled-verdict")).to_contain_text(HOSTILE[0])
        errors = page.locator(".jp-OutputArea-output .jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']")
        assert errors.count() == 0
        assert page.evaluate("() => document.querySelectorAll('.jp-OutputArea-output img').length") == 0
        assert_harmless(notebook)


@pytest.fixture(scope="module")
def explorers(browser, lab) -> Notebook:
    cells = (
        "from widgets.explorers.fading_memory import FadingMemory\nFadingMemory()",
        "from widgets.explorers.gradient_flow import GradientFlow\nGradientFlow()",
        "GradientFlow()",
    )
    with open_notebook(browser, lab, lab.write("explorers.ipynb", *cells), height=3600) as notebook:
        notebook.run_all()
        notebook.page.wait_for_selector(".unrolled-plot path.js-line")
        yield notebook


@pytest.mark.parametrize("text", HOSTILE, ids=["script", "markup", "separators", "bidi", "10kB", "math"])
@pytest.mark.parametrize("which", [0, 1])
def test_hostile_text_typed_into_an_explorer(explorers: Notebook, text: str, which: int) -> None:
    page = explorers.page
    panel = page.locator(".unrolled-explorer").nth(which)
    strip = panel.locator(".unrolled-token-strip")
    before = painted(strip)
    panel.locator("input[type=text]").fill(text)
    if which == 1 or len(text.split()) > 0:
        wait_painted(strip, before)
    assert panel.locator("[role=alert]").inner_text() == ""
    assert panel.locator(".unrolled-token").count() == (len(text.split()) if which == 0 else min(len(text), 120))
    assert_harmless(explorers)


def test_empty_text_is_answered_with_a_sentence_and_the_picture_stays(explorers: Notebook) -> None:
    page = explorers.page
    for which, says in ((0, "sentence is empty"), (1, "no text to read")):
        panel = page.locator(".unrolled-explorer").nth(which)
        field = panel.locator("input[type=text]")
        strip = panel.locator(".unrolled-token-strip")
        before = painted(strip)
        field.fill("three small words")
        wait_painted(strip, before)
        count = panel.locator(".unrolled-token").count()
        field.fill("")
        expect(panel.locator("[role=alert]")).to_contain_text(says)
        assert panel.locator(".unrolled-token").count() == count
        field.fill("x")
        expect(panel.locator("[role=alert]")).to_have_text("")
        expect(panel.locator(".unrolled-token")).to_have_count(1)


def test_five_thousand_characters_are_cut_with_a_sentence(explorers: Notebook) -> None:
    panel = explorers.page.locator(".unrolled-explorer").nth(1)
    panel.locator("input[type=text]").fill("word " * 1000)
    expect(panel.locator(".unrolled-status")).to_contain_text("5,000 characters. This panel reads the first 120")
    assert panel.locator(".unrolled-token").count() == 120


def test_two_copies_do_not_disturb_each_other(explorers: Notebook) -> None:
    page = explorers.page
    one, two = (page.locator(".unrolled-explorer").nth(i) for i in (1, 2))
    two.locator("input[type=text]").fill("second")
    expect(two.locator(".unrolled-token")).to_have_count(6)
    one.locator("input[type=text]").fill("one")
    expect(one.locator(".unrolled-token")).to_have_count(3)
    assert two.locator(".unrolled-token").count() == 6
    ids = page.evaluate("() => [...document.querySelectorAll('.unrolled [id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


def test_a_second_run_of_a_cell_gives_a_live_panel(explorers: Notebook) -> None:
    explorers.run_all()
    page = explorers.page
    page.wait_for_timeout(500)
    panel = page.locator(".unrolled-explorer").nth(2)
    panel.locator("input[type=text]").fill("again")
    expect(panel.locator(".unrolled-token")).to_have_count(5)
    assert page.locator(".unrolled-explorer").count() == 3


def test_an_interrupted_training_cell_stops_cleanly_and_goes_on(browser, lab) -> None:
    cells = (
        "from lessons.recurrent.experiments import recall_training\n"
        "run = recall_training(60, steps=100_000)\nrecords = run.run()",
        "more = run.run(5)\nprint('went on', len(more) == 5 and more[0].step == records[-1].step + 1)",
    )
    with open_notebook(browser, lab, lab.write("interrupt.ipynb", *cells)) as notebook:
        page = notebook.page
        run_cell = """i => {
            window.jupyterapp.shell.currentWidget.content.activeCellIndex = i;
            window.jupyterapp.commands.execute('notebook:run-cell');
        }"""
        page.evaluate(run_cell, 0)
        expect(page.locator(".jp-OutputArea-output").first).to_contain_text("loss=", timeout=30_000)
        notebook.command("notebook:interrupt-kernel")
        expect(page.locator(".jp-OutputArea").first).to_contain_text(
            "Call run() again to go on from here", timeout=15_000
        )
        assert "Traceback" not in page.locator(".jp-Notebook").inner_text()
        page.evaluate(run_cell, 1)
        expect(page.locator(".jp-OutputArea").nth(1)).to_contain_text("went on True", timeout=20_000)


def test_after_a_restart_the_panel_says_run_this_cell_again(browser, lab) -> None:
    name = lab.write("restart.ipynb", "from widgets.explorers.gradient_decay import GradientDecay\nGradientDecay()")
    with open_notebook(browser, lab, name) as notebook:
        notebook.run_all()
        page = notebook.page
        dead = page.locator(".unrolled-status .unrolled-dead")
        expect(dead).to_be_hidden()
        page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
        expect(dead).to_be_visible(timeout=20_000)
        expect(dead).to_contain_text("Run this cell again")
        page.wait_for_function(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"
        )
        notebook.run_all()
        handle = page.locator(".noUi-handle").first
        chart = page.locator(".unrolled-chart")
        page.wait_for_selector(".unrolled-plot path.js-line")
        before = painted(chart)
        handle.focus()
        page.keyboard.press("ArrowRight")
        wait_painted(chart, before)


def test_after_a_reload_the_pictures_come_back(browser, lab) -> None:
    name = lab.write(
        "reload.ipynb",
        "from widgets.explorers.gradient_flow import GradientFlow\nGradientFlow(text='reload')",
    )
    with open_notebook(browser, lab, name, height=1800) as notebook:
        notebook.run_all()
        page = notebook.page
        page.wait_for_selector(".unrolled-plot path.js-line")
        notebook.command("docmanager:save")
        page.wait_for_timeout(1000)
        page.goto(f"{lab.address}/lab/tree/{name}")
        page.wait_for_selector(".unrolled-plot path.js-line", timeout=60_000)
        panel = page.locator(".unrolled-explorer")
        panel.locator("input[type=text]").fill("still alive")
        expect(panel.locator(".unrolled-token")).to_have_count(11)
        stored = (lab.root / name).read_text()
        assert "plotly.js" not in stored and len(stored) < 20_000
