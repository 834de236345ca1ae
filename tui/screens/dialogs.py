"""Small questions over the monitor: a number, a yes or no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from engine.protocol.frames import SessionEvent
from tui.screens.sized import SizedScreen
from tui.widgets.line import Line


class Dialog(SizedScreen, ModalScreen[Any]):
    """A screen over the monitor."""

    def hear(self, event: SessionEvent) -> None:
        """Show what the session has sent; called only once the dialog is mounted."""

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Close the dialog; nothing, if it is closed already or another one is over it."""
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()


class Ask(Dialog):
    """Asks for a value; ``read`` turns text into an answer, or raises ValueError with why not."""

    BINDINGS = [("escape", "dismiss(None)", "Cancel")]  # noqa: RUF012

    def __init__(self, question: str, value: str, read: Callable[[str], Any]) -> None:
        super().__init__()
        self.question, self.value, self.read = question, value, read

    def compose(self) -> ComposeResult:
        """Lay out the question."""
        with Vertical() as box:
            box.border_title = self.question
            yield Line(self.value, select_on_focus=not self.value.endswith("= "))
            yield Static("enter takes it, escape leaves", id="hint", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Take what is typed from the first key on."""
        self.set_focus(self.query_one(Line))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the answer, or say what is wrong with it."""
        try:
            self.dismiss(self.read(event.value.strip()))
        except ValueError as error:
            hint = self.query_one("#hint", Static)
            hint.update(str(error))
            hint.add_class("problem")


class Told(Dialog):
    """Says something that is longer than a line."""

    BINDINGS = [("escape,enter,space,q", "dismiss(None)", "Close")]  # noqa: RUF012

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self.said, self.text = title, text

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        with Vertical() as box:
            box.border_title = self.said
            yield Static(self.text, markup=False)


class Quit(Dialog):
    """Asks what is to become of a training that goes on: it is stopped, left running, or watched.

    Parameters
    ----------
    outlives : bool
        Whether it can go on without a screen.
    """

    BINDINGS = [  # noqa: RUF012
        ("y,q,enter", "dismiss('stop')", "Stop"),
        ("d", "detach", "Leave it running"),
        ("n,escape", "dismiss(None)", "Stay"),
    ]

    def __init__(self, outlives: bool) -> None:
        super().__init__()
        self.outlives = outlives

    def compose(self) -> ComposeResult:
        """Lay out the question."""
        with Vertical() as box:
            box.border_title = "Quit and stop training?"
            yield Static("y    stop training, and quit")
            if self.outlives:
                yield Static("d    leave it running, and quit")
            yield Static("esc  stay here", classes="hint")

    def action_detach(self) -> None:
        """Leave it running, if it can go on."""
        if self.outlives:
            self.dismiss("detach")
