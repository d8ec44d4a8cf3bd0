"""One palette for every view, in light and in dark.

The same meaning has the same hue in both themes: blue is small or negative, orange is positive, and the
end of a scale that means "nothing" is the colour of the page. The categorical colours follow Okabe and
Ito, "Color Universal Design" (2008), made darker for the light page and lighter for the dark one, so that
each keeps a contrast of 3 to 1 with the page and stays apart for colour-blind readers.
"""

import json

PALETTE = {
    "light": {
        "sequential": ["#f6f9fc", "#c3dcef", "#6baed6", "#2171b5", "#08306b"],
        "diverging": ["#0b4a8f", "#6aa6d8", "#f5f5f3", "#f0a35a", "#9a4a00"],
        "categorical": ["#0072b2", "#b84a00", "#00785a", "#a8437f", "#6b5b00", "#4b5563"],
    },
    "dark": {
        "sequential": ["#1b2028", "#1f4468", "#2f7dbb", "#7cc0ee", "#eaf6ff"],
        "diverging": ["#8fd0ff", "#2f74ad", "#23272e", "#b5651d", "#ffc27a"],
        "categorical": ["#56b4e9", "#f0894d", "#3fc79a", "#e59ac7", "#e3cf4f", "#b8c0cc"],
    },
}
"""Anchor colours by theme and scale, from low to high; the page interpolates between them."""


def palette_json() -> str:
    """Return the palette as the JavaScript literal that every instrument starts with."""
    return json.dumps(PALETTE, separators=(",", ":"))
