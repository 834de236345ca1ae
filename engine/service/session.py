"""A session: a run that is held by a worker, and steered by commands. It knows no socket."""

from __future__ import annotations

import math
import secrets
from collections import deque
from time import perf_counter

import numpy as np

from engine import commands, events
from engine.commands import SessionCommand, Subscribe
from engine.nn.signals import Array
from engine.service.description import Description
from engine.service.ladder import step
from engine.training.history import METRICS
from engine.training.trainer import Trainer

TOP_SPEED = 1000.0
LEAST_RATE, MOST_RATE = 1e-9, 1e6


class Session:
    """Holds a trainer, runs it as told, and keeps what clients are to be told.

    Attributes
    ----------
    outbox : list of Event
        What has happened since it was last emptied, in order.
    status, reason, message
        How the run is, why, and in words.
    """

    def __init__(self, trainer: Trainer, description: Description, log: str = "") -> None:
        self.trainer, self.description, self.log = trainer, description, log
        self.outbox: list[events.Event] = []
        self.status: events.Status = "paused" if description.paused else "running"
        self.reason: events.Reason = "user"
        self.message = ""
        self.speed: float | None = None
        self.rate_changes: list[tuple[int, float]] = []
        self.changes = 0
        self._target: int | None = None
        self._due = perf_counter()
        self._marks: deque[tuple[float, int]] = deque(maxlen=20)
        trainer.subscribe(events.LossNotFinite, self._on_not_finite)
        trainer.subscribe(events.TrainingCompleted, self._on_completed)
        trainer.subscribe(events.LearningRateChanged, self._on_rate)
        trainer.subscribe(events.Restarted, self._on_restarted)

    # -- running -------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether it is training."""
        return self.status == "running"

    def wait(self) -> float | None:
        """Seconds until there is something to train; None if only a command can change that."""
        if not self.running:
            return None
        return 0.0 if self.speed is None else max(0.0, self._due - perf_counter())

    def advance(self, seconds: float) -> None:
        """Train for so long, or one epoch if the speed is limited and one is due."""
        if not self.running:
            return
        if self.speed is None:
            self.trainer.run(self._target, perf_counter() + seconds)
        elif perf_counter() >= self._due:
            self._due = max(self._due + 1 / self.speed, perf_counter() - seconds)
            self.trainer.step_epoch()
        self.changes += 1
        self._clock()
        if self.running and self._target is not None and self.trainer.epoch >= self._target:
            self._pause("step")

    def _clock(self) -> None:
        now = perf_counter()
        if not self._marks or now - self._marks[-1][0] >= 0.1:
            self._marks.append((now, self.trainer.epoch))

    def _rate(self) -> float:
        """Epochs a second, over the last two seconds."""
        if not self.running or not self._marks:
            return 0.0
        (then, before), (now, epoch) = self._marks[0], self._marks[-1]
        return (epoch - before) / (now - then) if now > then else 0.0

    def _pause(self, reason: events.Reason, message: str = "") -> None:
        self.status, self.reason, self.message = "paused", reason, message
        self._target = None
        self.changes += 1
        self.outbox.append(events.Paused(reason, message))

    def _resume(self, target: int | None = None) -> None:
        if self.trainer.done:
            return self._reject("the training is complete: t trains further, r starts again")
        self.status, self.message, self._target = "running", "", target
        self._marks.clear()
        self._clock()
        self._due = perf_counter()
        self.outbox.append(events.Resumed())
        return None

    def _reject(self, message: str) -> None:
        self.outbox.append(events.Rejected(message))

    def _on_not_finite(self, event: events.LossNotFinite) -> None:
        words = "NaN" if math.isnan(event.loss) else "infinite"
        self._pause("alert", f"the loss is {words} in epoch {event.epoch}; a smaller rate may help")

    def _on_completed(self, event: events.TrainingCompleted) -> None:
        self.status, self.message, self._target = "completed", "", None
        self.changes += 1
        self.outbox.append(event)

    def _on_rate(self, event: events.LearningRateChanged) -> None:
        if self.rate_changes and self.rate_changes[-1][0] == event.epoch:
            self.rate_changes.pop()
        if event.epoch > 0:
            self.rate_changes.append((event.epoch, event.learning_rate))
        self.outbox.append(event)

    def _on_restarted(self, event: events.Restarted) -> None:
        self.rate_changes.clear()
        self.outbox.append(event)

    # -- being told ----------------------------------------------------------------------------

    def handle(self, command: SessionCommand) -> None:
        """Do what a client asks; what cannot be done is rejected with a reason."""
        self.changes += 1
        trainer = self.trainer
        match command:
            case commands.Pause():
                if self.running:
                    self._pause("user")
            case commands.Resume():
                self._resume()
            case commands.StepEpoch():
                self._resume(trainer.epoch + 1)
            case commands.GoTo(epoch, further):
                self._go_to(trainer.epoch - 1 + epoch if further else epoch)
            case commands.SetLearningRate(rate):
                self._set_rate(rate)
            case commands.NudgeLearningRate(steps):
                self._set_rate(step(trainer.optimizer.learning_rate, steps))
            case commands.NudgeSpeed(steps):
                self._nudge_speed(steps)
            case commands.Restart(new_weights):
                trainer.restart(secrets.randbelow(2**32) if new_weights else None)
                self._resume()
            case commands.TrainFurther(epochs):
                trainer.epochs = trainer.epoch + max(1, epochs)
                self._resume()

    def _go_to(self, epoch: int) -> None:
        if epoch < self.trainer.epoch:
            self._reject(f"epoch {epoch} is past; the next is {self.trainer.epoch}")
        elif epoch >= self.trainer.epochs:
            self._reject(f"the last epoch is {self.trainer.epochs - 1}")
        else:
            self._resume(epoch + 1)

    def _set_rate(self, rate: float) -> None:
        if LEAST_RATE <= rate <= MOST_RATE:
            self.trainer.set_learning_rate(rate)
        else:
            self._reject(f"the learning rate must be {LEAST_RATE:g} to {MOST_RATE:g}")

    def _nudge_speed(self, steps: int) -> None:
        speed = min(step(self.speed or 2 * TOP_SPEED, steps), 2 * TOP_SPEED)
        self.speed = None if speed > TOP_SPEED else max(1.0, speed)
        self._due = perf_counter()

    # -- telling -------------------------------------------------------------------------------

    def welcome(self) -> events.Welcome:
        """Tell a new client what is trained."""
        trainer = self.trainer
        return events.Welcome(
            protocol=events.PROTOCOL,
            name=self.description.name,
            source=trainer.data.name,
            network=trainer.network.shape,
            parameters=trainer.network.parameters.size,
            seed=trainer.seed,
            samples=trainer.data.samples,
            class_names=list(trainer.data.class_names),
            batches=trainer.batches,
            note=trainer.data.note,
            log=self.log,
        )

    def frame(self, wanted: Subscribe) -> events.Frame:
        """Take the latest state, as much as a client asked for."""
        trainer, measured = self.trainer, self.trainer.measured
        rate = self._rate()
        left = (trainer.epochs - trainer.epoch) / rate if rate else None
        return events.Frame(
            status=self.status,
            reason=self.reason,
            message=self.message,
            epoch=measured.epoch if measured else 0,
            epochs=trainer.epochs,
            loss=measured.loss if measured else None,
            accuracy=measured.accuracy if measured else None,
            learning_rate=trainer.optimizer.learning_rate,
            epochs_per_second=rate,
            seconds_left=left,
            speed=self.speed,
            seed=trainer.seed,
            rate_changes=list(self.rate_changes),
            curves=self._curves(wanted) if wanted.points else {},
            samples=self._samples(wanted) if wanted.rows else None,
        )

    def _curves(self, wanted: Subscribe) -> dict[str, events.CurveData]:
        curves = {m: self.trainer.history.curve(m, wanted.points, wanted.span) for m in METRICS}
        return {
            metric: events.CurveData(curve.span, _gaps(curve.lower), _gaps(curve.upper))
            for metric, curve in curves.items()
        }

    def _samples(self, wanted: Subscribe) -> events.Samples:
        said, true = self.trainer.probabilities, self.trainer.data.y
        predicted = said.argmax(axis=1)
        if self.trainer.measured is None:
            return events.Samples(0, 0, 0, [])
        wrong = predicted != true
        rows: Array
        if wanted.order == "wrong":
            rows = np.flatnonzero(wrong)
        elif wanted.order == "uncertain":
            rows = np.argsort(said.max(axis=1), kind="stable")
        else:
            rows = np.arange(len(true))
        first = max(0, min(wanted.first, len(rows) - wanted.rows))
        return events.Samples(
            first,
            len(rows),
            int(np.count_nonzero(wrong)),
            [
                events.SampleRow(int(i), int(true[i]), int(predicted[i]), _gaps(said[i].tolist()))
                for i in rows[first : first + wanted.rows]
            ],
        )


def _gaps(values: list[float]) -> list[float | None]:
    return [x if math.isfinite(x) else None for x in values]
