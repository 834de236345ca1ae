"""Screens that are laid out for the terminal's size, and for no other."""

from __future__ import annotations

from typing import Any

from textual.events import Resize
from textual.screen import Screen


class SizedScreen(Screen[Any]):
    """A screen that ignores sizes that the terminal had before.

    Each screen lays out those behind it as well, and each of them hears of every size by itself.
    With two sizes on their way, Textual's own screens would resize each other without end.
    """

    def _on_resize(self, event: Resize) -> None:  # type: ignore[override]
        if event.size != self.app.size:
            event.stop()
            event.prevent_default()
