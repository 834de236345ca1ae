"""The trainer: runs the machine until told, and knows its past.

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
`BreakpointHit`        when a breakpoint's condition holds: after an epoch, or before an operation
                       that it names; the trainer has then paused
`Changed`              when `change` changed a number, or `undo` took that back
`Branched`             when a change in the past, or `restart`, has begun a branch
`Restarted`            when `restart` put the run back to its beginning
`MetricsChanged`       when `metric` added one
=====================  =========================================================================

Nothing fires for what is told again: while it goes back, and on the way to a place in the past.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any, Literal

import numpy as np

from engine.data.dataset import Dataset
from engine.debugging.branches import BEGINNING
from engine.debugging.breakpoints import Breakpoints
from engine.debugging.changes import RESERVED, SEED, THREADS, ChangeError, hyperparameters_of
from engine.debugging.timeline import Timeline
from engine.nn.mistakes import check_loss, expect, expect_learning_rate, expect_methods
from engine.nn.network import Network
from engine.protocol import events
from engine.protocol.events import Position
from engine.protocol.metrics import Metric
from engine.training.machine import Machine

SLOW = 0.03  # seconds of a batch within which others are to get their turn


class Trainer(Machine):
    """Trains a network: by operation, by epoch, or until told; on, and back.

    Parameters
    ----------
    network : Network
    loss, optimizer : object
        What offers the methods of `SoftmaxCrossEntropy` and `GradientDescent`.
    data : Dataset
    epochs : int, default 10001
        When it is done: after epoch 10000, the first being 0.
    batch_size : int, optional
        Rows of a batch; all if not given. Smaller batches are shuffled anew each epoch.
    seed : int, optional
        What data and weights were drawn from, and what batches are shuffled by; that of the run
        if not given, or 0 without one.

    Attributes
    ----------
    epoch, batch, operation : int
        The position: what comes next.
    measured : EpochMeasured or None
        The last epoch whose loss is known.
    history : History
    probabilities : array, shape (samples, classes)
        What the network last said of each row.
    timeline : Timeline
        Its past, and its branches.
    breakpoints : Breakpoints
    """

    def __init__(
        self,
        network: Network,
        loss: Any,
        optimizer: Any,
        data: Dataset,
        *,
        epochs: int = 10001,
        batch_size: int | None = None,
        seed: int | None = None,
    ) -> None:
        expect(Network, network, "the network of a trainer")
        expect_methods(loss, "loss", "the loss of a trainer")
        expect_methods(optimizer, "optimizer", "the optimizer of a trainer")
        expect(Dataset, data, "the data of a trainer")
        expect_learning_rate(optimizer)
        check_loss(network.layers, loss)
        epochs = whole("the number of epochs", epochs)
        batch_size = None if batch_size is None else whole("the batch size", batch_size)
        seed = None if seed is None else whole("the seed", seed)
        if epochs < 1:
            raise ValueError(f"the number of epochs must be at least 1, not {epochs}")
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"the batch size must be at least 1, not {batch_size}")
        if data.features != (network.n_inputs or data.features):
            raise ValueError(
                f"the network takes {network.n_inputs} values a row, but {data.name}"
                f" has {data.features}"
            )
        if data.classes > (network.n_outputs or data.classes):
            raise ValueError(
                f"{data.name} has {data.classes} classes, but the network"
                f" {network.n_outputs} outputs"
            )
        super().__init__(network, loss, optimizer, data, batch_size, seed)
        self._is_slow, self._deadline = False, math.inf
        self.epochs = epochs
        self.timeline = Timeline(self)
        self.breakpoints = Breakpoints(self)

    @property
    def paused(self) -> bool:
        """Whether the last `run` ended because it was to pause, as at a breakpoint."""
        return self._pausing

    @property
    def done(self) -> bool:
        """Whether the last epoch asked for is done."""
        return self.epoch >= self.epochs

    # -- what is measured ----------------------------------------------------------------------

    def metric(
        self,
        name: str,
        function: Callable[[Trainer], float],
        *,
        direction: Literal["less", "more"] = "less",
        format: str = ".4f",
        low: float | None = None,
        high: float | None = None,
        beside: str = "",
    ) -> None:
        """Measure something else once an epoch, from the next one on.

        Parameters
        ----------
        name : str
            An identifier, which may have dots.
        function : callable
            Given the trainer, once the epoch's last loss is known, it returns a number. Where it
            raises, the training pauses, and the epoch's value is NaN.
        direction : {"less", "more"}
            Which is better.
        format : str
            How its numbers are written, as ``.4f`` or ``.1%``.
        low, high : float, optional
            Bounds that its values have.
        beside : str, optional
            The metric on whose chart it is drawn, as ``"loss"``; on one of its own if not given.

        Raises
        ------
        ValueError
            If there is something else of that name, or one of these cannot be.
        """
        metric = Metric(name, direction, format, low, high, beside=beside)
        if name in self.breakpoints.vocabulary.words:
            raise ValueError(f"a metric cannot be named {name!r}: that has another meaning")
        if self.metrics.add(metric, function):
            self.emit(events.MetricsChanged(list(self.metrics.schema)))

    # -- going on ------------------------------------------------------------------------------

    def run(self, until: int | None = None, deadline: float = math.inf) -> None:
        """Go on until ``until`` epochs are done, all are, it is paused, or the time is over.

        Parameters
        ----------
        until : int, optional
            Epochs that are then done.
        deadline : float
            On the clock of `time.perf_counter`; looked at after each batch, or after each
            operation where a batch takes long.
        """
        stop = self.epochs if until is None else min(until, self.epochs)
        self._run(stop * self.batches, deadline)

    def step_epoch(self) -> None:
        """Go to the end of this epoch."""
        self.run(self.epoch + 1)

    def step_batch(self) -> None:
        """Go to the end of this batch."""
        if not self.done:
            self._run(self.iteration + 1)

    @np.errstate(all="ignore")
    def step_operation(self) -> None:
        """Do the next operation."""
        self.expect_no_callback()
        if not self.done:
            epoch, batch, operation = self.epoch, self.batch, self.program[self.operation]
            self.timeline.keep_beginning()
            with self.timeline.recovering():
                self.advance(self.operation + 1)
            self.timeline.repeat_changes()
            self.stand()
            self.emit(events.OperationCompleted(epoch, batch, operation.name))

    @np.errstate(all="ignore")  # a loss that is no number is told as `LossNotFinite`
    def _run(self, goal: int, deadline: float = math.inf) -> None:
        """Go on until ``goal`` iterations are done, or it is to stop before."""
        self.expect_no_callback()
        self.timeline.keep_beginning()
        self._pausing = False
        self._iterate = self._watch if self.breakpoints.active else self._pass
        self._deadline = deadline
        with self.timeline.recovering():
            while self._run_to_change(goal, deadline):
                self.timeline.repeat_changes()
        self.timeline.repeat_changes()
        self.stand()

    def _run_to_change(self, goal: int, deadline: float) -> bool:
        """Go on to ``goal``, or to the next change to be made again; return whether it is one."""
        timeline, length, iterate = self.timeline, self._length, self._iterate
        change = timeline.next_change()
        stop = goal if change is None else min(goal, change.epoch * self.batches + change.batch)
        look, before = 0.0, perf_counter()
        while self.iteration < stop:
            if not iterate(length):
                return False
            now = perf_counter()
            self._is_slow, before = now - before > SLOW, now
            if now >= look:
                if now >= timeline.due:
                    timeline.keep(now)
                if now >= deadline:
                    return False
                look = min(timeline.due, deadline)
        return change is not None and stop < goal and iterate(change.operation)

    def _pass(self, stop: int) -> bool:
        """Go on within this iteration, up to that operation; return whether nothing stops it."""
        if self._is_slow:
            return self._watch(stop)
        if stop > self._measure_at:
            self.advance(self._measure_at)
            if self._pausing:
                return False
        self.advance(stop)
        return not self._pausing

    def _watch(self, stop: int) -> bool:
        """Do the same, looking at the breakpoints on the way, and at the clock if it is long."""
        places = {*self.breakpoints.stops, self._measure_at, stop}
        for place in range(1, stop + 1) if self._is_slow else sorted(places):
            if self.operation < place <= stop:
                self.advance(place)
                if self._pausing or self._breaks():
                    return False
                if self._is_slow and place < stop and perf_counter() >= self._deadline:
                    return False
        return True

    def _breaks(self) -> bool:
        """Whether a breakpoint holds here, after the changes that were made here."""
        self.timeline.repeat_changes()
        hit = self.breakpoints.hit()
        if hit:
            self.pause()
            self.emit(events.BreakpointHit(hit.number, hit.text, self.position))
        return hit is not None

    def _end_iteration(self) -> None:
        super()._end_iteration()
        if self.epoch == self.epochs and self.batch == 0 and self.measured:
            measured = self.measured
            self.emit(events.TrainingCompleted(measured.epoch, measured.metrics))

    # -- going back ----------------------------------------------------------------------------

    def go_to(self, position: Position) -> None:
        """Go to a place that it has been at, on this branch.

        Parameters
        ----------
        position : Position
            No later than ``timeline.reached``.

        Raises
        ------
        ValueError
            If there is no such place, or it has not been there yet.
        """
        _, batch, operation = position
        if not (0 <= batch < self.batches and 0 <= operation < len(self.program)):
            raise ValueError(
                f"there is no {position}: an epoch has batches 0 to {self.batches - 1}"
                f" of operations 0 to {len(self.program) - 1}"
            )
        if not BEGINNING <= position <= self.timeline.reached:
            raise ValueError(f"it has not been at {position} yet; run() goes on to later epochs")
        self._finish(self.timeline.travel(position))

    def search_back(self) -> Iterator[None]:
        """Go back to the last place where a breakpoint's condition held; stay if there is none."""
        return self.timeline.search_back(self.breakpoints.any_holds, self.breakpoints.stops)

    def run_back(self) -> bool:
        """Do the same at once; return whether there was such a place."""
        before = self.position
        self._finish(self.search_back())
        return self.position != before

    def _finish(self, journey: Iterator[None]) -> None:
        self.expect_no_callback()
        for _ in journey:
            pass
        self.stand()

    # -- what a person changes -----------------------------------------------------------------

    def change(self, target: str, value: float) -> None:
        """Change a number, from now on; in the past, this begins a branch.

        Parameters
        ----------
        target : str
            ``learning_rate``, ``dense_1.weights[0, 17]``, ``dense_1.biases[3]``,
            ``data.X[5, 1]`` or ``data.y[5]``.
        value : float

        Raises
        ------
        ChangeError
            If there is no such number, or it cannot be this.
        """
        if target.strip() in RESERVED:
            raise ChangeError(RESERVED[target.strip()])
        changed = self.timeline.change(target, value)
        self.stand()
        if changed:
            self.emit(changed)

    def undo(self) -> bool:
        """Take back the last change that was made at this place; return whether there was one."""
        changed = self.timeline.undo()
        if changed:
            self.emit(events.Changed(self.position, changed.target, changed.after, changed.before))
        return changed is not None

    def use_threads(self, number: int) -> None:
        """Multiply matrices on that many threads, from here on; going back brings the others back.

        A product may be rounded otherwise by another number, so it is recorded as a change.
        """
        changed = self.timeline.change(THREADS, number)
        if changed:
            self.emit(changed)

    def restart(self, seed: int | None = None) -> None:
        """Begin again, on a new branch, with the hyperparameters and threads of now.

        Parameters
        ----------
        seed : int, optional
            Draw new weights from it; the same weights as before if not given. The data stay.
        """
        self.expect_no_callback()
        if seed is not None and not 0 <= seed < 2**32:
            raise ValueError(f"a seed is a whole number from 0 to 4294967295, not {seed}")
        fixed = [n for n, a in self.network.trained.items() if not hasattr(a, "draw_weights")]
        if seed is not None and fixed:
            raise ChangeError(f"{fixed[0]} draws no new weights: it has no draw_weights(random)")
        now = {name: getattr(self.optimizer, name) for name in hyperparameters_of(self.optimizer)}
        changes = {c.target: c.after for c in self.timeline.branch.changes if c.target in RESERVED}
        if seed is not None:
            changes[SEED] = seed
        self.timeline.restart()
        for name, value in changes.items():
            self.timeline.change(name, value)
        for name, value in now.items():
            if getattr(self.optimizer, name) != value:
                self.timeline.change(name, value)
        self.emit(events.Restarted(self.seed, seed is not None))


def whole(name: str, value: float) -> int:
    """Return a whole number as Python's own, whatever kind of number it is given as."""
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None or number != value:
        raise ValueError(f"{name} must be a whole number, not {value!r}")
    return number
