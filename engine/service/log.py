"""A worker's output, which goes to a file on a disk that may be full."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from typing import Any, TextIO


class LogFile(io.RawIOBase):
    """Writes to an open file; what that does not take is left out, and nobody gets an error."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor

    def writable(self) -> bool:
        """It is."""
        return True

    def fileno(self) -> int:
        """Return the open file."""
        return self._descriptor

    def write(self, data: Any) -> int:
        """Write as much as the file takes."""
        with suppress(OSError):
            os.write(self._descriptor, data)
        return memoryview(data).nbytes


def log_stream(descriptor: int) -> TextIO:
    """Return a stream for `print`, whose text is in the file at once."""
    return io.TextIOWrapper(  # type: ignore[type-var]
        LogFile(descriptor),
        encoding="utf-8",
        errors="backslashreplace",
        write_through=True,
    )
