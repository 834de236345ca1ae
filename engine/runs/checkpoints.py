"""Checkpoints in a run's database: states to go on from, dense near the end and thinner before."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from time import monotonic, perf_counter, time
from typing import Any, NamedTuple

import msgspec

from engine.debugging.snapshots import level
from engine.debugging.trainer import Trainer
from engine.protocol.events import Position
from engine.runs.database import RecordError
from engine.training.snapshots import Snapshot

EVERY = 2.0  # seconds of training between two of them, or
TIMES_ITS_COST = 50  # so many times what the last one took, if that is longer
WIDTH = 8  # of those whose number is an odd multiple of 2^k, the last so many are kept, for each k
MOST_BYTES = 64 * 1024 * 1024  # that all but the last one may take
BRIEF = 0.02  # seconds that one may take at each pause
INSERT = "insert into checkpoints values (?, ?, ?, ?, ?, ?, ?)"
DELETE = "delete from checkpoints where number = ?"
SELECT = "select number, branch, place, iteration, data, checksum from checkpoints order by number"


class Checkpoint(NamedTuple):
    """A stored state, and where it was taken."""

    number: int
    branch: str
    position: Position
    iteration: int
    data: bytes


class Kept(NamedTuple):
    """What is known of a checkpoint that has been written."""

    number: int
    branch: str
    iteration: int
    nbytes: int


class Writer:
    """Makes the rows of checkpoints, and of those that they replace.

    Parameters
    ----------
    trainer : Trainer
    kept : sequence of Kept
        The checkpoints that there are already, in order.

    Attributes
    ----------
    due : float
        When the next one is to be written, on the clock of `time.monotonic`.
    """

    def __init__(self, trainer: Trainer, kept: Sequence[Kept]) -> None:
        self.trainer, self._kept = trainer, {each.number: each.nbytes for each in kept}
        self.due = monotonic() + EVERY
        self._cost = 0.0
        self._written = {(each.branch, each.iteration) for each in kept}

    def can_be_written(self, snapshot: Snapshot) -> bool:
        """Whether a snapshot of this branch is not written yet, and takes no time, or is due."""
        known = (self.trainer.timeline.branch.name, snapshot.iteration) in self._written
        return not known and (self._cost < BRIEF or self.due <= monotonic())

    def rows(self, snapshot: Snapshot) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Yield statements and values that keep a snapshot; StateError if it cannot be stored."""
        begun = perf_counter()
        data = snapshot.state.to_bytes()
        checksum = hashlib.sha256(data).hexdigest()
        self._cost = perf_counter() - begun
        self.due = monotonic() + max(EVERY, TIMES_ITS_COST * self._cost)
        number = max(self._kept, default=0) + 1
        place, branch = place_of(snapshot.position), self.trainer.timeline.branch.name
        self._written.add((branch, snapshot.iteration))
        yield INSERT, (number, branch, place, snapshot.iteration, time(), data, checksum)
        self._kept[number] = len(data)
        yield from ((DELETE, (old,)) for old in self._replaced_by(number))

    def _replaced_by(self, number: int) -> Iterator[int]:
        """Yield those that are needed no longer."""
        old = number - (WIDTH << level(number))
        if self._kept.pop(old, None) is not None:
            yield old
        while sum(self._kept.values()) - self._kept[number] > MOST_BYTES:
            oldest = next(iter(self._kept))
            del self._kept[oldest]
            yield oldest


def place_of(position: Position) -> str:
    """Return a position as it is written into the database."""
    return msgspec.json.encode(position).decode()


def read_checkpoints(database: sqlite3.Connection) -> Iterator[Checkpoint]:
    """Yield the checkpoints that are whole, in order.

    Raises
    ------
    RecordError
        If a place is none.
    """
    for number, branch, place, iteration, data, checksum in database.execute(SELECT):
        if hashlib.sha256(data).hexdigest() == checksum:
            try:
                position = msgspec.json.decode(place, type=Position)
            except msgspec.DecodeError as error:
                raise RecordError(f"a checkpoint is damaged: {error}") from None
            yield Checkpoint(number, branch, position, iteration, data)
