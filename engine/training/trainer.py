"""The trainer: a machine with a program counter, whose program is an epoch.

It knows of no screen. Whoever wants to know what happens subscribes to its events:

=====================  =========================================================================
event                  fires
=====================  =========================================================================
`OperationCompleted`   after each operation, while stepping by operation
`EpochMeasured`        after ``loss.forward`` of an epoch's last batch, before its last update
`LossNotFinite`        after ``loss.forward``, when the loss has become NaN or infinite; the
                       trainer has then paused before the update
`EpochCompleted`       after an epoch's last operation
`TrainingCompleted`    after the last epoch, just after its `EpochCompleted`
`LearningRateChanged`  when `set_learning_rate` changed it
`Restarted`            when `restart` put the run back to its beginning
=====================  =========================================================================
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from time import perf_counter
from typing import Any, TypeVar

import numpy as np

from engine import events
from engine.data.batches import shuffled
from engine.data.dataset import Dataset
from engine.nn.losses import Loss
from engine.nn.network import Network
from engine.nn.optimizers import Optimizer
from engine.nn.signals import Array, Signal, with_ones
from engine.training.history import History
from engine.training.operations import compile_program

E = TypeVar("E", bound=events.Event)


class Trainer:
    """Trains a network: by operation, by epoch, or until told.

    Parameters
    ----------
    network : Network
    loss : Loss
    optimizer : Optimizer
    data : Dataset
    epochs : int, default 10001
        When it is done: after epoch 10000, the first being 0.
    batch_size : int, optional
        Rows of a batch; all if not given. Smaller batches are shuffled anew each epoch.
    seed : int, optional
        What data and weights were drawn from, and what batches are shuffled by.

    Attributes
    ----------
    epoch, batch, operation : int
        The position: what comes next.
    measured : EpochMeasured or None
        The last epoch whose loss is known.
    history : History
    probabilities : array, shape (samples, classes)
        What the network last said of each row.
    """

    def __init__(
        self,
        network: Network,
        loss: Loss,
        optimizer: Optimizer,
        data: Dataset,
        *,
        epochs: int = 10001,
        batch_size: int | None = None,
        seed: int = 0,
    ) -> None:
        if epochs < 1:
            raise ValueError(f"the number of epochs must be at least 1, not {epochs}")
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"the batch size must be at least 1, not {batch_size}")
        if data.features != network.n_inputs:
            raise ValueError(
                f"the network takes {network.n_inputs} values a row, but {data.name}"
                f" has {data.features}"
            )
        if data.classes > network.n_outputs:
            raise ValueError(
                f"{data.name} has {data.classes} classes, but the network"
                f" {network.n_outputs} outputs"
            )
        self.network, self.loss, self.optimizer, self.data = network, loss, optimizer, data
        self.epochs, self.seed = epochs, seed
        self.batch_size = min(batch_size or data.samples, data.samples)
        self.batches = -(-data.samples // self.batch_size)
        self.history = History()
        self._subscribers: dict[type, list[Callable[[Any], None]]] = defaultdict(list)
        self._rows_and_one = with_ones(data.X, network.dtype)
        self._initial = network.parameters.copy()
        self._connected = 0
        self._connect(self.batch_size)
        self.program = compile_program(network, loss, optimizer)
        self._calls = [operation.run for operation in self.program]
        self._measure_at = 1 + next(i for i, o in enumerate(self.program) if o.phase == "loss")
        self._reset()

    # -- where it is ---------------------------------------------------------------------------

    def _reset(self) -> None:
        self.epoch = self.batch = self.operation = 0
        self.measured: events.EpochMeasured | None = None
        self.history.clear()
        self._pausing = False
        self._finite = True
        self._loss_sum, self._correct = 0.0, 0
        self.probabilities: Array = self.loss.output
        if self.batches > 1:
            shape = (self.data.samples, self.loss.output.shape[1])
            self.probabilities = np.full(shape, np.nan, self.network.dtype)

    @property
    def done(self) -> bool:
        """Whether the last epoch asked for is done."""
        return self.epoch >= self.epochs

    def restart(self, seed: int | None = None) -> None:
        """Go back to the beginning.

        Parameters
        ----------
        seed : int, optional
            Draw new weights from it; the same weights as before if not given. The data stay.
        """
        if seed is not None:
            self.seed = seed
            self.network.draw_weights(np.random.RandomState(seed))
            self._initial = self.network.parameters.copy()
        self.network.parameters[:] = self._initial
        self._reset()
        self.emit(events.Restarted(self.seed, seed is not None))

    def set_learning_rate(self, learning_rate: float) -> None:
        """Update with another step from now on; ValueError if it is negative or no number."""
        if not (math.isfinite(learning_rate) and learning_rate >= 0):
            raise ValueError(f"the learning rate must be 0 or more, not {learning_rate:g}")
        before = self.optimizer.learning_rate
        if learning_rate != before:
            self.optimizer.learning_rate = learning_rate
            self.emit(events.LearningRateChanged(self.epoch, before, learning_rate))

    # -- who listens ---------------------------------------------------------------------------

    def subscribe(self, event: type[E], receive: Callable[[E], None]) -> Callable[[], None]:
        """Call ``receive`` with each event of that type; return what ends that."""
        self._subscribers[event].append(receive)
        return lambda: self._subscribers[event].remove(receive)

    def emit(self, event: events.Event) -> None:
        """Tell those who subscribed to events of this type."""
        for receive in tuple(self._subscribers[type(event)]):
            receive(event)

    # -- going on ------------------------------------------------------------------------------

    def pause(self) -> None:
        """Make `run` return before the next operation that it can stop at."""
        self._pausing = True

    @np.errstate(all="ignore")  # a loss that is no number is told as `LossNotFinite`
    def run(self, until: int | None = None, deadline: float = math.inf) -> None:
        """Go on until ``until`` epochs are done, all are, it is paused, or the time is over.

        Parameters
        ----------
        until : int, optional
            Epochs that are then done.
        deadline : float
            On the clock of `time.perf_counter`; looked at after each batch.
        """
        stop = self.epochs if until is None else min(until, self.epochs)
        length = len(self._calls)
        self._pausing = False
        while self.epoch < stop:
            self._run_to(self._measure_at)
            if self._pausing:
                break
            self._run_to(length)
            if self._pausing or perf_counter() >= deadline:
                break

    def step_epoch(self) -> None:
        """Go to the end of this epoch."""
        self.run(self.epoch + 1)

    @np.errstate(all="ignore")
    def step_operation(self) -> None:
        """Do the next operation."""
        if not self.done:
            epoch, batch, operation = self.epoch, self.batch, self.program[self.operation]
            self._run_to(self.operation + 1)
            self.emit(events.OperationCompleted(epoch, batch, operation.name))

    def _run_to(self, stop: int) -> None:
        """Do the operations of this iteration up to ``stop``: the only reader of the program."""
        if self.operation >= stop:
            return
        if self.operation == 0 and self.batches > 1:
            self._load_batch()
        for call in self._calls[self.operation : stop]:
            call()
        self.operation = stop
        if stop == self._measure_at:
            self._measure()
        if stop == len(self._calls):
            self._end_iteration()

    def _connect(self, samples: int) -> None:
        """Tie the network's arrays together for batches of that many rows."""
        rows = self._rows_and_one
        self.inputs = Signal(rows if self.batches == 1 else np.empty_like(rows[:samples]))
        self.loss.connect(self.network.connect(self.inputs))
        if self.batches == 1:
            self.loss.set_labels(self.data.y)
        self._connected = samples

    def _load_batch(self) -> None:
        if self.batch == 0:
            self._order = shuffled(self.data.samples, self.seed, self.epoch)
        start = self.batch * self.batch_size
        self._rows = self._order[start : start + self.batch_size]
        if len(self._rows) != self._connected:
            self._connect(len(self._rows))
        self._rows_and_one.take(self._rows, axis=0, out=self.inputs.with_one, mode="clip")
        self.loss.set_labels(self.data.y[self._rows])

    def _measure(self) -> None:
        """Take down what ``loss.forward`` found."""
        value = self.loss.value
        if self.batches > 1:
            self.probabilities[self._rows] = self.loss.output
            self._loss_sum += value * len(self._rows)
            self._correct += self.loss.correct
        if self.batch == self.batches - 1:
            self._measure_epoch()
        if math.isfinite(value):
            self._finite = True
        elif self._finite:
            self._finite = False
            self.pause()
            self.emit(events.LossNotFinite(self.epoch, self.batch, value))

    def _measure_epoch(self) -> None:
        if self.batches == 1:
            loss, correct = self.loss.value, self.loss.correct
        else:
            loss, correct = self._loss_sum / self.data.samples, self._correct
            self._loss_sum, self._correct = 0.0, 0
        accuracy = correct / self.data.samples
        self.history.append(loss, accuracy)
        self.measured = measured = events.EpochMeasured(
            self.epoch, loss, accuracy, self.optimizer.learning_rate
        )
        self.emit(measured)

    def _end_iteration(self) -> None:
        self.operation = 0
        self.batch += 1
        if self.batch < self.batches:
            return
        self.batch = 0
        self.epoch += 1
        self.emit(events.EpochCompleted(self.epoch - 1))
        if self.done and self.measured:
            measured = self.measured
            self.emit(events.TrainingCompleted(measured.epoch, measured.loss, measured.accuracy))
