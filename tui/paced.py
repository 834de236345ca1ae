"""An app that writes to its terminal no more than the line carries, and asks for frames so."""

from __future__ import annotations

import gc
from pathlib import Path
from time import monotonic
from typing import Any

from textual.await_complete import AwaitComplete
from textual.events import CursorPosition
from textual.screen import Screen
from textual.timer import Timer

from tui.faults import GuardedApp
from tui.pace import DEAF, QUESTION, Pace
from tui.terminal import Shown


class PacedApp(GuardedApp):
    """Draws frame after frame, each when the one before it is on the terminal.

    Parameters
    ----------
    log : Path
        Where an unforeseen error's lines go.

    Attributes
    ----------
    shown : Shown
        What the terminal shows.
    """

    def __init__(self, log: Path) -> None:
        super().__init__(log)
        self.shown = Shown()
        self._pace = Pace(monotonic())
        self._next: Timer | None = None
        self._undrawn = self._frozen = False

    def on_mount(self) -> None:
        """Find out how fast the line is; draw anew after the terminal was somebody else's."""
        self.app_resume_signal.subscribe(self, lambda _: self.action_redraw())
        self._question()

    def ask_for_frame(self) -> None:
        """Ask for the next frame. What has frames to ask for overrides this."""

    def frame_arrived(self) -> None:
        """Draw a frame that has come, and ask for the next one when that is done."""
        self._undrawn = True
        self._pace.arrived(self.shown.written)
        self.call_after_refresh(self._drawn)

    def pop_screen(self) -> AwaitComplete:
        """Close a dialog; what was to follow its next refresh is called all the same."""
        popped = super().pop_screen()
        self.call_after_refresh(self._drawn)
        return popped

    def _drawn(self) -> None:
        if not self._undrawn:
            return
        self._undrawn = False
        if not self._frozen:
            self._frozen = True
            gc.freeze()  # what the screen is made of stays: looking through it all takes 0.1 s
        self._pace.drawn(self.shown.written, monotonic(), self.size)
        self._ask()

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        """Write what has changed, as much as the line carries at once, and ask for an answer.

        What was laid out for another size is not written: the terminal has been resized, and the
        screen is about to be laid out for its new size.
        """
        if screen._compositor.size != self.size:
            return
        most = self._pace.portion(monotonic())
        super()._display(screen, self.shown.lessen(renderable, self.size, most))
        self._question()

    def _question(self) -> None:
        """Ask the terminal where its cursor is: the answer comes when all that was written has."""
        if self.is_running and self._driver and self._pace.put(self.shown.written, monotonic()):
            self._driver.write(QUESTION)

    def on_cursor_position(self, event: CursorPosition) -> None:
        """Hear the terminal's answer."""
        if self._pace.answered(event.time):
            self._question()
        self._ask()

    def _ask(self) -> None:
        """Write what is left of this frame, ask for the next one, as soon as the pace allows."""
        if self._next:
            self._next.stop()
        now = monotonic()
        if self.shown.late and self._pace.free(now):
            self._display(self.screen, self.shown.rest(self._pace.portion(now)))
        wait = self._pace.wait(now)
        later = wait or (DEAF if self.shown.late else 0)
        self._next = self.set_timer(later, self._ask) if later else None
        if wait == 0:
            self._pace.asked()
            self.ask_for_frame()

    def hurry(self) -> None:
        """Show soon what a person has asked for."""
        self._pace.hurry()
        self._ask()

    def action_redraw(self) -> None:
        """Write the whole screen again."""
        self.shown.forget(self.size)
        self.screen.refresh()
