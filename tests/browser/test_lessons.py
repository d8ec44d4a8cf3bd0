"""The lessons in a real JupyterLab: all cells, every control by keyboard, both themes, two widths, no other host."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, TimeoutError, expect

from tests.browser.lab import DARK, LIGHT, REPO, Notebook, open_notebook, painted, picture

pytestmark = [pytest.mark.browser, pytest.mark.lesson]
LESSONS = sorted((REPO / "notebooks").glob("*.ipynb"))
KEYS = {
    "checkbox": ["Space", "Space"],  # on and off: with all off, some panels have nothing to show
    "slider": ["ArrowRight", "PageUp", "Home", "End"],
    "text": ["End", "z"],
    "textarea": ["End", "z"],
}


@pytest.fixture(scope="module", params=LESSONS, ids=[p.stem for p in LESSONS])
def lesson(request, browser, lab) -> Notebook:
    with open_notebook(browser, lab, lab.copy(request.param), height=1000) as notebook:
        notebook.run_all()
        notebook.path = request.param
        yield notebook


def panels(lesson: Notebook) -> list[Locator]:
    """Return every explorer of the lesson."""
    lesson.to_top()
    return lesson.page.locator(".unrolled-explorer").all()


def test_run_all_reaches_the_end(lesson: Notebook) -> None:
    state = lesson.page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells
            .filter(c => c.cell_type === 'code')
            .map(c => [c.execution_count, c.outputs.filter(o => o.output_type === 'error').length])"""
    )
    assert state and all(count and not errors for count, errors in state)


def test_every_control_answers_the_keyboard(lesson: Notebook) -> None:
    page = lesson.page
    explorers = panels(lesson)
    assert explorers
    moved = 0
    for explorer in explorers:
        explorer.scroll_into_view_if_needed()
        views = explorer.locator(".unrolled:not(.unrolled-status)")
        message = explorer.locator(".unrolled-message[role=alert]")
        expect(views.first).to_be_visible()
        page.wait_for_timeout(600)
        for kind, keys in KEYS.items():
            selector = {
                "slider": ".noUi-handle",
                "text": "input[type=text]",
                "checkbox": "input[type=checkbox]",
                "textarea": "textarea",
            }[kind]
            for control in explorer.locator(selector).all():
                assert control.get_attribute("aria-label") or kind == "checkbox"
                if not control.is_visible() or control.evaluate("e => Boolean(e.closest('[disabled]'))"):
                    continue
                control.focus()
                for key in keys:
                    before = [picture(v) for v in views.all()]
                    counts = [painted(v) for v in views.all()]
                    value = control.get_attribute("aria-valuenow")
                    page.keyboard.press(key)
                    if key == "End" and kind in ("text", "textarea"):
                        continue
                    if kind in ("text", "textarea"):
                        page.keyboard.press("Tab")  # some are read when they are left
                    page.wait_for_timeout(60)
                    if kind == "slider" and control.get_attribute("aria-valuenow") == value:
                        continue  # at its end already
                    try:
                        page.wait_for_function(
                            """([panel, counts]) => [...panel.querySelectorAll('.unrolled:not(.unrolled-status)')]
                                .some((v, i) => Number(v.dataset.painted) > counts[i])
                                || panel.querySelector('.unrolled-message[role=alert]').innerText""",
                            arg=[explorer.element_handle(), counts],
                            timeout=15_000,  # a real model reads, beside other tests
                        )
                    except TimeoutError:
                        pytest.fail(f"{control.get_attribute('aria-label')} does not answer {key}")
                    page.wait_for_timeout(250)
                    if kind in ("text", "textarea") and message.inner_text():  # no word or number ends in z here
                        control.focus()
                        for back in ("End", "Backspace", "Tab"):
                            page.keyboard.press(back)
                        expect(message).to_have_text("")
                        moved += 1
                        continue
                    after = [picture(v) for v in views.all()]
                    assert before != after, (control.get_attribute("aria-label"), key)
                    moved += 1
        assert message.inner_text() == ""
    assert moved >= 5


def test_heat_maps_and_strips_are_read_by_keyboard(lesson: Notebook) -> None:
    page = lesson.page
    for explorer in panels(lesson):
        explorer.scroll_into_view_if_needed()
        for name, role in ((".unrolled-heat-map", "application"), (".unrolled-token-strip", "listbox")):
            for root in explorer.locator(name).filter(visible=True).all():  # a panel may hide what it does not need
                root.scroll_into_view_if_needed()
                stage = root.get_by_role(role)
                stage.focus()
                if role == "application":
                    page.keyboard.press("Home")  # a cursor may stand at the end already, and in the last row
                    page.keyboard.press("ArrowUp")
                    page.wait_for_timeout(300)
                before = root.locator(".unrolled-readout").inner_text()
                page.keyboard.press("End" if role == "application" else "Home")
                expect(root.locator(".unrolled-readout")).not_to_have_text(before)
                line = root.locator(".unrolled-readout").inner_text()
                page.keyboard.press("ArrowDown" if role == "application" else "ArrowRight")
                expect(root.locator(".unrolled-readout")).not_to_have_text(line)
        for chart in explorer.locator(".unrolled-chart").all():
            if chart.locator(".scatterlayer path.js-line").count() == 0:
                continue
            chart.scroll_into_view_if_needed()
            chart.get_by_role("application").focus()
            before = chart.locator(".unrolled-readout").inner_text()
            page.keyboard.press("ArrowRight")
            expect(chart.locator(".unrolled-readout")).not_to_have_text(before)


