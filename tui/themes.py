"""The colours: quiet, with one accent where the eye should go."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from textual.theme import Theme

if TYPE_CHECKING:
    from textual.app import App

DARK = Theme(
    name="nntui-dark",
    dark=True,
    primary="#58a6ff",
    secondary="#8b949e",
    accent="#58a6ff",
    success="#56d18a",
    warning="#e3b341",
    error="#ff7b72",
    foreground="#d5dbe3",
    background="#0d1117",
    surface="#161b22",
    panel="#21262d",
    variables={
        "second": "#d2a8ff",
        "third": "#e39b63",
        "ghost1": "#5b9e8f",
        "ghost2": "#a3865a",
        "ghost3": "#8b7fb8",
    },
)
LIGHT = Theme(
    name="nntui-light",
    dark=False,
    primary="#0757b8",
    secondary="#57606a",
    accent="#0757b8",
    success="#116329",
    warning="#8a5a00",
    error="#b3261e",
    foreground="#1f2328",
    background="#fcfcfa",
    surface="#f3f3f0",
    panel="#e7e7e3",
    variables={
        "second": "#8250df",
        "third": "#a04100",
        "ghost1": "#3f8577",
        "ghost2": "#8a6a35",
        "ghost3": "#7a6aa8",
    },
)
SIXTEEN = "ansi-dark"  # Textual's own, of the terminal's sixteen colours


def first(app: App[Any], wanted: str) -> str:
    """Return the theme to begin with: as the environment says, or as wanted, if there is such."""
    for name in (os.environ.get("TEXTUAL_THEME", ""), wanted):
        if name in app.available_themes:
            return name
    return SIXTEEN if app.console.color_system == "standard" else DARK.name
