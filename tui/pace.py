"""How often the screen asks for the next frame, by what the last ones cost to write."""

from __future__ import annotations

from textual.geometry import Size

BURST = 1.0  # seconds' worth that may be written at once, as when a panel opens


def allowed(size: Size) -> float:
    """Return the bytes a second that a screen of that size may write for long."""
    return 2700 + 1.4 * size.area


class Pace:
    """Spreads what is written, so that a slow line keeps up and the numbers keep calm."""

    def __init__(self, now: float) -> None:
        self._written, self._at, self._debt = 0, now, 0.0

    def wait(self, written: int, now: float, rate: float) -> float:
        """Return the seconds until the next frame.

        Parameters
        ----------
        written : int
            Bytes written since the start.
        now : float
            Seconds, on any clock.
        rate : float
            Bytes a second that are allowed.
        """
        self._debt = max(0.0, self._debt - rate * (now - self._at)) + written - self._written
        self._written, self._at = written, now
        return max(0.0, self._debt / rate - BURST)
