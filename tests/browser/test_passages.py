"""Texts to read, and an answer that is written while somebody watches, in a real browser: nothing depends on speed."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.lab import open_notebook

pytestmark = pytest.mark.browser
SLOW = 60_000  # milliseconds, for a step on a busy machine
HOSTILE = ["</script><img src=x onerror=alert(1)>", "<b>bold</b> &lt;i&gt;", "\u202eright to left", "$\\alpha$"]
SOURCE = f"""
import json
from lessons.gpt.llama import Llama, LlamaConfig
from lessons.reasoning.vocabulary import tokenizer
from widgets.explorers.prompt_workbench import PromptWorkbench
from widgets.explorers.workbench_views import TOKENS
from widgets.instruments.passages import Passage, Passages
texts = json.loads({json.dumps(json.dumps(HOSTILE))})
view = Passages(title=texts[0]).show(
    [Passage(x, [(x, "given"), (x + "\\n" * 40, "written"), ("the end", "edited")], x, "wrong") for x in texts],
    key={{"given": texts[0], "written": texts[1]}}, summary=texts[0])
TOKENS["direct"] = 90_000  # so many that no machine is done before Stop is pressed
model = Llama(LlamaConfig(len(tokenizer()), 8, 1, heads=2, key_value_heads=2, d_head=4, d_ff=12, context=100_000))
model.tokenizer = tokenizer()
display(view)
PromptWorkbench({{"Untrained": lambda: model}})
"""


def test_texts_stay_texts_and_an_answer_is_stopped_while_it_is_written(browser, lab) -> None:
    with open_notebook(browser, lab, lab.write("passages.ipynb", SOURCE), height=2200) as notebook:
        notebook.run_all()
        page = notebook.page
        boxes = page.locator(".unrolled-passages").first.locator(".unrolled-passage")
        expect(boxes).to_have_count(len(HOSTILE), timeout=SLOW)
        assert boxes.nth(0).locator("[data-kind=given]").text_content() == HOSTILE[0]
        assert boxes.nth(1).locator(".unrolled-verdict").text_content() == f"✗ {HOSTILE[1]}"
        assert boxes.nth(2).locator("[data-kind=given]").text_content() == "U+202Eright to left"
        expect(boxes.nth(0).locator("[data-kind=edited]")).to_be_in_viewport()  # the end of a long text is in sight
        assert page.locator(".unrolled img, .unrolled script, .unrolled b, .unrolled i").count() == 0

        written = page.locator(".unrolled-explorer .unrolled-passage").first.locator("[data-kind=written]")
        write, stop = (page.get_by_role("button", name=name, exact=True) for name in ("Write both answers", "Stop"))
        write.focus()
        page.keyboard.press("Enter")
        expect(written).not_to_be_empty(timeout=SLOW)
        before = written.inner_text()
        expect(written).not_to_have_text(before, timeout=SLOW)  # it grows
        expect(stop).to_be_enabled(timeout=SLOW)
        stop.focus()
        page.keyboard.press("Enter")
        expect(write).to_be_enabled(timeout=SLOW)
        page.wait_for_timeout(500)  # what was sent before has come in
        stopped = written.inner_text()
        page.wait_for_timeout(700)
        assert written.inner_text() == stopped
        assert notebook.foreign == [] and notebook.our_errors() == []