def test_data_tables_hold_the_numbers(lesson: Notebook) -> None:
    for explorer in panels(lesson):
        explorer.scroll_into_view_if_needed()
        for summary in explorer.locator("summary").filter(visible=True).all():
            summary.scroll_into_view_if_needed()
            summary.focus()
            lesson.page.keyboard.press("Enter")
            place = summary.locator("xpath=..").locator(".unrolled-table")
            expect(place).not_to_be_empty()
            if place.inner_text() != "There is nothing to show yet.":
                assert place.locator("th[scope=col]").count() >= 2 and place.locator("td").count() >= 1
            lesson.page.keyboard.press("Enter")
            expect(place).to_be_empty()


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("width", [1280, 800])
def test_nothing_is_cut_off_and_axe_finds_nothing_serious(lesson: Notebook, theme: str, width: int) -> None:
    page = lesson.page
    page.set_viewport_size({"width": width, "height": 1000})
    lesson.theme(theme)
    outputs = page.locator(".unrolled-explorer, .unrolled-card").all()
    for root in outputs:
        root.scroll_into_view_if_needed()
        page.wait_for_timeout(200)
        overflow = root.evaluate("e => e.scrollWidth - e.clientWidth")
        assert overflow <= 1, f"{overflow} pixels stick out at {width}"
    result = Axe().run(page, context={"include": [[".unrolled"], [".unrolled-explorer"]]})
    serious = [v for v in result.response["violations"] if v["impact"] in ("serious", "critical")]
    told = [(v["id"], n["html"][:200], n.get("failureSummary")) for v in serious for n in v["nodes"][:2]]
    assert told == []
    page.set_viewport_size({"width": 1280, "height": 1000})


def focused(lesson: Notebook) -> str:
    """Return the text of what has the keyboard's focus."""
    return lesson.page.evaluate("() => document.activeElement.innerText || document.activeElement.value || ''")


def test_a_prediction_is_committed_by_keyboard_and_survives_a_second_run(lesson: Notebook) -> None:
    page = lesson.page
    lesson.to_top()
    card = page.locator(".unrolled-prediction").first
    card.scroll_into_view_if_needed()
    button = card.get_by_role("button", name="Commit my guess")
    button.focus()
    page.keyboard.press("Enter")
    expect(card.locator("[role=alert]")).to_contain_text("is not")
    if card.get_by_role("radio").count():
        card.get_by_role("radio").first.focus()
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
        expect(card.get_by_role("radio").nth(1)).to_be_checked()
        page.keyboard.press("Tab")
    else:
        card.get_by_role("textbox").focus()
        page.keyboard.type("0.5")
    page.keyboard.press("Enter")
    expect(card.locator(".unrolled-verdict")).to_contain_text("Your guess")
    assert focused(lesson) == "Guess again", "the focus goes on to what there is to do next"
    lesson.run_all()
    lesson.to_top()
    card = page.locator(".unrolled-prediction").first
    card.scroll_into_view_if_needed()
    expect(card.locator(".unrolled-verdict")).to_contain_text("Your guess")
    card.get_by_role("button", name="Guess again").focus()
    page.keyboard.press("Enter")
    expect(card.get_by_role("button", name="Commit my guess")).to_be_visible()
    assert card.evaluate("e => e.contains(document.activeElement)")


def test_ids_are_unique_and_no_two_questions_share_their_options(lesson: Notebook) -> None:
    ids = lesson.page.evaluate("() => [...document.querySelectorAll('.unrolled [id]')].map(e => e.id)")
    assert len(ids) == len(set(ids)) > 0
    groups = lesson.page.evaluate(
        "() => [...document.querySelectorAll('.unrolled-prediction')].map(c => c.querySelector('[type=radio]')?.name)"
    )
    groups = [group for group in groups if group]
    assert len(groups) == len(set(groups))


def test_no_other_host_was_asked_and_no_error_is_ours(lesson: Notebook) -> None:
    assert lesson.foreign == []
    assert lesson.our_errors() == []


