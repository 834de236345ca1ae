"""Keeps the record of a run while it is trained, on a disk that may fill or be taken away."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from errno import ENOENT
from pathlib import Path
from time import monotonic, time
from typing import Any

from engine.debugging.branches import Branch
from engine.debugging.trainer import Trainer
from engine.nn.arrays import Array
from engine.protocol import events
from engine.protocol.events import Status
from engine.runs import blocks, checkpoints
from engine.runs.checkpoints import Kept
from engine.runs.database import RECORD, RecordError, open_to_write, why
from engine.runs.environment import Environment
from engine.runs.journal import (
    BranchRecord,
    BreakpointRecord,
    ChangeRecord,
    Journal,
    Progress,
    write_journal,
)
from engine.runs.run import Run
from engine.training.snapshots import Snapshot
from engine.training.state.storage import StateError

MOST_UNSAVED = 16 * 1024 * 1024  # bytes of metrics that wait for a disk that takes none
AGAIN = 1.0  # seconds until it is tried again
EVENT = "insert into events (time, branch, place, what, detail) values (?, ?, ?, ?, ?)"


class Recorder:
    """Writes down what a trainer measures, and what people do to it.

    What cannot be written waits in memory, and is written as soon as that is possible again.

    Parameters
    ----------
    trainer : Trainer
        As it was built from the description, or resumed.
    run : Run
        One that has a directory.
    journal : Journal, optional
        That of a run that is resumed.
    kept : sequence of Kept, optional
        The checkpoints that are in the record already.

    Attributes
    ----------
    problem : str
        What is not recorded, and why, in one line.
    warn : callable
        Called with the problem whenever that changes.
    speed : callable
        Returns how many epochs a second may be trained.
    """

    def __init__(
        self,
        trainer: Trainer,
        run: Run,
        journal: Journal | None = None,
        kept: Sequence[Kept] = (),
    ) -> None:
        assert run.directory
        self.trainer, self.directory = trainer, run.directory
        self.environment = journal.environment if journal else Environment.of(trainer, run.located)
        self._thin = run.description.keep_metrics == "thin"
        self._firsts: dict[Branch, tuple[int, str]] = {}
        self._unsaved: deque[tuple[str, tuple[Any, ...]]] = deque()
        self._nbytes = self._dropped = 0
        self._status: tuple[Status, str] = "paused", ""
        self._changed = True
        self._since: int | None = None
        self.problem = self._no_checkpoint = ""
        self.warn: Callable[[str], None] = lambda problem: None
        self._again = 0.0
        self._database: sqlite3.Connection | None = None
        self._file = 0, 0
        self._checkpoints = checkpoints.Writer(trainer, kept)
        self.speed: Callable[[], float | None] = lambda: None
        known = {b.name: (b.first, b.after) for b in journal.branches} if journal else {}
        for branch in trainer.timeline.branches:
            branch.history.settle()
            self._follow(branch, *known.get(branch.name, (branch.history.epochs, "")))
        trainer.timeline.kept = self._keep_checkpoint
        self._unsubscribe = trainer.observe(events.Branched, self._follow_new)
        trainer.timeline.mark()
        self.save(journal.progress.status if journal else "paused")

    # -- what is measured ----------------------------------------------------------------------

    def _follow_new(self, event: events.Branched) -> None:
        branch = self.trainer.timeline.branch
        parent = branch.parent.name if branch.parent else ""
        self._follow(branch, branch.history.epochs, parent)

    def _follow(self, branch: Branch, first: int, after: str) -> None:
        """Write down what a branch measures, from an epoch on that follows those of another."""
        self._firsts[branch] = first, after
        branch.history.sink = lambda values: self._measured(branch, values)
        branch.history.source = lambda first, end: self._read(branch, first, end)

    def _measured(self, branch: Branch, values: Array) -> None:
        first, step = branch.history.epochs - len(values), 1
        if self._thin:
            first, step, values = blocks.thinned(first, values)
        if len(values):
            self._put(blocks.INSERT, blocks.block(branch.name, first, step, values))
        self._write()

    def _read(self, branch: Branch, first: int, end: int) -> Array | None:
        """Return the metrics of some epochs of a branch, and of those that it follows."""
        if self._database is None or self._unsaved or self._thin:
            return None
        with suppress(sqlite3.Error, RecordError):
            record = self._branch(branch)
            return blocks.read_metrics(self._database, self._journal(), record, first, end).values
        return None

    def _keep_checkpoint(self, snapshot: Snapshot) -> None:
        """Write a snapshot that has been taken, if the last one was written long enough ago."""
        if self._checkpoints.due <= monotonic():
            self._changed = True  # as far as here, it is known how often breakpoints have held
            self.trainer.history.settle()
            self._write()
            self._write_checkpoint(snapshot)

    def _write_checkpoint(self, snapshot: Snapshot) -> None:
        """Write a snapshot, unless nothing can be written now."""
        if self._since is not None:
            return
        try:
            self._checkpoints.write(snapshot, self._transaction)
            self._no_checkpoint = ""
        except StateError as error:
            self._no_checkpoint = f"no checkpoints can be made: {error}"
        except (OSError, sqlite3.Error) as error:
            self._disconnect()
            since = self._no_checkpoint or f"no checkpoints since epoch {self.trainer.epoch:,}"
            self._no_checkpoint = f"{since.partition(':')[0]}: {why(error)}"
        self._tell()

    # -- what is done --------------------------------------------------------------------------

    def note(self, what: str, detail: str) -> None:
        """Write down what has been done here."""
        here = self.trainer.position
        branch = self.trainer.timeline.branch.name
        self._put(EVENT, (time(), branch, checkpoints.place_of(here), what, detail))

    def save(self, status: Status, message: str = "") -> None:
        """Bring the record up to date, with a checkpoint of here or shortly before."""
        timeline = self.trainer.timeline
        if status != "running" or not timeline.branch.state:
            timeline.mark()
        for branch in timeline.branches:
            branch.history.settle()
        self._status = status, message
        self._changed = True
        self._again = 0.0
        self._write()
        here = self.trainer.iteration  # it goes on from an iteration before, which fills all arrays
        newest = next((s for s in timeline.branch.snapshots if s.iteration < here), None)
        if newest is not None and self._checkpoints.can_be_written(newest):
            self._write_checkpoint(newest)

    def close(self, status: Status, message: str = "") -> None:
        """Save, and write no more."""
        self.save(status, message)
        self._unsubscribe()
        self.trainer.timeline.kept = lambda snapshot: None
        for branch in self._firsts:
            branch.history.sink = branch.history.source = None
        self._disconnect()

    def _journal(self) -> Journal:
        trainer = self.trainer
        status, message = self._status
        return Journal(
            self.environment,
            list(trainer.metrics.schema),
            [self._branch(branch) for branch in trainer.timeline.branches],
            [BreakpointRecord(b.number, b.text, b.on, b.held) for b in trainer.breakpoints.all],
            Progress(
                *(trainer.timeline.branch.name, trainer.position, trainer.epochs),
                *(self.speed(), status, message),
            ),
        )

    def _branch(self, branch: Branch) -> BranchRecord:
        first, after = self._firsts[branch]
        return BranchRecord(
            branch.name,
            branch.parent.name if branch.parent else "",
            branch.left,
            first,
            after,
            branch.history.epochs,
            branch.reached,
            [ChangeRecord.of(change) for change in branch.changes],
            branch.state,
        )

    # -- writing -------------------------------------------------------------------------------

    def _put(self, statement: str, values: tuple[Any, ...]) -> None:
        """Add something to what is to be written; drop what is oldest where that is too much."""
        self._unsaved.append((statement, values))
        self._nbytes += _size(values)
        while self._nbytes > MOST_UNSAVED and len(self._unsaved) > 1:
            dropped, oldest = self._unsaved.popleft()
            self._nbytes -= _size(oldest)
            self._dropped += blocks.epochs_of(oldest) if dropped == blocks.INSERT else 0

    def _write(self) -> None:
        """Write all that waits, or say why that cannot be done, and try again later."""
        if monotonic() < self._again or not (self._unsaved or self._changed):
            return
        error = self._attempt() and self._attempt()  # the first may have made room for the second
        if error is None:
            self._unsaved.clear()
            self._nbytes, self._changed, self._since = 0, False, None
            self._tell()
            return
        self._again = monotonic() + AGAIN
        if self._since is None:
            self._since = self.trainer.epoch
        self._tell(f"nothing since epoch {self._since:,}: {why(error)}")

    def _attempt(self) -> Exception | None:
        """Write all that waits; return why that failed, and close the database then.

        That moves what SQLite has written ahead to its place, and frees as much room.
        """
        try:
            with self._transaction() as database:
                for statement, values in self._unsaved:
                    database.execute(statement, values)
                if self._changed:
                    write_journal(database, self._journal())
        except (OSError, sqlite3.Error) as error:
            self._disconnect()
            return error
        return None

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Write all that is written within, or nothing."""
        if self._database is None:
            self._database = open_to_write(self.directory)
            self._file = _identity(self.directory)
        if _identity(self.directory) != self._file:
            raise FileNotFoundError(ENOENT, "its file has been removed")
        self._database.execute("begin immediate")
        yield self._database
        self._database.execute("commit")

    def _disconnect(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            with suppress(sqlite3.Error):
                database.close()

    def _tell(self, problem: str = "") -> None:
        """Say what is not recorded, if that has changed."""
        lost = f"{self._dropped:,} epochs are lost" if self._dropped else ""
        parts = "; ".join(filter(None, (problem or self._no_checkpoint, lost)))
        said = f"not recorded: {parts}" if parts else ""
        if said != self.problem:
            self.problem = said
            self.warn(said)


def _identity(directory: Path) -> tuple[int, int]:
    """Return what tells a file from another one that has taken its place."""
    found = (directory / RECORD).stat()
    return found.st_dev, found.st_ino


def _size(values: tuple[Any, ...]) -> int:
    return 200 + sum(len(value) for value in values if isinstance(value, (bytes, str)))
