"""A list to choose from."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from textual.widgets import OptionList


class Choices(OptionList):
    """Moves by a page only once it has been laid out, where Textual's list fails."""

    def _move_page(self, direction: Any) -> None:
        with suppress(KeyError):
            super()._move_page(direction)