def test_live_training_is_stopped_and_goes_on(browser, lab) -> None:
    name = lab.write(
        "training.ipynb",
        "from widgets.explorers.live_training import LiveTraining\npanel = LiveTraining(lag=60)\n"
        "panel.run.steps = 100_000  # so many that no machine is done before Stop is pressed\npanel",
    )
    with open_notebook(browser, lab, name) as notebook:
        notebook.run_all()
        page = notebook.page
        page.get_by_role("button", name="Train").focus()
        page.keyboard.press("Enter")
        loss = page.locator(".unrolled-chart").first.locator(".unrolled-readout")
        expect(loss).to_contain_text("of the answers are right", timeout=15_000)
        page.get_by_role("button", name="Stop").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Go on")).to_be_enabled(timeout=5000)
        page.wait_for_timeout(500)
        stopped = loss.inner_text()
        page.wait_for_timeout(700)
        assert loss.inner_text() == stopped
        page.get_by_role("button", name="Go on").click()
        expect(loss).not_to_have_text(stopped, timeout=10_000)
        page.get_by_role("button", name="Start afresh").click()
        expect(loss).to_contain_text("no step is taken yet", timeout=5000)
        assert notebook.our_errors() == []


def test_a_picture_is_saved(browser, lab, tmp_path: Path) -> None:
    name = lab.write("picture.ipynb", "from widgets.explorers.gradient_flow import GradientFlow\nGradientFlow()")
    with open_notebook(browser, lab, name, height=1800) as notebook:
        notebook.run_all()
        page = notebook.page
        page.wait_for_selector(".unrolled-plot path.js-line")
        page.wait_for_timeout(500)
        with page.expect_download() as download:
            page.get_by_role("button", name="Save picture").click()
        target = tmp_path / download.value.suggested_filename
        download.value.save_as(target)
        assert target.name == "unrolled-gradient-flow-through-a-text.png"
        colours = page.evaluate(
            """async bytes => {
                const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
                const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
                const ctx = canvas.getContext('2d');
                ctx.drawImage(bitmap, 0, 0);
                const seen = new Set();
                const { data } = ctx.getImageData(0, 0, bitmap.width, bitmap.height);
                for (let i = 0; i < data.length; i += 4 * 97) seen.add(data.slice(i, i + 3).join());
                return [bitmap.width, bitmap.height, seen.size];
            }""",
            list(target.read_bytes()),
        )
        assert colours[0] > 1500 and colours[1] > 1500 and colours[2] > 50
        assert notebook.our_errors() == []


def test_a_scrubbed_slider_never_jumps_back(browser, lab) -> None:
    name = lab.write(
        "scrub.ipynb", "from widgets.explorers.fading_memory import FadingMemory\nFadingMemory(factor=0.0)"
    )
    with open_notebook(browser, lab, name) as notebook:
        notebook.run_all()
        page = notebook.page
        handle = page.locator(".noUi-handle")
        handle.focus()
        page.evaluate(
            """() => {
                const handle = document.querySelector('.noUi-handle');
                window.seen = [];
                new MutationObserver(() => window.seen.push(Number(handle.getAttribute('aria-valuenow'))))
                    .observe(handle, { attributes: true, attributeFilter: ['aria-valuenow'] });
            }"""
        )
        for _ in range(18):
            page.keyboard.press("ArrowRight")
            page.wait_for_timeout(10)
        page.wait_for_timeout(800)
        seen = page.evaluate("() => window.seen")
        assert seen == sorted(seen) and seen[-1] == 18
        weights = page.locator(".unrolled-token-strip")
        weights.get_by_role("listbox").focus()
        page.keyboard.press("End")
        page.keyboard.press("ArrowLeft")
        expect(weights.locator(".unrolled-readout")).to_contain_text("weight 0.9")


def test_many_heads_answer_a_cursor_key_in_time(browser, lab) -> None:
    source = (
        "import torch\nfrom widgets import HeatMap\n"
        "HeatMap().show((255 * torch.rand(144, 128, 128)).byte(), panel_titles=[f'head {i}' for i in range(144)])"
    )
    with open_notebook(browser, lab, lab.write("heads.ipynb", source)) as notebook:
        notebook.run_all()
        page = notebook.page
        page.get_by_role("application").focus()
        times = page.evaluate(
            """async () => {
                const root = document.querySelector('.unrolled-heat-map');
                const times = [];
                for (let i = 0; i < 12; i++) {
                    await new Promise(done => setTimeout(done, 60));
                    const before = root.dataset.painted, start = performance.now();
                    const key = new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true });
                    document.activeElement.dispatchEvent(key);
                    while (root.dataset.painted === before) await new Promise(requestAnimationFrame);
                    times.push(performance.now() - start);
                }
                return times.sort((a, b) => a - b);
            }"""
        )
        assert times[len(times) // 2] < 100, times
        assert page.evaluate("() => document.querySelectorAll('.unrolled-heat-map *').length") < 3000


def test_a_letter_typed_over_a_view_is_no_shortcut_of_the_notebook(browser, lab) -> None:
    source = "from widgets import HeatMap\nHeatMap().show([[1.0, 2.0]])"
    with open_notebook(browser, lab, lab.write("letters.ipynb", source)) as notebook:
        notebook.run_all()
        page = notebook.page
        count = "() => window.jupyterapp.shell.currentWidget.content.widgets.length"
        before = page.evaluate(count)
        for place in (page.get_by_role("application"), page.locator(".unrolled summary")):
            place.focus()
            for key in ("a", "b", "d", "d"):
                page.keyboard.press(key)
        page.wait_for_timeout(300)
        assert page.evaluate(count) == before
