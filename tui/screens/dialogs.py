"""Small questions over the monitor: a number, a yes or no, the help."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.keys import KEYS


class Ask(ModalScreen[float | None]):
    """Asks for a number; ``read`` turns text into one, or raises ValueError with what to do."""

    BINDINGS = [("escape", "dismiss(None)", "Cancel")]  # noqa: RUF012

    def __init__(self, question: str, value: str, read: Callable[[str], float]) -> None:
        super().__init__()
        self.question, self.value, self.read = question, value, read

    def compose(self) -> ComposeResult:
        """Lay out the question."""
        with Vertical():
            yield Static(self.question)
            yield Input(self.value)
            yield Static("", id="problem")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the answer, or say what is wrong with it."""
        try:
            self.dismiss(self.read(event.value.strip()))
        except ValueError as error:
            self.query_one("#problem", Static).update(str(error))


class Confirm(ModalScreen[bool]):
    """Asks yes or no."""

    BINDINGS = [  # noqa: RUF012
        ("y,q,enter", "dismiss(True)", "Yes"),
        ("n,escape", "dismiss(False)", "No"),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self.question = question

    def compose(self) -> ComposeResult:
        """Lay out the question."""
        with Vertical():
            yield Static(self.question)
            yield Static("y yes    n no", classes="hint")


class Help(ModalScreen[None]):
    """All keys."""

    BINDINGS = [("escape,q,question_mark", "dismiss(None)", "Close")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        """Lay out the table."""
        with VerticalScroll():
            rows = [f"{key.shown:>10}  {key.text}" for key in KEYS]
            yield Static("\n".join(rows), markup=False)
