"""The help: all keys, and what the screen shows."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

from tui.key import Key
from tui.keymap import Keymap
from tui.keys import SHOWING, STEPPING, TRAINING, VIEWS
from tui.screens.dialogs import Dialog

ABOUT = (
    "Above, loss and accuracy over all epochs, each column from its least to its greatest value. "
    "Below, what softmax says of single rows: how likely it takes each class to be. "
    "ctrl+p finds any of this by name, and other colours."
)


class Help(Dialog):
    """All keys, and what the screen shows.

    Parameters
    ----------
    keymap : Keymap
    """

    BINDINGS = [("escape,q,question_mark,space", "dismiss(None)", "Close")]  # noqa: RUF012
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (78, "-wide")]  # noqa: RUF012

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        self.keymap = keymap

    def compose(self) -> ComposeResult:
        """Lay out the table."""
        of_views = (key for view in VIEWS for key in view.KEYS)
        with VerticalScroll() as box:
            box.border_title = "keys"
            with Horizontal():
                for table in ((*STEPPING, *TRAINING), (*SHOWING, *of_views)):
                    yield Static(_table(self.keymap.bound(table)), classes="keys")
            yield Static(ABOUT, classes="what")


def _table(keys: Iterable[Key]) -> Text:
    """Write keys and what they do, one a line."""
    lines = [Text.assemble((f"{key.shown:>6}", "bold"), f"  {key.text}") for key in keys]
    return Text("\n").join(lines)
