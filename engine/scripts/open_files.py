"""Where a script is in the files that it has open, which all copies of its process share."""

from __future__ import annotations

import contextlib
import os
import stat


def read_places() -> dict[int, int]:
    """Return how far each open file was read or written, by its number."""
    places = {}
    for number in map(int, os.listdir("/proc/self/fd")):
        with contextlib.suppress(OSError):  # that of the list itself
            if stat.S_ISREG(os.fstat(number).st_mode):
                places[number] = os.lseek(number, 0, os.SEEK_CUR)
    return places


def set_places(places: dict[int, int]) -> None:
    """Read and write on from there."""
    for number, place in places.items():
        with contextlib.suppress(OSError):
            os.lseek(number, place, os.SEEK_SET)
