"""Lesson 3's head browser in the page: everything follows, by keyboard, in time, with the models that are here."""

import pytest
from playwright.sync_api import Locator, expect

from benchmarks.heads import measure
from benchmarks.latency import percentile_95
from lessons import zoo
from tests.browser.lab import Notebook, open_notebook, painted, picture, wait_painted
from tests.real_weights import needs_real

pytestmark = pytest.mark.browser
VIEWS = ("thumbnails", "token-strip", "heat-map", "arcs")


@pytest.fixture(scope="module")
def notebook(browser, lab) -> Notebook:
    from widgets.explorers.head_models import TITLES

    source = (
        "from widgets.explorers.head_browser import HeadBrowser\n"
        f"panel = HeadBrowser(model={TITLES['tales-llama']!r}, layer=1, head=3)\n"
        "panel"
    )
    with open_notebook(browser, lab, lab.write("heads.ipynb", source), height=1700) as notebook:
        notebook.run_all()
        notebook.page.wait_for_selector(".unrolled-arcs canvas")
        notebook.page.wait_for_timeout(800)
        yield notebook


def view(notebook: Notebook, name: str) -> Locator:
    return notebook.page.locator(f".unrolled-{name}").first


def press(notebook: Notebook, name: str, key: str) -> None:
    """Press a key in one view, and wait until all views have answered."""
    before = {each: painted(view(notebook, each)) for each in VIEWS if each != "thumbnails"}
    view(notebook, name).locator("[tabindex='0']").first.focus()
    notebook.page.keyboard.press(key)
    for each, count in before.items():
        wait_painted(view(notebook, each), count)
    notebook.page.wait_for_timeout(400)


def test_a_head_chosen_by_keyboard_is_shown_everywhere(notebook: Notebook) -> None:
    press(notebook, "thumbnails", "Home")
    before = {name: picture(view(notebook, name)) for name in VIEWS}
    press(notebook, "thumbnails", "ArrowRight")
    expect(view(notebook, "thumbnails").locator(".unrolled-readout")).to_contain_text("layer 1, head 1")
    for name in VIEWS[1:]:
        expect(view(notebook, name)).to_contain_text("layer 1, head 1")
        assert picture(view(notebook, name)) != before[name], name
    assert notebook.our_errors() == [] and notebook.foreign == []


def test_a_token_chosen_in_one_view_is_chosen_in_all(notebook: Notebook) -> None:
    press(notebook, "arcs", "Home")
    press(notebook, "arcs", "ArrowDown")
    expect(view(notebook, "token-strip").locator(".unrolled-token[aria-selected='true']")).to_have_count(1)
    expect(view(notebook, "arcs").locator(".unrolled-readout")).to_contain_text("Token 2 of")
    expect(view(notebook, "token-strip").locator(".unrolled-readout")).to_contain_text("Token 2 of")
    press(notebook, "heat-map", "ArrowDown")
    expect(view(notebook, "arcs").locator(".unrolled-readout")).to_contain_text("Token 3 of")


def test_a_new_sentence_is_shown_as_text(notebook: Notebook) -> None:
    area = notebook.page.locator(".unrolled-explorer textarea")
    before = painted(view(notebook, "thumbnails"))
    area.fill("</script><img src=x onerror=alert(1)> 🤷🏽‍♀️ \u202eabc")
    wait_painted(view(notebook, "thumbnails"), before)
    expect(view(notebook, "token-strip")).to_contain_text("script")
    assert notebook.our_errors() == [] and notebook.foreign == []
    area.fill("")
    expect(notebook.page.locator(".unrolled-explorer [role=alert]")).to_contain_text("There is no text to read")
    area.fill("The fox saw the crow, and the crow saw the fox.")
    expect(notebook.page.locator(".unrolled-explorer [role=alert]")).to_have_text("")


@needs_real("smollm2-135m")
def test_the_real_model_answers_in_time(browser, lab) -> None:
    """A new sentence of 40 tokens, and 30 changes of the head. Generous ceilings: other tests may run beside."""
    from widgets.explorers.head_models import TITLES

    source = "from widgets.explorers.head_browser import HeadBrowser\npanel = HeadBrowser(model={!r})\npanel"
    sentence = "The old fox met a young crow near the well, and the crow told the fox that " * 2
    tokens = len(zoo.load("smollm2-135m").tokenizer.encode(sentence))
    assert 30 <= tokens <= 50
    name = lab.write("smol.ipynb", source.format(TITLES["smollm2-135m"]))
    with open_notebook(browser, lab, name, height=1700) as notebook:
        notebook.run_all()
        page, thumbnails, heat = notebook.page, view(notebook, "thumbnails"), view(notebook, "heat-map")
        page.wait_for_selector(".unrolled-arcs canvas")
        page.wait_for_timeout(1500)
        before = painted(thumbnails)
        start = page.evaluate("() => performance.now()")
        page.locator(".unrolled-explorer textarea").fill(sentence)
        wait_painted(thumbnails, before, timeout=20)
        first = page.evaluate("() => performance.now()") - start
        thumbnails.locator("[tabindex='0']").first.focus()
        page.keyboard.press("Home")
        page.wait_for_timeout(600)
        times = []
        for i in range(30):
            before = painted(heat)
            start = page.evaluate("() => performance.now()")
            page.keyboard.press("ArrowRight" if i % 8 < 4 else "ArrowLeft")
            wait_painted(heat, before)
            times.append(page.evaluate("() => performance.now()") - start)
        print(f"\n  SmolLM2: {tokens} tokens after {first:.0f} ms, a change after {percentile_95(times):.0f} ms (95 %)")
        assert first < 6000 and percentile_95(times) < 1000
        assert notebook.our_errors() == []


def test_the_budget_of_twelve_by_twelve_heads(browser, lab) -> None:
    """128 tokens: bytes and nodes as they must be, times with generous ceilings."""
    found = measure(lab, browser, "ours", 128, changes=3)
    assert found["bytes"] <= 2_500_000 and found["DOM nodes"] <= 3000
    assert found["first picture ms"] < 10_000 and found["change of layer ms"] < 1000
