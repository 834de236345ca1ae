"""Which runs are being trained: whoever trains one holds a lock, until the process ends."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

from engine.runs.files import owner_only

LOCK = "lock"


def hold(directory: Path) -> int:
    """Take the lock of a run, write down which process that is, and return its open file.

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
        os.ftruncate(file, 0)
    except OSError:
        os.close(file)
        raise
    with suppress(OSError):  # on a full disk, it is not known who it is
        os.write(file, f"{os.getpid()}\n".encode())
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


def holder(directory: Path) -> int | None:
    """Return the number of the process that trains the run, as far as it is known."""
    if not is_held(directory):
        return None
    try:
        number, whole, _ = (directory / LOCK).read_text("ascii").partition("\n")
        return int(number) if whole else None
    except (OSError, ValueError):
        return None


def wait_until_free(directory: Path, patience: float) -> bool:
    """Wait for so many seconds at most until no process trains the run; return whether that is."""
    end = monotonic() + patience
    while is_held(directory):
        if monotonic() > end:
            return False
        sleep(0.02)
    return True


def opened_at(directory: Path) -> float:
    """Return when the run was opened last, in seconds since 1970; 0 if never."""
    try:
        return (directory / LOCK).stat().st_mtime
    except OSError:
        return 0.0
