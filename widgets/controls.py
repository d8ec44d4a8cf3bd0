"""The controls of an explorer: ipywidgets with whole labels, sensible widths and no surprises."""

from collections.abc import Sequence

import ipywidgets as ipw

_WIDE = {"description_width": "initial"}


def slider(label: str, value: float, low: float, high: float, step: float, form: str = ".2f") -> ipw.Widget:
    """Return a slider for numbers from ``low`` to ``high``; whole numbers when all of them are."""
    whole = all(isinstance(x, int) for x in (value, low, high, step))
    kind = ipw.IntSlider if whole else ipw.FloatSlider
    return kind(
        value=value, min=low, max=high, step=step, readout_format="d" if whole else form,
        description=label, style=_WIDE, layout={"width": "min(420px, 100%)"},
    )  # fmt: skip


def steps(label: str, options: Sequence[tuple[str, object]], value: object) -> ipw.Widget:
    """Return a slider over a list of named values."""
    return ipw.SelectionSlider(
        options=options, value=value, description=label, style=_WIDE, layout={"width": "min(420px, 100%)"}
    )


def number(label: str, value: float, low: float, high: float, step: float = 1) -> ipw.Widget:
    """Return a field for a number from ``low`` to ``high``: for what shows only when something is done with it.

    Whole numbers only when all of them are whole.
    """
    whole = all(isinstance(x, int) for x in (value, low, high, step))
    kind = ipw.BoundedIntText if whole else ipw.BoundedFloatText
    return kind(
        value=value, min=low, max=high, step=step, description=label, style=_WIDE, layout={"width": "max-content"}
    )


def text(label: str, value: str) -> ipw.Widget:
    """Return a field for a line of text; every key counts at once."""
    return ipw.Text(
        value=value, description=label, continuous_update=True, style=_WIDE, layout={"width": "min(620px, 100%)"}
    )


def area(label: str, value: str, rows: int = 4) -> ipw.Widget:
    """Return a field for a text of several lines; every key counts at once."""
    return ipw.Textarea(
        value=value, description=label, continuous_update=True, rows=rows, style=_WIDE, layout={"width": "100%"}
    )


def choice(label: str, options: Sequence[object], value: object) -> ipw.Widget:
    """Return a drop-down list."""
    return ipw.Dropdown(options=options, value=value, description=label, style=_WIDE, layout={"width": "max-content"})


def toggle(label: str, value: bool) -> ipw.Widget:
    """Return a check box."""
    return ipw.Checkbox(value=value, description=label, indent=False, layout={"width": "max-content"})


def button(label: str, hint: str = "") -> ipw.Widget:
    """Return a button."""
    return ipw.Button(description=label, tooltip=hint, layout={"width": "max-content"})
