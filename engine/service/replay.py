"""A run told again: trained anew from its description and its journal, and compared bit for bit."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from engine import events
from engine.events import Position
from engine.nn.signals import Array
from engine.service.build import build_trainer
from engine.service.description import TOY_SOURCES, Description, SourceError
from engine.service.record import JOURNAL, BranchRecord, Environment, Journal, read_metrics
from engine.service.run import Run
from engine.service.threads import limit_threads
from engine.training.branches import digest
from engine.training.trainer import Trainer

WORDS = {
    "data": "the data are others",
    "weights": "the first weights are others",
    "numpy": "NumPy was {then}, and is {now}",
    "blas": "the products of matrices were computed by {then}, and are by {now}",
    "threads": "{then} threads multiplied matrices, and {now} do now",
}


class Difference(Exception):  # noqa: N818
    """What was not the same; its text says where."""


def replay(run: Run) -> list[str]:
    """Train a run again, all of its branches; return what was compared, in words.

    Raises
    ------
    SourceError
        If it cannot be told again, and why.
    Difference
        If an epoch differs, or the last weights.
    """
    journal = _read(run)
    description = msgspec.structs.replace(
        run.description, source=_source(run.description, journal), breakpoints=()
    )
    trainer = build_trainer(description)
    with limit_threads(trainer):
        _check(journal.environment, Environment.of(trainer))
        told = []
        for k, branch in enumerate(journal.branches):
            fresh = trainer if k == 0 else build_trainer(description)
            told.append(_tell(fresh, branch, read_metrics(run.directory, journal, branch)))
    return told


def _read(run: Run) -> Journal:
    path = run.directory / JOURNAL
    try:
        return msgspec.json.decode(path.read_bytes(), type=Journal)
    except FileNotFoundError:
        raise SourceError(f"{run.directory} has no journal: nothing was trained there") from None
    except msgspec.MsgspecError as error:
        raise SourceError(f"{path} cannot be read: {error}") from None


def _source(description: Description, journal: Journal) -> str:
    if description.source in TOY_SOURCES:
        return description.source
    source = Path(journal.environment.folder) / description.source
    if not source.is_file():
        raise SourceError(f"it cannot be told again: {source} is no longer there")
    return str(source)


def _check(then: Environment, now: Environment) -> None:
    """Say beforehand what would make the bits differ."""
    reasons = [
        words.format(then=getattr(then, name), now=getattr(now, name))
        for name, words in WORDS.items()
        if getattr(then, name) != getattr(now, name)
    ]
    if reasons:
        raise SourceError(f"it cannot be told again bit for bit: {'; '.join(reasons)}")


def _tell(trainer: Trainer, branch: BranchRecord, metrics: Array) -> str:
    """Train one branch again."""
    epoch = 0

    def compare(event: events.EpochMeasured) -> None:
        nonlocal epoch
        pair = np.array([event.loss, event.accuracy])
        if event.epoch < len(metrics) and pair.tobytes() != metrics[event.epoch].tobytes():
            was = metrics[event.epoch]
            raise Difference(
                f"{branch.name}: epoch {event.epoch} differs:"
                f" loss {event.loss!r}, accuracy {event.accuracy!r};"
                f" recorded {float(was[0])!r}, {float(was[1])!r}"
            )
        epoch = event.epoch + 1

    trainer.subscribe(events.EpochMeasured, compare)
    _set_out(trainer, branch, len(metrics))
    _train(trainer, branch.reached)
    if digest(trainer.network.parameters) != branch.weights:
        raise Difference(f"{branch.name}: the weights differ after epoch {epoch - 1}")
    if epoch < len(metrics):  # measured after the journal was last written
        _train(trainer, Position(len(metrics), 0, 0))
    return f"{branch.name}: {epoch:,} epochs and the weights"


def _set_out(trainer: Trainer, branch: BranchRecord, epochs: int) -> None:
    """Stand at the beginning of a branch, with its changes ahead."""
    end = max(branch.reached, Position(epochs, 0, 0))
    timeline = trainer.timeline
    timeline.set_out()
    timeline.memory, trainer.epochs = 0, end.epoch + 1
    timeline.branch.changes[:], timeline.branch.reached = branch.changes, end
    timeline.arrive()


def _train(trainer: Trainer, end: Position) -> None:
    """Go on to a place, telling what is measured on the way."""
    while trainer.epoch < end.epoch:
        trainer.run(end.epoch)
    while trainer.batch < end.batch:
        trainer.step_batch()
    while trainer.position < end:
        trainer.step_operation()
