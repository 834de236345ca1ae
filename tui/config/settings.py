"""What a person may set about the screen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import get_args

from textual.theme import BUILTIN_THEMES

from tui import themes
from tui.config import values
from tui.config.file import ConfigFile
from tui.config.rebinding import keymap_of
from tui.keymap import Keymap
from tui.views.curves.chart import Style

NAMES = ("theme", "speed", "charts", "hints", "keys")
THEMES = (themes.DARK.name, themes.LIGHT.name, *BUILTIN_THEMES)
STYLES: tuple[Style, ...] = get_args(Style)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person may set about the screen.

    Attributes
    ----------
    theme : str
        Its name; if empty, as suits the terminal.
    charts : {"both", "line", "band"}
        What a chart shows to begin with.
    hints : bool
        Whether a line says what helps now.
    keymap : Keymap
    """

    theme: str = ""
    charts: Style = "both"
    hints: bool = True
    keymap: Keymap = field(default_factory=Keymap)


def settings_of(file: ConfigFile) -> Settings:
    """Return what a config file sets, but for the speed, which the worker takes first."""
    settings = Settings(
        theme=file.take("theme", values.one_of(THEMES), ""),
        charts=file.take("charts", values.one_of(STYLES), "both"),
        hints=file.take("hints", values.truth, True),
        keymap=keymap_of(file),
    )
    file.ignore_rest(NAMES)
    return settings
