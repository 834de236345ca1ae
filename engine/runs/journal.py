"""What people did to a run, as it is kept in the run's database.

Tables are written as a whole, in one transaction, and read back into the same records. A checksum
of their rows, and of the run's description, tells whether they are what was written.
"""

from __future__ import annotations

import hashlib
import math
import sqlite3
import struct
from typing import Any

import msgspec

from engine.protocol.events import Changed, Position, Status
from engine.protocol.metrics import MOST_METRICS, Metric
from engine.runs.about import read_about, write_about
from engine.runs.database import RecordError
from engine.runs.environment import Environment

ENDED = ("completed", "stopped", "failed")


class ChangeRecord(msgspec.Struct, frozen=True, array_like=True):
    """A change; numbers that JSON does not have, NaN and infinity, by their bits."""

    position: Position
    target: str
    before: float | str
    after: float | str

    @classmethod
    def of(cls, change: Changed) -> ChangeRecord:
        """Take down a change."""
        before, after = _to_json(change.before), _to_json(change.after)
        return cls(change.position, change.target, before, after)

    @property
    def change(self) -> Changed:
        """The same change, to the bit."""
        before, after = _from_json(self.before), _from_json(self.after)
        return Changed(self.position, self.target, before, after)


def _to_json(value: float) -> float | str:
    return value if math.isfinite(value) else struct.pack(">d", value).hex()


def _from_json(value: float | str) -> float:
    if isinstance(value, str):
        (number,) = struct.unpack(">d", bytes.fromhex(value))
        return float(number)
    return value


class BranchRecord(msgspec.Struct, frozen=True):
    """A branch: where it left which other, its changes from the beginning on, how far it came.

    Attributes
    ----------
    first : int
        The first epoch whose metrics are recorded under its own name.
    after : str
        The branch under which those before are recorded; without one, they were measured before
        the record began.
    epochs : int
        How many have been measured in all.
    state : str
        A digest of its last state.
    """

    name: str
    parent: str
    left: Position
    first: int
    after: str
    epochs: int
    reached: Position
    changes: list[ChangeRecord]
    state: str


class BreakpointRecord(msgspec.Struct, frozen=True):
    """A breakpoint, whether it is looked at, and how often it has held."""

    number: int
    condition: str
    on: bool
    held: int


class Progress(msgspec.Struct, frozen=True):
    """Where a run is, and how.

    Attributes
    ----------
    branch : str
    position : Position
    epochs : int
        After how many it is complete.
    speed : float or None
        Epochs a second that it may train.
    status : str
        ``running`` until somebody pauses it, or it ends.
    message : str
        Why it failed.
    """

    branch: str
    position: Position
    epochs: int
    speed: float | None
    status: Status
    message: str = ""


class Journal(msgspec.Struct, frozen=True):
    """All that was done to a run, in the environment that it began in."""

    environment: Environment
    metrics: list[Metric]
    branches: list[BranchRecord]
    breakpoints: list[BreakpointRecord]
    progress: Progress

    @property
    def closed(self) -> bool:
        """Whether nothing follows what is recorded."""
        return self.progress.status in ENDED


def write_journal(database: sqlite3.Connection, journal: Journal) -> None:
    """Write a journal in place of the last one, within a transaction."""
    for table in ("metrics", "branches", "breakpoints"):
        database.execute(f"delete from {table}")
    database.executemany(
        "insert into metrics values (?, ?, ?)",
        [(number, m.name, _text(m)) for number, m in enumerate(journal.metrics)],
    )
    database.executemany(
        "insert into branches values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(number, b.name, b.parent, b.first, b.after, b.epochs),
                *(_text((b.left, b.reached)), _text(b.changes), b.state),
            )
            for number, b in enumerate(journal.branches)
        ],
    )
    database.executemany(
        "insert into breakpoints values (?, ?, ?, ?)",
        [msgspec.structs.astuple(b) for b in journal.breakpoints],
    )
    for name in ("environment", "progress"):
        write_about(database, name, msgspec.to_builtins(getattr(journal, name)))
    write_about(database, "checksum", _checksum(database))


def has_journal(database: sqlite3.Connection) -> bool:
    """Whether the run has begun to be recorded."""
    return database.execute(BEGUN).fetchone() is not None


def read_journal(database: sqlite3.Connection) -> Journal:
    """Return the journal.

    Raises
    ------
    RecordError
        If there is none, or it is damaged.
    """
    if read_about(database, "checksum", str) != _checksum(database):
        raise RecordError("its journal is damaged: its checksum does not match")
    environment = read_about(database, "environment", Environment)
    progress = read_about(database, "progress", Progress)
    try:
        journal = Journal(
            environment,
            [msgspec.json.decode(text, type=Metric) for (text,) in _rows(database, METRICS)],
            [_branch(row) for row in _rows(database, BRANCHES)],
            [_breakpoint(row) for row in _rows(database, STOPS)],
            progress,
        )
        _check_branches(journal)
    except (ValueError, TypeError, RecursionError) as error:
        raise RecordError(f"its journal is damaged: {error}") from None
    return journal


METRICS = "select definition from metrics order by number"
BRANCHES = (
    "select name, parent, first, after, epochs, places, changes, state from branches"
    " order by number"
)
STOPS = "select number, condition, is_on, held from breakpoints order by number"
BEGUN = "select 1 from branches union select 1 from about where name in ('checksum', 'progress')"
SEALED = (
    *(f"select * from {table} order by number" for table in ("metrics", "branches", "breakpoints")),
    "select * from about where name in ('description', 'environment', 'progress') order by name",
)


def _rows(database: sqlite3.Connection, query: str) -> list[Any]:
    return database.execute(query).fetchall()


def _branch(row: tuple[Any, ...]) -> BranchRecord:
    name, parent, first, after, epochs, places, changes, state = row
    left, reached = msgspec.json.decode(places, type=tuple[Position, Position])
    made = msgspec.json.decode(changes, type=list[ChangeRecord])
    values = (name, parent, left, first, after, epochs, reached, made, state)
    fields = zip(BranchRecord.__struct_fields__, values, strict=True)
    return msgspec.convert(dict(fields), BranchRecord)


def _breakpoint(row: tuple[Any, ...]) -> BreakpointRecord:
    number, condition, on, held = row
    fields = {"number": number, "condition": condition, "on": bool(on), "held": held}
    return msgspec.convert(fields, BreakpointRecord)


def _checksum(database: sqlite3.Connection) -> str:
    """Return a digest of all rows that the journal consists of, and of the description."""
    hashed = hashlib.sha256()
    for query in SEALED:
        hashed.update(msgspec.json.encode(_rows(database, query)))
    return hashed.hexdigest()


def _check_branches(journal: Journal) -> None:
    """Raise RecordError unless each branch has a name of its own and follows an earlier one."""
    if len(journal.metrics) > MOST_METRICS:
        raise RecordError("it has too many metrics")
    known = {""}
    for branch in journal.branches:
        orderly = 0 <= branch.first <= branch.epochs and 0 <= branch.reached.epoch <= branch.epochs
        if branch.name in known or not {branch.after, branch.parent} <= known or not orderly:
            raise RecordError(f"the branch {branch.name!r} contradicts itself")
        known.add(branch.name)
    if journal.progress.branch not in known - {""}:
        raise RecordError("it is on a branch that there is not")


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
