"""What a script prints: kept as a log that can be taken back, and passed on once."""

from __future__ import annotations

import os
from collections.abc import Callable

MOST = 1 << 21  # bytes that a log keeps
Printed = Callable[[str, bytes], None]


class Log:
    """The output of one stream, its beginning forgotten when it grows long.

    Parameters
    ----------
    name : str
        ``stdout`` or ``stderr``.
    printed : callable
        Takes the name, and bytes that were not there before.
    """

    def __init__(self, name: str, printed: Printed) -> None:
        self.name = name
        self._printed = printed
        self._kept = bytearray()
        self._forgotten = self._passed = 0
        self.reading, self.writing = os.pipe()
        os.set_blocking(self.reading, False)

    def __len__(self) -> int:
        return self._forgotten + len(self._kept)

    def __bytes__(self) -> bytes:
        return bytes(self._kept)

    def drain(self) -> None:
        """Take what was printed until now, and pass on what is new."""
        for data in iter(self._read, b""):
            self._kept += data
            if len(self) > self._passed:
                new = bytes(self._kept[self._passed - len(self) :])
                self._passed = len(self)
                self._printed(self.name, new)
        if len(self._kept) > MOST:
            self._forgotten += len(self._kept) // 2
            del self._kept[: len(self._kept) // 2]

    def cut(self, length: int) -> None:
        """Take back all after so many bytes, and what was not yet taken."""
        for _ in iter(self._read, b""):
            pass
        del self._kept[max(length - self._forgotten, 0) :]

    def renew(self) -> None:
        """Pass on all that comes from now on: it may differ from what came in its place before."""
        self._passed = len(self)

    def close(self) -> None:
        """Close both ends of the pipe."""
        os.close(self.reading)
        os.close(self.writing)

    def _read(self) -> bytes:
        try:
            return os.read(self.reading, 1 << 16)
        except BlockingIOError:
            return b""
