"""The palette of commands, which keys and clicks may reach before it is laid out."""

from __future__ import annotations

from contextlib import suppress

from textual.command import CommandPalette
from textual.errors import NoWidget
from textual.events import Click

from tui.screens.dialogs import Dialog


class Palette(CommandPalette, Dialog):
    """Textual's palette, which fails no more on a list that is empty yet, or a click beside it."""

    def _action_command_list(self, action: str) -> None:
        with suppress(KeyError):  # the list has no lines yet
            super()._action_command_list(action)

    def _on_click(self, event: Click) -> None:  # type: ignore[override]
        event.prevent_default()  # Textual would call the other `_on_click` as well
        with suppress(NoWidget):  # the terminal has just become larger
            super()._on_click(event)
