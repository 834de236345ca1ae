"""Training without a screen: the notebook's lines, or one JSON object a line."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import msgspec
import numpy as np

from engine import events
from engine.service.build import build_trainer
from engine.service.description import Description
from engine.service.record import Recorder
from engine.service.run import Run
from engine.service.threads import limit_threads
from engine.training.trainer import Trainer


def train(description: Description, log_every: int, as_json: bool) -> int:
    """Train, print, and return the exit status: 0 done, 1 the loss was no number any more."""
    trainer = build_trainer(description)
    failure: list[str] = []
    printer = JsonPrinter(trainer) if as_json else TextPrinter(trainer)

    def report(event: events.EpochMeasured) -> None:
        if event.epoch % log_every == 0:
            printer.epoch(event)

    def fail(event: events.LossNotFinite) -> None:
        failure.append(f"the loss became {event.loss:g} in epoch {event.epoch}; try a smaller rate")

    def interrupt(number: int, frame: FrameType | None) -> None:
        trainer.pause()

    trainer.subscribe(events.EpochMeasured, report)
    trainer.subscribe(events.LossNotFinite, fail)
    trainer.subscribe(events.BreakpointHit, printer.stop)
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        with limit_threads(trainer), _recorded(trainer, description) as name:
            printer.start(description, name)
            trainer.run()
        printer.end("failed" if failure else "completed" if trainer.done else "stopped")
    finally:
        signal.signal(signal.SIGINT, before)
    if failure:
        raise ArithmeticError(failure[0])
    return 0


@contextmanager
def _recorded(trainer: Trainer, description: Description) -> Iterator[str]:
    """Keep a record of the run, so that it can be told again; yield its name."""
    try:
        run = Run.create(description)
    except OSError as error:
        print(f"this run is not recorded: {error}", file=sys.stderr)
        yield ""
        return
    recorder = Recorder(trainer, run.directory)
    try:
        yield run.directory.name
    finally:
        recorder.close()


class TextPrinter:
    """Prints what the notebook prints."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer

    def start(self, description: Description, name: str) -> None:
        """Say what is trained, beside the output: its first line is the notebook's."""
        trainer = self.trainer
        parts = [name or trainer.data.name, trainer.network.shape, f"seed {trainer.seed}"]
        print(" · ".join(filter(None, [*parts, trainer.data.note])), file=sys.stderr)

    def epoch(self, event: events.EpochMeasured) -> None:
        """Print an epoch's line."""
        line = f"epoch: {event.epoch}, acc: {event.accuracy:.3f}, loss: {event.loss:.3f}"
        print(line, flush=True)

    def stop(self, event: events.BreakpointHit) -> None:
        """Say at which breakpoint it stops, and where."""
        print(f"breakpoint {event.number}: {event.condition} · {_where(self.trainer)}")

    def end(self, status: str) -> None:
        """Print the first five rows of softmax's output, the loss and the accuracy."""
        measured = self.trainer.measured
        if measured:
            print(np.ascontiguousarray(self.trainer.probabilities[:5]))
            print("Loss: ", measured.loss)
            print(f"Accuracy: {measured.accuracy}")


def _where(trainer: Trainer) -> str:
    """Say what comes next."""
    epoch, batch, operation = trainer.position
    if not batch and not operation:
        return f"after epoch {epoch - 1}"
    within = f", batch {batch}" if trainer.batches > 1 else ""
    return f"in epoch {epoch}{within}, before {trainer.program[operation].name}"


class JsonPrinter:
    """Prints one JSON object a line."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer

    def _print(self, **fields: Any) -> None:
        print(msgspec.json.encode(fields).decode(), flush=True)

    def start(self, description: Description, name: str) -> None:
        """Print what is trained."""
        trainer = self.trainer
        self._print(
            type="run",
            name=name,
            source=description.source,
            seed=trainer.seed,
            network=trainer.network.shape,
            samples=trainer.data.samples,
            epochs=trainer.epochs,
            learning_rate=trainer.optimizer.learning_rate,
            note=trainer.data.note,
        )

    def epoch(self, event: events.EpochMeasured) -> None:
        """Print an epoch."""
        self._print(
            type="epoch",
            epoch=event.epoch,
            loss=event.loss,
            accuracy=event.accuracy,
            learning_rate=event.learning_rate,
        )

    def stop(self, event: events.BreakpointHit) -> None:
        """Print at which breakpoint it stops, and where."""
        epoch, batch, operation = event.position
        self._print(
            type="breakpoint",
            number=event.number,
            condition=event.condition,
            epoch=epoch,
            batch=batch,
            operation=self.trainer.program[operation].name,
        )

    def end(self, status: str) -> None:
        """Print how it ended, and the first five rows of softmax's output."""
        measured = self.trainer.measured
        self._print(
            type="end",
            status=status,
            epoch=measured.epoch if measured else None,
            loss=measured.loss if measured else None,
            accuracy=measured.accuracy if measured else None,
            probabilities=self.trainer.probabilities[:5].tolist() if measured else [],
        )
