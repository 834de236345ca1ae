"""A run goes on from its record, in another process, as if nothing had happened."""

from __future__ import annotations

import sqlite3

import numpy as np

from engine.debugging.branches import Branch, number_of
from engine.debugging.changes import ChangeError
from engine.debugging.conditions import ConditionError
from engine.debugging.trainer import Trainer
from engine.protocol.events import EpochMeasured
from engine.runs.blocks import last_epoch, read_metrics
from engine.runs.checkpoints import Kept, read_checkpoints
from engine.runs.database import RecordError, reading
from engine.runs.description import Description, SourceError
from engine.runs.environment import Environment
from engine.runs.files import reason, shown
from engine.runs.journal import BranchRecord, Journal
from engine.runs.own_file import own_lines
from engine.runs.run import Run
from engine.training.history import History
from engine.training.machine import NotRepeatedError
from engine.training.snapshots import Snapshot
from engine.training.state.storage import StateError

AT_ONCE = 1 << 20  # epochs that are read at once
# All branches that there have been, also those that were left again.
NAMES = "select name from branches union select branch from blocks"


def check(trainer: Trainer, description: Description, journal: Journal, anyway: bool) -> None:
    """Raise SourceError where a run cannot go on, or not bit for bit, with the reasons.

    Parameters
    ----------
    description : Description
        What the trainer was built from.
    anyway : bool
        Whether it may go on otherwise than bit for bit.
    """
    known = [metric.name for metric in trainer.metrics.schema]
    added = [metric.name for metric in journal.metrics if metric.name not in known]
    if added:
        raise SourceError(
            f"it cannot be resumed: {', '.join(added)} was added while it trained, and is not"
            " measured at its beginning"
        )
    now = Environment.of(trainer, description)
    reasons = journal.environment.differences(now)
    if journal.environment.source != now.source:
        reasons.append(f"{shown(description.source)} has been changed")
    if reasons and not anyway:
        raise SourceError(
            f"it cannot be resumed bit for bit: {'; '.join(reasons)}; --anyway goes on all the same"
        )


def resume(trainer: Trainer, run: Run, journal: Journal) -> list[Kept]:
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
    assert run.directory
    check_places(trainer, journal)
    try:
        with reading(run.directory) as database:
            return _resume(trainer, database, journal, whole=not run.anyway)
    except OSError as error:
        raise SourceError(f"the run cannot be read: {reason(error)}") from None
    except (RecordError, StateError, ChangeError, ConditionError, NotRepeatedError) as error:
        raise SourceError(f"the run cannot be resumed: {error}") from None
    except Exception as error:  # whatever a layer of one's own may raise
        lines = own_lines(error, run.description.folder)
        raise SourceError(f"the run cannot be resumed:\n{lines}") from error


def check_places(trainer: Trainer, journal: Journal) -> None:
    """Raise SourceError unless a trainer has all the places that a journal names."""
    for branch in journal.branches:
        made = (change.position for change in branch.changes)
        for _, batch, operation in (branch.reached, branch.left, *made):
            _check_place(trainer, branch.name, batch, operation)
    _, batch, operation = journal.progress.position
    _check_place(trainer, journal.progress.branch, batch, operation)


def _check_place(trainer: Trainer, branch: str, batch: int, operation: int) -> None:
    if not (0 <= batch < trainer.batches and 0 <= operation < len(trainer.program)):
        raise SourceError(f"{branch} was at a place that there is not")


def _resume(
    trainer: Trainer, database: sqlite3.Connection, journal: Journal, whole: bool
) -> list[Kept]:
    timeline, progress = trainer.timeline, journal.progress
    timeline.keep_beginning()
    branches: dict[str, Branch] = {}
    for record in journal.branches:
        branches[record.name] = _branch(trainer, database, journal, record, branches, whole)
    current, here = branches[progress.branch], progress.position
    current.reached = max(current.reached, here)
    kept = _load_checkpoints(trainer, database, branches)
    trainer.epochs = progress.epochs
    for b in journal.breakpoints:
        trainer.breakpoints.put_back(b.number, b.condition, b.on, b.held)
    numbers = [number_of(name) for (name,) in database.execute(NAMES)]
    for _ in timeline.take_over(list(branches.values()), current, here, 1 + max(numbers)):
        pass
    trainer.stand()
    (measured,) = (b.epochs for b in journal.branches if b.name == current.name)
    last = last_epoch(database, current.name)
    if progress.status == "running" and last > measured:
        trainer.run(last)  # as it did after the journal was last written, breakpoints included
    return kept


def _branch(
    trainer: Trainer,
    database: sqlite3.Connection,
    journal: Journal,
    record: BranchRecord,
    others: dict[str, Branch],
    whole: bool,
) -> Branch:
    """Return a branch with its past, which can be compared where it is ``whole``."""
    history = History()
    names = [metric.name for metric in journal.metrics]
    end = max(record.epochs, last_epoch(database, record.name))
    for first in range(0, end, AT_ONCE):
        stop = min(first + AT_ONCE, end)
        found = read_metrics(database, journal, record, first, stop)
        values = np.full((stop - first, len(names)), np.nan)
        values[found.epochs - first] = found.values
        history.extend(names, values, whole and len(found.epochs) == len(values))
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
