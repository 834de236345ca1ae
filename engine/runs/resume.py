"""A run goes on from its record, in another process, as if nothing had happened."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np

from engine.debugging.branches import Branch
from engine.debugging.trainer import Trainer
from engine.protocol.events import EpochMeasured, Position
from engine.runs.blocks import last_epoch, read_metrics
from engine.runs.checkpoints import Kept, read_checkpoints
from engine.runs.database import RecordError, reading
from engine.runs.description import SourceError
from engine.runs.environment import Environment
from engine.runs.files import reason
from engine.runs.journal import BranchRecord, Journal
from engine.training.history import History
from engine.training.snapshots import Snapshot
from engine.training.state.storage import StateError

AT_ONCE = 1 << 20  # epochs that are read at once


def check(trainer: Trainer, journal: Journal) -> None:
    """Raise SourceError where a run cannot go on bit for bit, with the reasons."""
    reasons = journal.environment.differences(Environment.of(trainer))
    known = [metric.name for metric in trainer.metrics.schema]
    reasons += [
        f"the metric {metric.name} was added while it trained"
        for metric in journal.metrics
        if metric.name not in known
    ]
    if reasons:
        raise SourceError(f"it cannot be resumed bit for bit: {'; '.join(reasons)}")


def resume(trainer: Trainer, directory: Path, journal: Journal) -> list[Kept]:
    """Put a fresh trainer where a recorded one was, with its past, branches and breakpoints.

    Where the record ends before the training did, that is the last epoch that is recorded.

    Returns
    -------
    list of Kept
        The checkpoints in the record.

    Raises
    ------
    SourceError
        If the record cannot be read, or does not fit the trainer.
    """
    try:
        with reading(directory) as database:
            return _resume(trainer, database, journal)
    except OSError as error:
        raise SourceError(f"the run cannot be read: {reason(error)}") from None
    except (RecordError, StateError) as error:
        raise SourceError(f"the run cannot be resumed: {error}") from None


def _resume(trainer: Trainer, database: sqlite3.Connection, journal: Journal) -> list[Kept]:
    timeline, progress = trainer.timeline, journal.progress
    timeline.keep_beginning()
    branches: dict[str, Branch] = {}
    for record in journal.branches:
        branches[record.name] = _branch(trainer, database, journal, record, branches)
    current = branches[progress.branch]
    here = progress.position
    if progress.status == "running":
        here = max(here, Position(last_epoch(database, current.name), 0, 0))
    current.reached = max(current.reached, here)
    kept = _load_checkpoints(trainer, database, branches)
    trainer.epochs = progress.epochs
    for b in journal.breakpoints:
        trainer.breakpoints.put_back(b.number, b.condition, b.on, b.held)
    for _ in timeline.take_over(list(branches.values()), current, here):
        pass
    trainer.stand()
    return kept


def _branch(
    trainer: Trainer,
    database: sqlite3.Connection,
    journal: Journal,
    record: BranchRecord,
    others: dict[str, Branch],
) -> Branch:
    history = History()
    names = [metric.name for metric in journal.metrics]
    end = max(record.epochs, last_epoch(database, record.name))
    for first in range(0, end, AT_ONCE):
        stop = min(first + AT_ONCE, end)
        found = read_metrics(database, journal, record, first, stop)
        values = np.full((stop - first, len(names)), np.nan)
        values[found.epochs - first] = found.values
        history.extend(names, values, whole=len(found.epochs) == len(values))
    last = read_metrics(database, journal, record, max(0, end - 1), end)
    rate = trainer.learning_rate
    changes = [change.change for change in record.changes]
    for change in changes:
        rate = change.after if change.target == "learning_rate" else rate
    measured = None
    if len(last.epochs):
        metrics = dict(zip(names, last.values[-1].tolist(), strict=True))
        measured = EpochMeasured(int(last.epochs[-1]), rate, metrics)
    return Branch(
        record.name,
        others.get(record.parent),
        record.left,
        changes,
        history,
        reached=record.reached,
        measured=measured,
        state=record.state,
    )


def _load_checkpoints(
    trainer: Trainer, database: sqlite3.Connection, branches: dict[str, Branch]
) -> list[Kept]:
    """Give each branch its snapshots, and return what is known of them."""
    kept = []
    for number, name, position, iteration, data in read_checkpoints(database):
        branch = branches.get(name)
        if branch and iteration > branch.snapshots.newest:
            state = trainer.timeline.saver.load(data)
            branch.snapshots.keep(Snapshot(position, iteration, state))
        kept.append(Kept(number, name, iteration, len(data)))
    return kept
