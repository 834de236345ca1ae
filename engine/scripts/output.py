"""What a script prints: kept as a log that can be gone back in, and passed on once.

A script prints into a file, so that it never waits for who reads, and knows at each checkpoint
how much it has printed.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable

MOST = 1 << 21  # bytes that a log keeps
_PART = 1 << 16
Printed = Callable[[str, bytes], None]


class Log:
    """The output of one stream, its beginning forgotten when it grows long.

    What was printed after the place where the script is now is kept too, as long as nothing is
    changed.

    Parameters
    ----------
    name : str
        ``stdout`` or ``stderr``.
    printed : callable
        Takes the name, and bytes that were not there before.
    """

    def __init__(self, name: str, printed: Printed) -> None:
        self.name = name
        self.file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        # Several processes write to it, one after the other, and it is emptied between.
        fcntl.fcntl(self.file, fcntl.F_SETFL, os.O_APPEND)
        self._printed = printed
        self._kept = bytearray()
        self._forgotten = 0
        self._base = self._at = 0  # where the file begins in the log, and how far it was read
        self._passed = 0

    def __bytes__(self) -> bytes:
        return bytes(self._kept[: self._at - self._forgotten])

    def place(self, size: int) -> int:
        """Return where in the log a file of that size ends."""
        return self._base + size

    def drain(self) -> None:
        """Take what was printed until now, and pass on what is new."""
        while data := os.pread(self.file.fileno(), _PART, self._at - self._base):
            start = self._at - self._forgotten
            self._kept[start : start + len(data)] = data
            self._at += len(data)
            if self._at > self._passed:
                new = data[self._passed - self._at :]
                self._passed = self._at
                self._printed(self.name, new)
        if len(self._kept) > MOST:
            self._forget(len(self._kept) // 2)

    def move(self, place: int) -> None:
        """Go on from another place of the log."""
        self.drain()
        self.file.truncate(0)
        self._base = self._at = place
        if not self._forgotten <= place <= self._forgotten + len(self._kept):
            self._kept.clear()
            self._forgotten = place

    def renew(self) -> None:
        """Pass on all that comes from now on: it may differ from what came in its place before."""
        self.drain()
        self._passed = self._at
        del self._kept[self._at - self._forgotten :]

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def _forget(self, count: int) -> None:
        count = min(count, self._at - self._forgotten)
        del self._kept[:count]
        self._forgotten += count
