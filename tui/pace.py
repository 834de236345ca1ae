"""When the screen asks for the next frame: no sooner than the line to the terminal can take it.

After each frame the terminal is asked where its cursor is. Its answer comes when all that was
written has arrived and been drawn, however slow the line and whatever lies between. Until then no
frame is asked for, but one after a key; and then the line rests for as long as it took. So a slow
line gets fewer frames, never a queue, and a key finds it free half of the time. A terminal that
does not answer gets few bytes a second.
"""

from __future__ import annotations

from textual.geometry import Size

QUESTION = "\x1b[6n"
MUTE_RATE = 3000.0  # bytes a second, for a terminal that has never answered
PATIENCE = 4.0  # seconds until an answer counts as lost
BURST = 0.4  # seconds' worth that may be written at once, as when a panel opens


def allowed(size: Size) -> float:
    """Return the bytes a second that a screen of that size may write for long."""
    return 3200 + 1.7 * size.area


class Pace:
    """Decides when to ask for the next frame. All times are seconds on one clock."""

    def __init__(self, now: float) -> None:
        self._hurried = self._asked = self._answers = False
        self._unanswered = 0
        self._written, self._debt, self._at, self._rate = 0, 0.0, now, MUTE_RATE
        self._rested = now

    def drawn(self, written: int, now: float, size: Size) -> None:
        """Take down that a frame was drawn and the question put.

        Parameters
        ----------
        written : int
            Bytes written since the start.
        """
        self._debt = max(0.0, self._debt - self._rate * (now - self._at)) + written - self._written
        self._rate = allowed(size) if self._answers else MUTE_RATE
        self._written, self._at = written, now
        self._asked = False
        self._unanswered += 1

    def answered(self, now: float) -> None:
        """Take down that the terminal has answered."""
        self._answers, self._rested = True, now + (now - self._at)
        self._unanswered = max(0, self._unanswered - 1)

    def hurry(self) -> None:
        """Take down that a person waits for the next frame."""
        self._hurried = True

    def wait(self, now: float) -> float | None:
        """Return the seconds until the next frame may be asked for; None if it has been."""
        if self._asked:
            return None
        passed = now - self._at
        if self._answers and self._unanswered > self._hurried and passed < PATIENCE:
            return PATIENCE - passed
        if self._hurried:
            return 0.0
        return max(0.0, self._debt / self._rate - passed - BURST, self._rested - now)

    def asked(self) -> None:
        """Take down that the next frame has been asked for."""
        self._asked, self._hurried = True, False
        if not self._answers:
            self._unanswered = 0
