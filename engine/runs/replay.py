"""A run is trained again from its description and its journal, and compared bit for bit."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator

import msgspec

from engine.debugging.branches import BEGINNING, digest
from engine.debugging.trainer import Trainer
from engine.protocol import events
from engine.protocol.events import Changed, Position
from engine.runs.build import build_trainer
from engine.runs.description import Description, SourceError, is_share
from engine.runs.files import reason, shown
from engine.runs.journal import (
    BranchRecord,
    Environment,
    Journal,
    JournalError,
    Metrics,
    describe,
    read_journal,
    read_metrics,
)
from engine.runs.own_file import own_lines
from engine.runs.run import Run
from engine.runs.threads import limit_threads

WORDS = {
    "data": "the data are others",
    "validation": "the validation set is another",
    "weights": "the first weights are others",
    "numpy": "NumPy was {then}, and is {now}",
    "blas": "the products of matrices were computed by {then}, and are by {now}",
    "threads": "{then} threads multiplied matrices, and {now} do now",
}
IDENTICAL = "identical"
IDENTICAL_SO_FAR = (
    "identical as far as it is recorded: the run was killed, and what may have followed is not"
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
    description, journal, outdated = _read(run)
    trainer = build_trainer(description)
    with limit_threads(trainer, journal.environment.threads):
        _check(journal.environment, Environment.of(trainer))
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
    if outdated:
        raise Difference("the end of the run could not be recorded, and so not be compared")
    if not compared:
        raise Difference("nothing was trained, so there is nothing to compare")
    yield IDENTICAL if journal.closed else IDENTICAL_SO_FAR


def _read(run: Run) -> tuple[Description, Journal, bool]:
    assert run.directory
    try:
        journal, outdated = read_journal(run.directory)
        description = run.description
        if describe(description) != journal.description:
            raise JournalError("its description and its journal do not belong together")
    except OSError as error:
        raise SourceError(f"the run cannot be read: {reason(error)}") from None
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{shown(run.directory)} cannot be replayed: {error}") from None
    again = _located(run, journal)
    return msgspec.structs.replace(again, breakpoints=()), journal, outdated


def description_again(run: Run) -> Description:
    """Return the description that a run is built from again; SourceError if it cannot be."""
    return _read(run)[0]


def _located(run: Run, journal: Journal) -> Description:
    """Return the description of a run with the places of its files; SourceError if one is gone."""
    description, folder = run.located, journal.environment.source_folder
    fields = {} if description.is_toy else {"source": folder / description.source}
    if not is_share(description.validation):
        fields["validation"] = folder / description.validation
    for path in fields.values():
        if not path.is_file():
            raise SourceError(f"it cannot be replayed: {shown(path)} is no longer there")
    labels = description.label or ""
    if labels.lower().endswith(".npy") and (folder / labels).is_file():
        fields["label"] = folder / labels
    paths = {name: str(path) for name, path in fields.items()}
    return msgspec.structs.replace(description, **paths)


def _check(then: Environment, now: Environment) -> None:
    """Say beforehand what would make the bits differ."""
    reasons = [
        words.format(then=getattr(then, name), now=getattr(now, name))
        for name, words in WORDS.items()
        if getattr(then, name) != getattr(now, name)
    ]
    if reasons:
        raise SourceError(f"it cannot be replayed bit for bit: {'; '.join(reasons)}")


def _metrics(run: Run, journal: Journal, branch: BranchRecord) -> Metrics:
    assert run.directory
    try:
        return read_metrics(run.directory, journal, branch)
    except OSError as error:
        raise SourceError(f"the metrics cannot be read: {reason(error)}") from None


def _compare(trainer: Trainer, branch: BranchRecord, metrics: Metrics, absent: Counter[str]) -> str:
    """Train one branch again; return how much of it is identical, and count what is absent."""
    compared = 0

    def compare(event: events.EpochMeasured) -> None:
        nonlocal compared
        if not metrics.begin <= event.epoch < metrics.end:
            return
        absent.update(_compare_epoch(branch.name, event, metrics))
        compared += 1

    changes = _changes(trainer, branch)
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
    if not branch.state:
        if digest(trainer.network.parameters) != branch.weights:
            raise Difference(f"{branch.name}: the weights differ {place}")
        return "the weights"
    if trainer.timeline.saver.digest() != branch.state:
        raise Difference(
            f"{branch.name}: the state differs {place}: the weights, or what the optimizer or a"
            " layer keeps"
        )
    return "the state"


def _compare_epoch(branch: str, event: events.EpochMeasured, metrics: Metrics) -> list[str]:
    """Return the metrics that were recorded of an epoch and are not measured now.

    Raises
    ------
    Difference
        If one of the others is not what was recorded.
    """
    k = event.epoch - metrics.begin
    names = metrics.names[: metrics.widths[k]]
    for name, was in zip(names, metrics.values[k].tolist(), strict=False):
        now = event.metrics.get(name, was)
        if struct.pack("d", now) != struct.pack("d", was):
            raise Difference(
                f"{branch}: epoch {event.epoch} differs: {name} {now!r}; recorded {was!r}"
            )
    return [name for name in names if name not in event.metrics]


def _changes(trainer: Trainer, branch: BranchRecord) -> list[Changed]:
    """Return the changes that were made; SourceError if they, or their places, cannot be."""
    for _, batch, operation in (branch.reached, *(c.position for c in branch.changes)):
        if not (0 <= batch < trainer.batches and 0 <= operation < len(trainer.program)):
            raise SourceError(f"{branch.name} was at a place that there is not")
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
