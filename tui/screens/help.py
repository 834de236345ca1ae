"""The help: the keys that can be pressed now, by what they are about."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

from tui.key import Key
from tui.keymap import Keymap
from tui.keys import MODES, TABLES, VIEWS
from tui.screens.dialogs import Dialog

COLUMNS = (("train", "stop", "edit"), ("move", "run", "look"))  # and then those of the view


class Help(Dialog):
    """The keys that can be pressed now.

    Parameters
    ----------
    keymap : Keymap
    mode : str
        The arrangement of the screen, whose views' keys are shown.
    """

    BINDINGS = [("escape,q,question_mark,space", "dismiss(None)", "Close")]  # noqa: RUF012
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (78, "-wide")]  # noqa: RUF012

    def __init__(self, keymap: Keymap, mode: str = "") -> None:
        super().__init__()
        self.keymap, self.mode = keymap, mode

    def compose(self) -> ComposeResult:
        """Lay out the columns."""
        views = {view.NAME: view.KEYS for view in VIEWS if view.NAME in MODES[self.mode]}
        with VerticalScroll() as box:
            box.border_title = "keys"
            box.border_subtitle = f"{self.app.COMMAND_PALETTE_BINDING} finds all by name"
            with Horizontal():
                for names in COLUMNS:
                    yield Static(self._column({name: TABLES[name] for name in names}, 6))
                yield Static(self._column(views, 9))

    def _column(self, tables: dict[str, tuple[Key, ...]], width: int) -> Text:
        """Write tables below each other, each key and what it does in a line."""
        parts = [
            Text("\n").join([Text(name, "bold underline"), *_lines(self.keymap.bound(keys), width)])
            for name, keys in tables.items()
        ]
        return Text("\n\n").join(parts)


def _lines(keys: Iterable[Key], width: int) -> Iterable[Text]:
    for brief, run in groupby(keys, lambda key: key.brief):
        shown = list(dict.fromkeys(key.shown for key in run))
        text = "/".join(shown) if len(shown) < 3 else f"{shown[0]}…{shown[-1]}"
        yield Text.assemble((f"{text:>{width}}", "bold"), f" {brief}")
