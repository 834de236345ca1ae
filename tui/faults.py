"""What becomes of the screen's own errors."""

from __future__ import annotations

import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from textual._context import active_message_pump
from textual.app import App
from textual.dom import NoScreen
from textual.widget import Widget
from textual.worker import NoActiveWorker, WorkerFailed, get_current_worker


class GuardedApp(App[int]):
    """An app that ends with an unforeseen error, but prints none of it.

    Parameters
    ----------
    log : Path
        Where the error's lines go.

    Attributes
    ----------
    fault : str
        The error in one line; empty as long as there is none.
    """

    def __init__(self, log: Path) -> None:
        super().__init__()
        self.log_path, self.fault = log, ""

    def _handle_exception(self, error: Exception) -> None:
        """End the screen with an unforeseen error, whose lines go to the run's log.

        A dialog that is closing may fail to find what it shows: that is of no consequence.
        """
        if self._exit or self.fault or self._is_of_closed_screen():
            return
        fault = error.error if isinstance(error, WorkerFailed) else error
        self.fault = " ".join(f"{type(fault).__name__}: {fault}".split())
        with suppress(OSError), self.log_path.open("a", errors="backslashreplace") as log:
            traceback.print_exception(fault, file=log)
        super()._handle_exception(error)

    def _is_of_closed_screen(self) -> bool:
        """Whether what runs now belongs to a screen that is not shown any more."""
        try:
            widget: object = get_current_worker().node
        except NoActiveWorker:
            widget = active_message_pump.get(None)
        if not isinstance(widget, Widget):
            return False
        try:
            return widget.screen not in self.screen_stack
        except NoScreen:
            return True

    def _fatal_error(self) -> None:
        """End, without the lines that Textual would print."""
        self._close_messages_no_wait()

    def panic(self, *renderables: Any) -> None:
        """End, without the lines that Textual would print."""
        self._close_messages_no_wait()
