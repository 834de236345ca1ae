"""Keys come from the terminal also where standard input is something else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


class NoTerminalError(Exception):
    """There is no terminal to read keys from; its text says what to do."""


@contextmanager
def keys_from_terminal(input_is_data: bool) -> Iterator[None]:
    """Make the terminal standard input at the end, if that holds data, which are read within.

    Raises
    ------
    NoTerminalError
        If there is no terminal; then nothing has been read.
    """
    if not input_is_data:
        yield
        return
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError:
        raise NoTerminalError(
            "there is no terminal to read keys from: train with --headless"
        ) from None
    try:
        yield
        os.dup2(terminal, 0)
    finally:
        os.close(terminal)
