"""A line to type in."""

from __future__ import annotations

from textual.events import Key
from textual.widgets import Input


class Line(Input):
    """Does keys in the order in which they were typed, however fast they came.

    Textual writes a letter at once, but hands a backspace up to the app and back: by then, the
    letters after it are there.
    """

    async def on_key(self, event: Key) -> None:
        """Do at once what would come late."""
        if event.key not in ("backspace", "enter"):
            return
        event.stop()
        event.prevent_default()
        if event.key == "enter":
            await self.action_submit()
        else:
            self.action_delete_left()
