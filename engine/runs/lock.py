"""Which runs are being trained: whoever trains one holds a lock, until the process ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from engine.runs.files import owner_only

LOCK = "lock"


def hold(directory: Path) -> int:
    """Take the lock of a run, and return its open file.

    Raises
    ------
    BlockingIOError
        If another process holds it.
    OSError
        If there can be no lock.
    """
    with owner_only():
        file = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        raise
    return file


def is_held(directory: Path) -> bool:
    """Whether a process trains the run."""
    try:
        file = os.open(directory / LOCK, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False
