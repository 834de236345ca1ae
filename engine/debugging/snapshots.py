"""Moments of a training that are kept: dense near its end, and thinner the older they are."""

from __future__ import annotations

from collections.abc import Iterator

from engine.protocol.events import Position
from engine.training.snapshots import Snapshot

# Of the snapshots whose number is an odd multiple of 2^k, the latest so many are kept, for each
# k. The way back to any moment is then at most some 1/128 of its age.
WIDTH = 256


class Snapshots:
    """The snapshots of one branch."""

    def __init__(self) -> None:
        self._kept: dict[int, Snapshot] = {}
        self._count = 0
        self._width = WIDTH
        self.nbytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Snapshot]:
        """Yield them from the latest to the earliest."""
        return reversed(self._kept.values())

    @property
    def newest(self) -> int:
        """The iteration of the latest one; -1 if there is none."""
        return next(iter(self)).iteration if self._kept else -1

    def keep(self, snapshot: Snapshot) -> None:
        """Add one that is later than all others, and drop one that has become too many."""
        number, self._count = self._count, self._count + 1
        self._kept[number] = snapshot
        self.nbytes += snapshot.nbytes
        self._drop(number - (self._width << level(number)))

    def thin(self) -> None:
        """Keep half as many, and in the end none."""
        if self._width > 1:
            self._width //= 2
            for number in tuple(self._kept):
                if number <= self._count - 1 - (self._width << level(number)):
                    self._drop(number)
        elif self._kept:
            self._drop(next(iter(self._kept)))

    def forget_from(self, position: Position) -> None:
        """Drop those at that position and after it."""
        for number in [n for n, s in self._kept.items() if s.position >= position]:
            self._drop(number)

    def _drop(self, number: int) -> None:
        snapshot = self._kept.pop(number, None)
        if snapshot:
            self.nbytes -= snapshot.nbytes


def level(number: int) -> int:
    """Return the largest k of which 2^k divides the number; for 0, one that is never reached."""
    return (number & -number).bit_length() - 1 if number else 64
