"""The machine: a network, its data, and a program counter.

It is what a training is at one moment, and how it takes a step. It remembers nothing but the
last two measurements; what came before is the timeline's, and when to stop the trainer's.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import length_hint
from typing import Any, TypeVar

import numpy as np

from engine.data.batches import shuffled
from engine.data.dataset import Dataset
from engine.nn.layers import Layer
from engine.nn.losses import Loss
from engine.nn.network import Network
from engine.nn.optimizers import Optimizer
from engine.nn.signals import Array, Signal, zeros
from engine.protocol import events
from engine.protocol.events import Position
from engine.protocol.metrics import ACCURACY, LOSS
from engine.training.history import History
from engine.training.members import parts_of
from engine.training.metrics import Metrics
from engine.training.program import compile_program
from engine.training.ties import Tie, differing, tie_of, tie_to

E = TypeVar("E", bound=events.Event)

_LOSS, _ACCURACY = LOSS.name, ACCURACY.name  # which are asked for in every epoch


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is needed to go on from the beginning of an iteration."""

    position: Position
    iteration: int
    seed: int
    parameters: Array
    optimizer: dict[str, Any]
    loss_sum: float
    correct: int
    measured: events.EpochMeasured | None
    previous: events.EpochMeasured | None
    finite: bool
    probabilities: Array | None

    @property
    def nbytes(self) -> int:
        """Bytes that it takes, about."""
        return (
            500
            + self.parameters.nbytes
            + (0 if self.probabilities is None else self.probabilities.nbytes)
        )


