"""Checkpoints in a run's database: states to go on from, dense near the end and thinner before."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from time import monotonic, perf_counter, time
from typing import NamedTuple

import msgspec

from engine.debugging.snapshots import level
from engine.debugging.trainer import Trainer
from engine.protocol.events import Position
from engine.training.snapshots import Snapshot

EVERY = 2.0  # seconds of training between two of them, or
TIMES_ITS_COST = 50  # so many times what the last one took, if that is longer
WIDTH = 8  # of those whose number is an odd multiple of 2^k, the last so many are kept, for each k
MOST_BYTES = 64 * 1024 * 1024  # that all but the last one may take
BRIEF = 0.02  # seconds that one may take at each pause
INSERT = "insert into checkpoints values (?, ?, ?, ?, ?, ?, ?)"
DELETE = "delete from checkpoints where number = ?"
SELECT = (
    "select number, branch, place, iteration, data, checksum from checkpoints"
    " order by iteration, number"
)

Transaction = Callable[[], AbstractContextManager[sqlite3.Connection]]


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


class _Row(NamedTuple):
    """What is read of a checkpoint."""

    number: int
    branch: str
    place: str
    iteration: int
    data: bytes
    checksum: str


class Writer:
    """Writes checkpoints, and removes those that they replace.

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
        self.trainer = trainer
        self._kept = {each.number: each.nbytes for each in sorted(kept)}
        self.due = monotonic() + EVERY
        self._cost = 0.0
        self._written = {(each.branch, each.iteration) for each in kept}

    def can_be_written(self, snapshot: Snapshot) -> bool:
        """Whether a snapshot of this branch is not written yet, and takes no time, or is due."""
        known = (self.trainer.timeline.branch.name, snapshot.iteration) in self._written
        return not known and (self._cost < BRIEF or self.due <= monotonic())

    def write(self, snapshot: Snapshot, transaction: Transaction) -> None:
        """Write a snapshot; StateError if it cannot be stored."""
        begun = perf_counter()
        data = snapshot.state.to_bytes()
        self._cost = perf_counter() - begun
        self.due = monotonic() + max(EVERY, TIMES_ITS_COST * self._cost)
        number = max(self._kept, default=0) + 1
        place, branch = place_of(snapshot.position), self.trainer.timeline.branch.name
        checksum = _checksum(branch, place, snapshot.iteration, data)
        kept = self._kept | {number: len(data)}
        replaced = list(_replaced_by(number, kept))
        with transaction() as database:
            row = (number, branch, place, snapshot.iteration, time(), data, checksum)
            database.execute(INSERT, row)
            database.executemany(DELETE, [(old,) for old in replaced])
        self._written.add((branch, snapshot.iteration))
        self._kept = kept


def _replaced_by(number: int, kept: dict[int, int]) -> Iterator[int]:
    """Take out and yield those that are needed no longer, once there is that one."""
    old = number - (WIDTH << level(number))
    if kept.pop(old, None) is not None:
        yield old
    while sum(kept.values()) - kept[number] > MOST_BYTES:
        oldest = next(iter(kept))
        del kept[oldest]
        yield oldest


def _checksum(branch: str, place: str, iteration: int, data: bytes) -> str:
    which = f"{branch} {place} {iteration} ".encode(errors="surrogatepass")
    return hashlib.sha256(which + data).hexdigest()


def place_of(position: Position) -> str:
    """Return a position as it is written into the database."""
    return msgspec.json.encode(position).decode()


def read_checkpoints(database: sqlite3.Connection) -> Iterator[Checkpoint]:
    """Yield the checkpoints that are whole, the earliest of a branch first."""
    for found in database.execute(SELECT):
        with suppress(msgspec.ValidationError, msgspec.DecodeError):
            row = msgspec.convert(found, _Row)
            if _checksum(row.branch, row.place, row.iteration, row.data) == row.checksum:
                position = msgspec.json.decode(row.place, type=Position)
                yield Checkpoint(row.number, row.branch, position, row.iteration, row.data)
