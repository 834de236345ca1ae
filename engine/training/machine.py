"""The machine: a network, its data, and a program counter.

It is what a training is at one moment, and how it takes a step. It remembers nothing but the
last two measurements; what came before is the timeline's, and when to stop the trainer's.
"""

from __future__ import annotations

import math
from contextlib import AbstractContextManager
from dataclasses import dataclass
from operator import length_hint
from typing import Any

import numpy as np

from engine.data.batches import shuffled
from engine.data.dataset import Dataset
from engine.kernels.accuracy import AccuracyKernel
from engine.kernels.registry import Kernels, kernels_for
from engine.nn.arrays import Array
from engine.nn.calls import apart
from engine.nn.network import Network
from engine.protocol import events
from engine.protocol.events import Position
from engine.protocol.metrics import ACCURACY, LOSS
from engine.training.history import History
from engine.training.listeners import Listeners
from engine.training.metrics import Metrics
from engine.training.program import Batch, compile_program, probabilities
from engine.training.results import Results
from engine.training.validation import Validation

COUNTERS = {
    *("epoch", "batch", "operation", "iteration", "seed", "_measured", "_previous"),
    *("last_rate", "_finite", "_loss_sum", "_correct"),
}
_LOSS, _ACCURACY = LOSS.name, ACCURACY.name  # which are asked for in every epoch


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a network says of all rows.

    Attributes
    ----------
    probabilities : array, shape (samples, classes)
    loss, accuracy : float
    """

    probabilities: Array
    loss: float
    accuracy: float


class NotRepeatedError(Exception):
    """Known ground that was not the same again.

    Attributes
    ----------
    cause : str
        What was not computed again as it was, in a sentence.
    """

    def __init__(self, epoch: int, loss: float) -> None:
        super().__init__(epoch, loss)
        self.epoch, self.loss, self.cause = epoch, loss, ""

    def __str__(self) -> str:
        return (
            f"epoch {self.epoch} is not the same again (its loss is now {self.loss:.6g}):"
            f" {self.cause}"
        )


class Machine(Listeners):
    """A network in training: its arrays, and which operation comes next.

    Attributes
    ----------
    epoch, batch, operation : int
        The position: what comes next.
    iteration : int
        Passes of the program that are done.
    program : list of Operation
    rows : Batch
        The rows of this iteration, and their loss.
    last_rate : float or None
        The learning rate of the last update.
    metrics : Metrics
        What is measured.
    history : History
        Where measured epochs are recorded.
    probabilities : array, shape (samples, classes)
        What the network last said of each row; NaN before it did.
    revision : int
        Grows whenever `probabilities`, or the data, may have changed.
    counters : set of str
        The attributes that belong to the state of a training.
    default_seed : int
        The seed of those that are given none.
    use_kernels : bool
        Whether operations may be done by kernels in place of their formulas.
    """

    default_seed = 0
    use_kernels = True

    def __init__(
        self,
        network: Network,
        loss: Any,
        optimizer: Any,
        data: Dataset,
        batch_size: int | None,
        seed: int | None,
    ) -> None:
        super().__init__()
        self.network, self.loss, self.optimizer, self.data = network, loss, optimizer, data
        self.seed = self.default_seed if seed is None else seed
        self.batch_size = min(batch_size or data.samples, data.samples)
        self.batches = -(-data.samples // self.batch_size)
        self.metrics = Metrics(loss, validates=data.validation is not None)
        self.history = History()
        self._X = np.ascontiguousarray(data.X, network.dtype)
        self._buffers: dict[int, Array] = {}
        self.rows = Batch(self._X, data.y)
        self.kernels = (
            kernels_for(network.layers, loss, optimizer, network.dtype)
            if self.use_kernels
            else Kernels((None,) * len(network.layers), None, None)
        )
        self.count_correct = AccuracyKernel().count
        self.validation = (
            Validation(network, loss, data.validation, self.kernels, self.metrics.has_accuracy)
            if data.validation
            else None
        )
        self.program = compile_program(network, loss, optimizer, self.rows, self.kernels)
        self.results = Results(self.program)
        self._calls = [operation.run for operation in self.program]
        self._length = len(self.program)
        self._measure_at = 1 + next(i for i, o in enumerate(self.program) if o.phase == "loss")
        self._pausing = False
        # What is predicted of all rows is computed by one batch after the other.
        self.counters = COUNTERS | ({"probabilities"} if self.batches > 1 else set())
        activation = getattr(loss, "activation", None)
        network.activation = activation if hasattr(activation, "forward") else None
        self.revision = 0
        self.begin()

    def begin(self) -> None:
        """Stand before the first operation, with nothing computed yet."""
        self.epoch = self.batch = self.operation = self.iteration = 0
        self._measured: tuple[Any, ...] = ()
        self._previous: tuple[Any, ...] = ()
        self.last_rate: float | None = None
        self._finite = True
        self._loss_sum, self._correct = 0.0, 0
        self._order_of = -1
        self._stood = False
        self.rows.value = math.nan
        classes = self.network.n_outputs or self.data.classes
        shape = self.data.samples, classes
        self.probabilities: Array = np.full(shape, np.nan, self.network.dtype)

    @property
    def position(self) -> Position:
        """What comes next."""
        return Position(self.epoch, self.batch, self.operation)

    @property
    def measured(self) -> events.EpochMeasured | None:
        """The last epoch whose loss is known."""
        return events.EpochMeasured(*self._measured) if self._measured else None

    @property
    def previous(self) -> events.EpochMeasured | None:
        """The epoch before that."""
        return events.EpochMeasured(*self._previous) if self._previous else None

    @property
    def learning_rate(self) -> float:
        """That of the next update."""
        return float(self.optimizer.learning_rate)

    def pause(self) -> None:
        """Make the trainer stop before the next operation that it can stop at."""
        self._pausing = not self.rerunning

    def rerun(self) -> AbstractContextManager[None]:
        """Go over known ground: nothing is observed, printed or paused at a second time."""
        self._pausing = False
        return super().rerun()

    def restored(self) -> None:
        """Take note that the state has been put back."""
        self._order_of = -1
        self._stood = False
        self.revision += 1
        if not self.iteration:
            self.begin()

    # -- stepping ------------------------------------------------------------------------------

    def stand(self) -> None:
        """Let others do something here: layers that they call do not change what trains."""
        if self._stood:
            self.results.put_back()
        self._stood = self.operation > 0
        if self._stood:
            self.results.keep(self.operation)

    def advance(self, stop: int) -> None:
        """Do the operations of this iteration up to ``stop``: the only reader of the program."""
        here = self.operation
        if here < self._measure_at < stop:
            self.advance(self._measure_at)  # what callbacks change counts for the update
            here = self.operation
        if here >= stop:
            return
        if here == 0:
            self._load_batch()
        elif self._stood:
            self._stood = False
            self.results.put_back()
        calls = iter(self._calls[here:stop])
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

    def _load_batch(self) -> None:
        rows = self.rows
        rows.iteration, rows.seed = self.iteration, self.seed
        if self.batches == 1:
            return
        if self._order_of != self.epoch:
            self._order = shuffled(self.data.samples, self.seed, self.epoch)
            self._order_of = self.epoch
        start = self.batch * self.batch_size
        self._rows = self._order[start : start + self.batch_size]
        rows.inputs = self._buffer(len(self._rows))
        self._X.take(self._rows, axis=0, out=rows.inputs, mode="clip")
        rows.y_true = self.data.y[self._rows]

    def _buffer(self, rows: int) -> Array:
        """Return where a batch of that many rows is put, which is always the same place."""
        if rows not in self._buffers:
            self._buffers[rows] = np.empty((rows, self._X.shape[1]), self._X.dtype)
        return self._buffers[rows]

    def _measure(self) -> None:
        """Take down what ``loss.forward`` found."""
        value, said = self.rows.value, probabilities(self.network, self.loss)
        correct = self.count_correct(said, self.rows.y_true)
        if self.batches == 1:
            self.probabilities, self._correct = said, correct
        else:
            if self.probabilities.shape[1] != said.shape[1]:
                self.probabilities = np.full((self.data.samples, said.shape[1]), np.nan, said.dtype)
            self.probabilities[self._rows] = said
            self._loss_sum += value * len(self._rows)
            self._correct += correct
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
        """Record an epoch's metrics; return what the first that could not be measured raised.

        Those of the validation set are measured with the weights before the last update of the
        epoch, as the loss of its last batch is.
        """
        loss = self.rows.value if self.batches == 1 else self._loss_sum / self.data.samples
        metrics = {_LOSS: loss}
        if self.metrics.has_accuracy:
            metrics[_ACCURACY] = self._correct / self.data.samples
        self._loss_sum, self._correct = 0.0, 0
        self._previous = self._measured
        self._measured = self.epoch, self.learning_rate, metrics
        validation = self.validation
        if (
            self.metrics.functions
            or self._callbacks[events.EpochMeasured]
            or (validation and validation.calls_others)
        ):
            self.stand()
        error = None
        if validation:
            error = validation.measure(metrics, (self.seed, self.iteration))
        if self.metrics.functions:
            with self.calling_back():
                error = self.metrics.measure(self, metrics) or error
        if not self.history.append(self.epoch, metrics):
            self.failure = NotRepeatedError(self.epoch, loss)
            raise self.failure
        if events.EpochMeasured in self._heard:
            self.emit(events.EpochMeasured(*self._measured))
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
        if events.EpochCompleted in self._heard:
            self.emit(events.EpochCompleted(self.epoch - 1))

    # -- what a person changes -----------------------------------------------------------------

    def set_row(self, row: int) -> None:
        """Take over what has been changed in a row of the data."""
        self._X[row] = self.data.X[row]
        self.revision += 1
        if self.batches == 1:
            self.rows.y_true = self.data.y[:]  # a new array, as labels are known by identity
            self.kernels.forget()

    def draw_weights(self, seed: int) -> None:
        """Draw new weights, before the first operation; batches are shuffled by it as well."""
        self.seed, self._order_of = seed, -1
        self.network.draw_weights(np.random.RandomState(seed))

    def evaluate(self) -> Evaluation:
        """Return what the network as it is now says of all rows; nothing is changed by it."""
        loss = apart(self.loss)
        with np.errstate(all="ignore"):
            output = self.network.apply(self._X)
            value = float(np.mean(loss.forward(output, self.data.y)))
        said = getattr(loss, "output", output)
        correct = int(np.count_nonzero(said.argmax(axis=1) == self.data.y))
        return Evaluation(said, value, correct / self.data.samples)
