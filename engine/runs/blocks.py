"""Blocks of metrics in a run's database: those of some epochs each, as float64."""

from __future__ import annotations

import sqlite3
import sys
import zlib
from collections.abc import Iterator
from time import time
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np

from engine.nn.arrays import Array
from engine.runs.database import RecordError
from engine.runs.journal import BranchRecord, Journal

NUMBER = np.dtype("<f8")
INSERT = "insert into blocks values (?, ?, ?, ?, ?, ?, ?, ?)"
SELECT = (
    "select first, step, epochs, width, data, checksum from blocks"
    " where branch = ? and first < ? and first + step * epochs > ? order by first, rowid"
)
LAST = (
    "select first + step * (epochs - 1) + 1 from blocks where branch = ?"
    " order by first desc limit 1"
)
ALL_KEPT = 1 << 16  # epochs of which each is kept where they are thinned


Count = Annotated[int, msgspec.Meta(ge=1, le=1 << 40)]


class _Row(NamedTuple):
    """What is read of a block."""

    first: Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]
    step: Count
    epochs: Count
    width: Count
    data: bytes
    checksum: int

    @property
    def is_whole(self) -> bool:
        return len(self.data) == self.epochs * self.width * NUMBER.itemsize


def _checksum(branch: str, row: _Row) -> int:
    """Return the checksum of a block: of its numbers, and of which they are."""
    which = f"{branch} {row.first} {row.step} {row.epochs} {row.width} "
    return zlib.crc32(row.data, zlib.crc32(which.encode(errors="surrogatepass")))


def block(branch: str, first: int, step: int, values: Array) -> tuple[Any, ...]:
    """Return the row of a block, for `INSERT`.

    Parameters
    ----------
    values : array, shape (epochs, metrics)
        Of every ``step``-th epoch from ``first`` on.
    """
    epochs, width = values.shape
    data = values.astype(NUMBER).tobytes()
    checksum = _checksum(branch, _Row(first, step, epochs, width, data, 0))
    return branch, first, step, epochs, width, time(), data, checksum


def epochs_of(row: tuple[Any, ...]) -> int:
    """Return for how many epochs a block's row stands."""
    _, _, step, epochs, *_ = row
    return int(step * epochs)


def thinned(first: int, values: Array) -> tuple[int, int, Array]:
    """Return every epoch up to `ALL_KEPT`, then every second one, every fourth, and so on.

    Returns
    -------
    first, step : int
        The first of those that are kept, and from one of them to the next.
    values : array, shape (kept, metrics)
    """
    step = 1 << (first // ALL_KEPT).bit_length()
    offset = -first % step
    return first + offset, step, values[offset::step]


class Metrics(NamedTuple):
    """The metrics of the epochs of a branch, as far as they are recorded.

    Attributes
    ----------
    names : list of str
        All metrics of the run.
    epochs : array, shape (n,)
        The epochs that are recorded, in order.
    values : array, shape (n, metrics)
        NaN where a metric had not been added yet.
    widths : array, shape (n,)
        How many of the metrics were measured.
    missing : int
        How many more epochs were measured, and are lost.
    """

    names: list[str]
    epochs: Array
    values: Array
    widths: Array
    missing: int

    @property
    def end(self) -> int:
        """The epoch after the last of them."""
        return int(self.epochs[-1]) + 1 if len(self.epochs) else 0


def read_metrics(
    database: sqlite3.Connection,
    journal: Journal,
    branch: BranchRecord,
    first: int = 0,
    end: int = sys.maxsize,
) -> Metrics:
    """Return the metrics of a branch, which begin with those of the branches before it.

    Parameters
    ----------
    first, end : int
        Of these epochs only.

    Raises
    ------
    RecordError
        If a block is damaged.
    """
    names = [metric.name for metric in journal.metrics]
    ways = list(_ways(journal, branch))
    begin = max(first, ways[0][1])
    blocks = [
        found
        for name, start, stop in ways
        for found in _read_blocks(database, name, max(first, start), min(end, stop), len(names))
    ]
    covered = sum(found.covered for found in blocks)
    empty = np.empty(0, np.intp), np.empty((0, len(names))), np.empty(0, np.intp)
    columns = zip(empty, *((b.epochs, b.values, b.widths) for b in blocks), strict=True)
    epochs, values, widths = (np.concatenate(column) for column in columns)
    known = max(branch.epochs, int(epochs[-1]) + 1 if len(epochs) else 0)
    missing = max(0, min(end, known) - begin - covered)
    return Metrics(names, epochs, values, widths, missing)


def _ways(journal: Journal, branch: BranchRecord) -> Iterator[tuple[str, int, int]]:
    """Yield under which names its epochs are recorded, the earliest first, from where to where."""
    branches = {b.name: b for b in journal.branches}
    parts, end = [], sys.maxsize
    while True:
        if branch.first < end:
            parts.append((branch.name, branch.first, end))
        end = min(end, branch.first)
        if not branch.after:
            return iter(parts[::-1])
        branch = branches[branch.after]


class _Block(NamedTuple):
    """A block, or a part of one; ``covered`` is for how many epochs it stands."""

    epochs: Array
    values: Array
    widths: Array
    covered: int


def _read_blocks(
    database: sqlite3.Connection, branch: str, start: int, end: int, metrics: int
) -> Iterator[_Block]:
    known = start
    for found in database.execute(SELECT, (branch, end, start)):
        row = _checked(branch, found, metrics)
        epochs = row.first + row.step * np.arange(row.epochs)
        within = (epochs >= known) & (epochs < end)
        rows = np.frombuffer(row.data, NUMBER).reshape(-1, row.width)[within]
        values = np.pad(rows, ((0, 0), (0, metrics - row.width)), constant_values=np.nan)
        stop = max(known, min(row.first + row.step * row.epochs, end))
        covered = stop - max(known, row.first - row.step + 1)  # what was thinned out stands for it
        yield _Block(epochs[within], values, np.full(len(rows), row.width), covered)
        known = stop


def _checked(branch: str, found: tuple[Any, ...], metrics: int) -> _Row:
    """Return a block's row; RecordError if it is not as it was written."""
    try:
        row = msgspec.convert(found, _Row)
    except msgspec.ValidationError as error:
        raise RecordError(f"the metrics of {branch} are damaged: {error}") from None
    if not row.is_whole or row.width > metrics or _checksum(branch, row) != row.checksum:
        raise RecordError(f"the metrics of {branch} from epoch {row.first} on are damaged")
    return row


def last_epoch(database: sqlite3.Connection, branch: str) -> int:
    """Return up to which epoch the metrics of a branch are recorded under its own name."""
    found = database.execute(LAST, (branch,)).fetchone()
    return found[0] if found and isinstance(found[0], int) else 0
