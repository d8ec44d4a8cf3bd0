"""Make the README's pictures from the real product: python -m tests.browser.screenshot [NAME …], left out: all."""

import sys
import tempfile
from pathlib import Path

from tests.browser.lab import DARK, LIGHT, REPO, chromium, lab_server, open_notebook

PICTURES = REPO / "docs"
PANELS = {
    "gradient_flow": (
        "01_rnn_gradients.ipynb",
        "from widgets.explorers.gradient_flow import GradientFlow\n\npanel = GradientFlow()\npanel",
    ),
    "gates": ("02_lstm_gates.ipynb", "from widgets.explorers.gates import Gates\n\npanel = Gates()\npanel"),
    "head_browser": (
        "03_attention_heads.ipynb",
        "from widgets.explorers.head_browser import HeadBrowser\n\npanel = HeadBrowser(job='same_word')\npanel",
    ),
    "encoding": (
        "04_positional_encodings.ipynb",
        "from widgets.explorers.encoding import Encoding\n\npanel = Encoding()\npanel",
    ),
    "blanks": (
        "05_bert_masking.ipynb",
        "from widgets.explorers.blanks import BlanksExplorer\n\npanel = BlanksExplorer()\npanel",
    ),
    "next_token": (
        "06_gpt_few_shot.ipynb",
        "from widgets.explorers.next_token import NextToken\n\npanel = NextToken()\npanel",
    ),
    "edit_chain": (
        "07_chain_of_thought.ipynb",
        "from widgets.explorers.edit_chain import EditChain\n\npanel = EditChain()\npanel",
    ),
}

WITH_BARS = ("Fill the blanks", "The next token", "Edit the chain")
DRAWN = ", ".join(
    [
        ".unrolled-plot path.js-line",
        ".unrolled-arcs canvas",
        *(f".unrolled-explorer:has-text('{name}') .unrolled-bars" for name in WITH_BARS),
    ]
)


def main(names: list[str]) -> None:
    """Open each of these panels in both themes, and store what the page shows."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, lab_server(Path(folder)) as lab, chromium() as browser:
        for panel in names:
            notebook_name, cell = PANELS[panel]
            with open_notebook(browser, lab, lab.write(notebook_name, cell), height=1300) as notebook:
                notebook.run_all()
                page = notebook.page
                page.wait_for_selector(DRAWN)
                page.locator(".unrolled-explorer").locator(".noUi-handle:visible, select:visible").first.focus()
                for theme, name in ((LIGHT, "light"), (DARK, "dark")):
                    notebook.theme(theme)
                    page.wait_for_timeout(800)
                    page.screenshot(path=PICTURES / f"{panel}_{name}.png")


if __name__ == "__main__":
    main(sys.argv[1:] or list(PANELS))