class Machine:
    """A network in training: its arrays, and which operation comes next.

    Attributes
    ----------
    epoch, batch, operation : int
        The position: what comes next.
    iteration : int
        Passes of the program that are done.
    fill : int
        Passes after which no array holds anything of before them.
    program : list of Operation
    measured, previous : EpochMeasured or None
        The last epoch whose loss is known, and the one before it.
    last_rate : float or None
        The learning rate of the last update.
    metrics : Metrics
        What is measured.
    history : History
        Where measured epochs are recorded.
    probabilities : array, shape (samples, classes)
        What the network last said of each row.
    revision : int
        Grows whenever `probabilities`, or the data, may have changed.
    failure : Exception or None
        What an operation, a metric or a subscriber raised last.
    rerunning : bool
        Whether it goes over known ground, where nothing is told a second time.
    default_seed : int
        The seed of those that are given none.
    """

    default_seed = 0

    def __init__(
        self,
        network: Network,
        loss: Loss,
        optimizer: Optimizer,
        data: Dataset,
        batch_size: int | None,
        seed: int | None,
    ) -> None:
        self.network, self.loss, self.optimizer, self.data = network, loss, optimizer, data
        self.seed = self.default_seed if seed is None else seed
        self.batch_size = min(batch_size or data.samples, data.samples)
        self.batches = -(-data.samples // self.batch_size)
        self.metrics, self.history = Metrics(), History()
        self._subscribers: dict[type, list[Callable[[Any], None]]] = defaultdict(list)
        self._X = np.ascontiguousarray(data.X, network.dtype)
        self.program = compile_program(network, loss, optimizer)
        self._calls = [operation.run for operation in self.program]
        self._length = len(self.program)
        self._measure_at = 1 + next(i for i, o in enumerate(self.program) if o.phase == "loss")
        self._pausing = self.rerunning = False
        self.failure: Exception | None = None
        self._order_of = -1
        self.revision = 0
        self._begin()

    def _begin(self) -> None:
        """Stand before the first operation, with nothing computed yet."""
        self.epoch = self.batch = self.operation = self.iteration = 0
        self.measured: events.EpochMeasured | None = None
        self.previous: events.EpochMeasured | None = None
        self.last_rate: float | None = None
        self._finite = True
        self._loss_sum, self._correct = 0.0, 0
        self.network.gradients[:] = 0
        for part in parts_of(self.loss):
            for name in ("value", "correct"):
                vars(part).pop(name, None)
        self._connect_all()
        self.probabilities: Array = self.loss.output
        if self.batches > 1:
            shape = (self.data.samples, self.loss.output.shape[1])
            self.probabilities = np.full(shape, np.nan, self.network.dtype)

    @property
    def position(self) -> Position:
        """What comes next."""
        return Position(self.epoch, self.batch, self.operation)

    @property
    def learning_rate(self) -> float:
        """That of the next update."""
        return float(self.optimizer.learning_rate)

    # -- who listens ---------------------------------------------------------------------------

    def subscribe(self, event: type[E], receive: Callable[[E], None]) -> Callable[[], None]:
        """Call ``receive`` with each event of that type; return what ends that."""
        self._subscribers[event].append(receive)
        return lambda: self._subscribers[event].remove(receive)

    def emit(self, event: events.Event) -> None:
        """Tell those who subscribed to events of this type."""
        try:
            for receive in tuple(self._subscribers[type(event)]):
                receive(event)
        except Exception as error:
            self.failure = error
            raise

    @contextmanager
    def unheard(self) -> Iterator[None]:
        """Tell nobody: what is done within has been told before."""
        subscribers, self._subscribers = self._subscribers, defaultdict(list)
        self.rerunning = True
        try:
            with np.errstate(all="ignore"):
                yield
        finally:
            self._subscribers = subscribers
            self.rerunning = self._pausing = False

    def pause(self) -> None:
        """Make the trainer stop before the next operation that it can stop at."""
        self._pausing = True

    # -- stepping ------------------------------------------------------------------------------

    def advance(self, stop: int) -> None:
        """Do the operations of this iteration up to ``stop``: the only reader of the program."""
        if self.operation >= stop:
            return
        if self.operation == 0 and self.batches > 1:
            self._load_batch()
        calls = iter(self._calls[self.operation : stop])
        try:
            for call in calls:
                call()
        except Exception as error:
            self.failure = error
            self._stand_at(stop - 1 - length_hint(calls))
            raise
        self._stand_at(stop)
        if stop == self._length:
            self._end_iteration()

    def _stand_at(self, operation: int) -> None:
        """Be before that operation of this iteration; those up to it are done."""
        before, self.operation = self.operation, operation
        if before < self._measure_at <= operation + 1:  # the last layer may write them as well
            self.revision += 1
        if before < self._measure_at <= operation:
            self._measure()

    def _connect_all(self) -> None:
        """Tie the network's arrays together, for batches of either size that an epoch has.

        Its last batch may be smaller. Of each size the attributes that differ are kept.
        """
        smaller = self.data.samples % self.batch_size or self.batch_size
        few, all_ = self._connect(smaller), self._connect(self.batch_size)
        self._ties = {smaller: differing(few, all_), self.batch_size: differing(all_, few)}
        self.fill = 1 if smaller == self.batch_size else 2

    def _connect(self, samples: int) -> Tie:
        """Tie the arrays together for batches of that many rows; return how."""
        X = self._X
        self.inputs = Signal(X if self.batches == 1 else zeros(samples, X.shape[1], X.dtype))
        self.loss.connect(self.network.connect(self.inputs))
        if self.batches == 1:
            self.loss.set_labels(self.data.y)
        return tie_of([self, *self.network.layers])

    def _load_batch(self) -> None:
        if self._order_of != self.epoch:
            self._order, self._order_of = (
                shuffled(self.data.samples, self.seed, self.epoch),
                self.epoch,
            )
        start = self.batch * self.batch_size
        self._rows = self._order[start : start + self.batch_size]
        if len(self._rows) != self.inputs.samples:
            tie_to(self._ties[len(self._rows)])
        self._X.take(self._rows, axis=0, out=self.inputs.values, mode="clip")
        self.loss.set_labels(self.data.y[self._rows])

    def _measure(self) -> None:
        """Take down what ``loss.forward`` found."""
        value = float(self.loss.value)
        if self.batches > 1:
            self.probabilities[self._rows] = self.loss.output
            self._loss_sum += value * len(self._rows)
            self._correct += int(self.loss.correct)
        error = self._measure_epoch() if self.batch == self.batches - 1 else None
        if math.isfinite(value):
            self._finite = True
        elif self._finite:
            self._finite = False
            self.pause()
            self.emit(events.LossNotFinite(self.epoch, self.batch, value))
        if error and not self.rerunning:
            self.failure = error
            raise error

    def _measure_epoch(self) -> Exception | None:
        """Record an epoch's metrics; return what one of a person's own has raised."""
        if self.batches == 1:
            loss, correct = float(self.loss.value), int(self.loss.correct)
        else:
            loss, correct = self._loss_sum / self.data.samples, self._correct
            self._loss_sum, self._correct = 0.0, 0
        metrics = {_LOSS: loss, _ACCURACY: correct / self.data.samples}
        self.previous = self.measured
        self.measured = measured = events.EpochMeasured(self.epoch, self.learning_rate, metrics)
        error = self.metrics.measure(self, metrics) if self.metrics.functions else None
        self.history.append(self.epoch, metrics)
        self.emit(measured)
        return error

    def _end_iteration(self) -> None:
        self.operation = 0
        self.last_rate = self.learning_rate
        self.iteration += 1
        self.batch += 1
        if self.batch < self.batches:
            return
        self.batch = 0
        self.epoch += 1
        if self._subscribers[events.EpochCompleted]:
            self.emit(events.EpochCompleted(self.epoch - 1))

    def last_output(self, layer: Layer) -> Array:
        """Return all that a layer wrote last, which may be of a batch of another size than this."""
        names = [operation.name for operation in self.program]
        is_ahead = self.operation <= names.index(f"{layer.name}.forward")
        batch = (self.iteration - is_ahead) % self.batches
        rows = min(self.batch_size, self.data.samples - batch * self.batch_size)
        output: Array = next(o for part, o in self._ties[rows] if part is vars(layer))["output"]
        return output

    # -- a moment kept -------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Keep this moment, the beginning of an iteration."""
        return Snapshot(
            Position(self.epoch, self.batch, 0),
            self.iteration,
            self.seed,
            self.network.parameters.copy(),
            self.optimizer.state(),
            self._loss_sum,
            self._correct,
            self.measured,
            self.previous,
            self._finite,
            self.probabilities.copy() if self.batches > 1 else None,
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Stand where the snapshot was taken. Arrays other than its own keep what they hold."""
        self.seed, self._order_of = snapshot.seed, -1
        self.revision += 1
        self.network.parameters[:] = snapshot.parameters
        self.optimizer.restore(snapshot.optimizer)
        if snapshot.iteration == 0:
            self._begin()
            return
        self.epoch, self.batch, self.operation = snapshot.position
        self.iteration = snapshot.iteration
        self._loss_sum, self._correct = snapshot.loss_sum, snapshot.correct
        self.measured, self.previous = snapshot.measured, snapshot.previous
        self._finite = snapshot.finite
        if snapshot.probabilities is not None:
            np.copyto(self.probabilities, snapshot.probabilities)

    # -- what a person changes -----------------------------------------------------------------

    def set_row(self, row: int) -> None:
        """Take over what has been changed in a row of the data."""
        self._X[row] = self.data.X[row]
        self.revision += 1
        if self.batches == 1:
            self.network.layers[0].inputs_changed()
            self.loss.set_labels(self.data.y)

    def draw_weights(self, seed: int) -> None:
        """Draw new weights, before the first operation; batches are shuffled by it as well."""
        self.seed, self._order_of = seed, -1
        self.network.draw_weights(np.random.RandomState(seed))

    def predict(self) -> Loss:
        """Return the loss of all rows by the network as it is now.

        It is computed beside the machine's own arrays, which stay as they are.
        """
        loss = self.loss.apart()
        with np.errstate(all="ignore"):
            loss.connect(self.network.apply(Signal(self._X)))
            loss.set_labels(self.data.y)
            loss.compute_loss()
        return loss
