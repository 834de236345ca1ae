"""When the screen asks for the next frame: no sooner than the line to the terminal can take it.

After each frame the terminal is asked where its cursor is. Its answer comes when all that was
written has arrived and been drawn, however slow the line and whatever lies between. Until then no
frame is asked for, but one after a key; and then the line rests for as long as it took. So a slow
line gets fewer frames, never a queue, and a key finds it free half of the time. A terminal that
does not answer gets few bytes a second.

From what a write's answer takes longer than the quickest one follows how fast the line is, however
far the terminal; no more is written at once than it carries in a fifth of a second. There is never
more than one question without an answer, since some terminals answer two at once with one.

An answer that does not come counts as lost after a while. It may only be late, and then be taken
for the answer to the next question. So the two answers after it measure nothing, and until one
does again, each that counts as lost doubles the time that the next is waited for, and halves what
is written at once to a line of unknown speed.
"""

from __future__ import annotations

import math
from collections import deque

from textual.geometry import Size

QUESTION = "\x1b[6n"
MUTE_RATE = 3000.0  # bytes a second, as long as it is not known how many the line carries
PATIENCE = 4.0  # seconds, at most, until an answer counts as lost
LEAST_PATIENCE = 0.5  # the same at least, besides thrice what the line should take
BURST = 0.4  # seconds' worth that may be written at once, as when a panel opens
PORTION = 0.2  # seconds that a line may take for what is written at once
FIRST = 1500  # bytes to write at once, before it is known how fast the line is
DEAF = 1.0  # seconds until a terminal that has not answered counts as one that never does
TELLING = 400  # bytes that tell how fast a line is


def allowed(size: Size) -> float:
    """Return the bytes a second that a screen of that size may write for long."""
    return 3200 + 1.7 * size.area


class Pace:
    """Decides when to ask for the next frame. All times are seconds on one clock.

    Bytes are counted from the start.
    """

    def __init__(self, now: float) -> None:
        self._hurried = self._urgent = self._asked = self._answers = self._behind = False
        self._written, self._debt, self._at, self._rate = 0, 0.0, now, MUTE_RATE
        self._begun = self._rested = self._busy = now
        self._question: tuple[int, float] | None = None
        self._arrived, self._nearest = 0, math.inf
        self._patience, self._lost, self._doubtful = PATIENCE, 0, 0
        self._line: deque[float] = deque(maxlen=3)

    def portion(self, now: float) -> float:
        """Return the bytes that the line carries soon; one hiccup does not make it slow."""
        if self._line:
            return PORTION * max(self._line)
        return math.inf if self._mute(now) else FIRST / 2**self._lost

    def free(self, now: float) -> bool:
        """Return whether all that was written has arrived, or is not waited for any longer."""
        return self._left(now) <= 0

    def _left(self, now: float) -> float:
        """Return for how many seconds an answer is still waited for."""
        if self._question is None or self._mute(now):
            return 0.0
        return self._patience - (now - self._question[1])

    def _mute(self, now: float) -> bool:
        return not self._answers and now - self._begun >= DEAF

    def put(self, written: int, now: float) -> bool:
        """Return whether to put the question, behind so many bytes; if not now, then later."""
        if self._question is None and not self._behind:
            self._busy = now
        self._behind = not self.free(now)
        if not self._behind:
            if self._question is not None:
                self._lose(now)
            self._patience = min(PATIENCE, 2**self._lost * self._expected(written))
            self._question = written, now
        return not self._behind

    def _lose(self, now: float) -> None:
        """Take down that an answer is not waited for any longer; the line has not been busy."""
        self._busy, self._doubtful = now, 2
        self._lost = min(self._lost + self._answers, 4)

    def _expected(self, written: int) -> float:
        """Return after how many seconds an answer is missed, from what the line has carried."""
        rate = max(self._line) / 3 if self._line else MUTE_RATE  # that one is cautious already
        return LEAST_PATIENCE + 3 * self._nearest + (written - self._arrived) / rate

    def arrived(self, written: int) -> None:
        """Take down that a frame has come: what was written by now is not for it.

        Such as a dialog that a person has opened. Of a terminal that never answers, all is counted.
        """
        if self._answers:
            self._written = written

    def drawn(self, written: int, now: float, size: Size) -> None:
        """Take down that a frame was drawn, and the bytes written by then."""
        self._debt = max(0.0, self._debt - self._rate * (now - self._at))
        if not (self._answers and self._urgent):  # what a person asks for holds back nothing
            self._debt += written - self._written
        self._rate = allowed(size) if self._answers else MUTE_RATE
        self._written, self._at = written, now
        self._asked = False

    def answered(self, now: float) -> bool:
        """Take down that the terminal has answered; return whether more was written since."""
        self._answers, self._rested = True, now + (now - self._busy)
        if self._question:
            (written, put), self._question = self._question, None
            if self._doubtful:
                self._doubtful -= 1
                self._nearest = min(self._nearest, now - self._begun)
            else:
                self._measure(written, now - put)
            self._arrived = written
        return self._behind

    def _measure(self, written: int, seconds: float) -> None:
        """Take down how long an answer took that is certainly the one to its question."""
        self._lost, self._nearest = 0, min(self._nearest, seconds)
        if written - self._arrived >= TELLING:
            took = max(seconds - self._nearest, 1e-4)
            self._line.append((written - self._arrived) / took)

    def hurry(self) -> None:
        """Take down that a person waits for the next frame."""
        self._hurried = True

    def wait(self, now: float) -> float | None:
        """Return the seconds until the next frame may be asked for; None if it has been."""
        if self._asked:
            return None
        left = self._left(now)
        if self._answers and left > 0 and (self._behind or not self._hurried):
            return left
        if self._hurried:
            return 0.0
        debt = self._debt / self._rate - (now - self._at)
        return max(0.0, debt - BURST, self._rested - now)

    def asked(self) -> None:
        """Take down that the next frame has been asked for."""
        self._asked, self._urgent, self._hurried = True, self._hurried, False
