"""A run is trained again from its description and its journal, and compared bit for bit."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator

from engine.debugging.branches import BEGINNING
from engine.debugging.trainer import Trainer
from engine.protocol import events
from engine.protocol.events import Changed, Position
from engine.runs.blocks import Metrics, read_metrics
from engine.runs.build import build_trainer
from engine.runs.database import RecordError, reading
from engine.runs.description import SourceError
from engine.runs.environment import Environment
from engine.runs.files import reason, shown
from engine.runs.journal import BranchRecord, Journal
from engine.runs.own_file import own_lines
from engine.runs.rebuild import description_again, read_run
from engine.runs.resume import check_places
from engine.runs.run import Run
from engine.runs.threads import limit_threads

IDENTICAL = "identical"
IDENTICAL_SO_FAR = (
    "identical as far as it is recorded: the run was killed, or goes on, and what may have followed"
    " is not"
)


class Difference(Exception):  # noqa: N818
    """What was not the same, or could not be compared; its text says where."""


def replay(run: Run) -> Iterator[str]:
    """Train a run again, all of its branches; yield what was compared, and the verdict.

    Raises
    ------
    SourceError
        If it cannot be trained again, and why.
    Difference
        If an epoch differs, or the last state, or if anything that was measured is not recorded
        and so could not be compared.
    """
    journal = read_run(run)
    description = description_again(run, journal)
    trainer = build_trainer(description)
    with limit_threads(trainer, journal.environment.threads):
        differences = journal.environment.differences(Environment.of(trainer, description))
    if differences:
        raise SourceError(f"it cannot be replayed bit for bit: {'; '.join(differences)}")
    check_places(trainer, journal)
    missing = compared = 0
    absent: Counter[str] = Counter()
    for k, branch in enumerate(journal.branches):
        fresh = trainer if k == 0 else build_trainer(description)
        metrics = _metrics(run, journal, branch)
        try:
            with limit_threads(fresh, journal.environment.threads):
                said = _compare(fresh, branch, metrics, absent)
        except (SourceError, Difference):
            raise
        except Exception as error:  # whatever a layer of one's own, or a change, may raise
            lines = own_lines(error, description.folder)
            raise SourceError(f"{branch.name} cannot be replayed:\n{lines}") from error
        yield said
        missing += metrics.missing
        compared += len(metrics.values) or branch.reached > BEGINNING
    if missing:
        raise Difference(
            f"{missing:,} epochs were measured that are not recorded: they could not be compared"
        )
    for name, epochs in absent.items():
        raise Difference(
            f"{name} was measured in {epochs:,} epochs in which it was not now: they could not be"
            " compared"
        )
    if not compared:
        raise Difference("nothing was trained, so there is nothing to compare")
    yield IDENTICAL if journal.closed else IDENTICAL_SO_FAR


def _metrics(run: Run, journal: Journal, branch: BranchRecord) -> Metrics:
    assert run.directory
    try:
        with reading(run.directory) as database:
            return read_metrics(database, journal, branch)
    except OSError as error:
        raise SourceError(f"the metrics cannot be read: {reason(error)}") from None
    except RecordError as error:
        raise SourceError(f"{shown(run.directory)} cannot be replayed: {error}") from None


def _compare(trainer: Trainer, branch: BranchRecord, metrics: Metrics, absent: Counter[str]) -> str:
    """Train one branch again; return how much of it is identical, and count what is absent."""
    compared = 0
    rows = {epoch: row for row, epoch in enumerate(metrics.epochs.tolist())}

    def compare(event: events.EpochMeasured) -> None:
        nonlocal compared
        row = rows.get(event.epoch)
        if row is not None:
            absent.update(_compare_epoch(branch.name, event, metrics, row))
            compared += 1

    changes = _changes(branch)
    recorded = Position(metrics.end, 0, 0)
    end = recorded if metrics.missing else max(branch.reached, recorded)
    trainer.observe(events.EpochMeasured, compare)
    _begin(trainer, changes, end)
    if metrics.missing:  # so that it takes no longer than what there is to compare
        _train(trainer, recorded)
        return f"{branch.name}: {compared:,} of {compared + metrics.missing:,} epochs"
    _train(trainer, branch.reached)
    place = _place(trainer)
    what = _compare_end(trainer, branch)
    _train(trainer, end)  # measured after the journal was last written
    said = what if place == _place(trainer) else f"{what} {place}"
    return f"{branch.name}: {compared:,} epochs and {said}"


def _compare_end(trainer: Trainer, branch: BranchRecord) -> str:
    """Return what is recorded of where a branch has come to; Difference if it is not the same."""
    place = _place(trainer)
    if trainer.timeline.saver.digest() != branch.state:
        raise Difference(
            f"{branch.name}: the state differs {place}: the weights, or what the optimizer or a"
            " layer keeps"
        )
    return "the state"


def _compare_epoch(branch: str, event: events.EpochMeasured, metrics: Metrics, k: int) -> list[str]:
    """Return the metrics that were recorded of an epoch and are not measured now.

    Raises
    ------
    Difference
        If one of the others is not what was recorded.
    """
    names = metrics.names[: metrics.widths[k]]
    for name, was in zip(names, metrics.values[k].tolist(), strict=False):
        now = event.metrics.get(name, was)
        if struct.pack("d", now) != struct.pack("d", was):
            raise Difference(
                f"{branch}: epoch {event.epoch} differs: {name} {now!r}; recorded {was!r}"
            )
    return [name for name in names if name not in event.metrics]


def _changes(branch: BranchRecord) -> list[Changed]:
    """Return the changes that were made; SourceError if they cannot be read."""
    try:
        return [record.change for record in branch.changes]
    except (ValueError, struct.error) as error:
        raise SourceError(f"{branch.name} has a change that cannot be read: {error}") from None


def _place(trainer: Trainer) -> str:
    return f"after epoch {trainer.measured.epoch}" if trainer.measured else "at the beginning"


def _begin(trainer: Trainer, changes: list[Changed], end: Position) -> None:
    """Stand at the beginning, with the changes of a branch ahead."""
    if trainer.position != BEGINNING or trainer.timeline.branch.changes:
        trainer.timeline.restart()  # a file may have trained it already
    timeline = trainer.timeline
    timeline.keep_beginning()
    timeline.memory, trainer.epochs = 0, end.epoch + 1
    timeline.branch.changes[:], timeline.branch.reached = changes, end
    timeline.repeat_changes()


def _train(trainer: Trainer, end: Position) -> None:
    """Go on to a place."""
    while trainer.epoch < end.epoch:
        trainer.run(end.epoch)
    while trainer.batch < end.batch:
        trainer.step_batch()
    while trainer.position < end:
        trainer.step_operation()
