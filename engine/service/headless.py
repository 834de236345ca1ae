"""Training without a screen: the notebook's lines, or one JSON object a line."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from types import FrameType
from typing import Any, TextIO

import msgspec
import numpy as np

from engine.debugging.trainer import Trainer
from engine.protocol import events
from engine.protocol.metrics import ACCURACY, LOSS, Metric
from engine.protocol.text import as_text, printable
from engine.runs.description import Description, TrainingError
from engine.runs.files import give_up
from engine.runs.opening import Opened, opened
from engine.runs.own_file import own_lines
from engine.runs.run import Run
from engine.runs.threads import STRETCH, FullSpeed
from engine.runs.weights import NotSavedError, save_last_weights

NOTEBOOK = (ACCURACY, LOSS)  # what the notebook prints, in its order
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def train(run: Run, log_every: int, as_json: bool) -> int:
    """Train, print, and return the exit status: 0 done, 1 if not all could be printed or saved.

    Raises
    ------
    TrainingError
        If the loss was no number any more, or an operation raised.
    """
    output = _set_aside_output() if as_json else sys.stdout
    try:
        with opened(run) as held:
            run.remove_copies()
            return _train_opened(run, held, log_every, (output, as_json))
    finally:
        run.remove_copies()


def _train_opened(run: Run, held: Opened, log_every: int, output: tuple[TextIO, bool]) -> int:
    trainer, failure = held.trainer, list[str]()
    printer = (JsonPrinter if output[1] else TextPrinter)(trainer, output[0])

    def report(event: events.EpochMeasured) -> None:
        if event.epoch % log_every == 0:
            printer.epoch(event)
        if ending:
            trainer.pause()

    def fail(event: events.LossNotFinite) -> None:
        failure.append(f"the loss became {event.loss:g} in epoch {event.epoch}; try a smaller rate")

    trainer.observe(events.EpochMeasured, report)
    trainer.observe(events.LossNotFinite, fail)
    trainer.observe(events.BreakpointHit, printer.stop)
    with _ended_by_signals(trainer) as ending:
        with _recorded(held, run, failure) as not_saved:
            printer.start(held.description, run.name)
            try:
                _train(trainer, ending)
            except Exception as error:
                if error is not trainer.failure or isinstance(error, BrokenPipeError):
                    raise
                lines = own_lines(error, held.description.folder)
                failure.append(f"{_where(trainer)}:\n{lines}")
        printer.end(_status(trainer, failure))
    if failure:
        raise TrainingError(failure[0])
    return 1 if printer.lost or not_saved else 0


def _status(trainer: Trainer, failure: list[str]) -> events.Status:
    return "failed" if failure else "completed" if trainer.done else "stopped"


def _train(trainer: Trainer, ending: list[int]) -> None:
    """Go on to the end, a breakpoint, or a signal."""
    full_speed = FullSpeed(trainer, _say)
    while not (trainer.done or ending):
        full_speed.run(deadline=perf_counter() + STRETCH)
        if trainer.paused:
            break


def _set_aside_output() -> TextIO:
    """Return standard output, for JSON only: what else is printed goes to standard error."""
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return output


@contextmanager
def _ended_by_signals(trainer: Trainer) -> Iterator[list[int]]:
    """Let the training end with what it has when a signal asks for it; yield those received.

    A signal that is ignored stays ignored, as that of hanging up is under ``nohup``.
    """
    received: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        received.append(number)
        trainer.pause()

    heeded = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, end) for number in heeded}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _recorded(held: Opened, run: Run, failure: list[str]) -> Iterator[list[str]]:
    """Keep a record of the run, and at its end the weights.

    Yield a list that in the end holds why the weights could not be saved, if they could not.
    """
    not_saved: list[str] = []
    trainer, recorder = held.trainer, held.recorder
    if recorder:
        recorder.warn = _say
        _say(recorder.problem)
        recorder.save("running")
        trainer.observe(events.Changed, lambda event: recorder.save("running"))
    _say(run.problem)
    try:
        yield not_saved
    finally:
        if recorder:
            recorder.close(_status(trainer, failure), "".join(failure[:1]))
        try:
            save_last_weights(trainer, run)
        except NotSavedError as error:
            not_saved.append(str(error))
            _say(f"nntui: {error}")


def _say(text: str) -> None:
    """Print a line beside the output, if there is anything to be said and that can be done."""
    if text:
        try:
            print(printable(text), file=sys.stderr, flush=True)
        except OSError:
            give_up(sys.stderr)


class Printer:
    """Prints lines, as long as they can be printed.

    Attributes
    ----------
    lost : bool
        Whether some could not be, as on a disk that is full. A reader that has left raises
        BrokenPipeError.
    """

    def __init__(self, trainer: Trainer, output: TextIO) -> None:
        self.trainer, self.output = trainer, output
        self.lost = False

    def line(self, text: str) -> None:
        """Print a line."""
        try:
            print(text, file=self.output, flush=True)
        except BrokenPipeError:
            give_up(self.output)
            raise
        except OSError as error:
            self.lost = True
            give_up(self.output)
            _say(f"nntui: the output is not printed any more: {error.strerror}")


class TextPrinter(Printer):
    """Prints what the notebook prints."""

    def start(self, description: Description, name: str) -> None:
        """Say what is trained, beside the output: its first line is the notebook's."""
        trainer = self.trainer
        parts = [name or trainer.data.name, trainer.network.shape, f"seed {trainer.seed}"]
        _say(" · ".join(filter(None, [*parts, trainer.data.note])))

    def epoch(self, event: events.EpochMeasured) -> None:
        """Print an epoch's line: the notebook's, and after it all other metrics."""
        values = event.metrics
        line = f"epoch: {event.epoch}"
        for metric in (m for m in NOTEBOOK if m.name in values):
            line += f", {metric.label}: {values[metric.name]:.3f}"
        for metric in self._added(values):
            line += f", {metric.label}: {metric.text(values[metric.name])}"
        self.line(line)

    def _added(self, values: Mapping[str, float]) -> list[Metric]:
        known = [m for m in self.trainer.metrics.schema if m.name in values]
        return [metric for metric in known if metric not in NOTEBOOK]

    def stop(self, event: events.BreakpointHit) -> None:
        """Say at which breakpoint it stops, and where."""
        self.line(f"breakpoint {event.number}: {event.condition} · {_where(self.trainer)}")

    def end(self, status: str) -> None:
        """Print the first five rows of softmax's output, and the metrics."""
        measured = self.trainer.measured
        if measured:
            values = measured.metrics
            self.line(str(np.ascontiguousarray(self.trainer.probabilities[:5])))
            self.line(f"Loss:  {values[LOSS.name]}")
            if ACCURACY.name in values:
                self.line(f"Accuracy: {values[ACCURACY.name]}")
            for metric in self._added(values):
                self.line(f"{metric.name}: {values[metric.name]}")


def _where(trainer: Trainer) -> str:
    """Say what comes next."""
    epoch, batch, operation = trainer.position
    if not batch and not operation:
        return f"after epoch {epoch - 1}"
    within = f", batch {batch}" if trainer.batches > 1 else ""
    return f"in epoch {epoch}{within}, before {trainer.program[operation].name}"


class JsonPrinter(Printer):
    """Prints one JSON object a line."""

    def _print(self, **fields: Any) -> None:
        self.line(msgspec.json.encode(as_text(fields)).decode())

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
            learning_rate=trainer.learning_rate,
            note=trainer.data.note,
        )

    def epoch(self, event: events.EpochMeasured) -> None:
        """Print an epoch."""
        self._print(
            type="epoch",
            epoch=event.epoch,
            **event.metrics,
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
        names = [metric.name for metric in self.trainer.metrics.schema]
        self._print(
            type="end",
            status=status,
            epoch=measured.epoch if measured else None,
            **(measured.metrics if measured else dict.fromkeys(names)),
            probabilities=self.trainer.probabilities[:5].tolist() if measured else [],
        )
