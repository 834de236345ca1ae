"""A session: a run that is held by a worker, and steered by commands. It knows no socket."""

from __future__ import annotations

import math
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from time import perf_counter

import msgspec

from engine.debugging.changes import ChangeError
from engine.debugging.conditions import ConditionError
from engine.debugging.trainer import Trainer
from engine.protocol import commands, events, frames
from engine.protocol.commands import SessionCommand, Subscribe
from engine.protocol.views.inside import InsideQuery, Program
from engine.runs.description import Description
from engine.runs.own_file import in_short, own_lines
from engine.runs.recorder import Recorder
from engine.runs.threads import FullSpeed
from engine.service import messages, steering
from engine.service.answers.curves import longest_known
from engine.service.views import Views
from engine.training.machine import Evaluation

SLOW = 15.0  # epochs a second of which each can be seen
AT_ONCE = 0.03  # seconds that a step or a journey may take before others get their turn
MARKS = 20  # over which the speed is measured, in tenths of a second
COMPLETE = "the training is complete: {train_further} trains further, {restart} starts again"
MOST_WAITING = 20  # commands that wait for the end of a journey

# What ends a journey to another place at once, and what is done on the way. All else waits for
# its end, since it is relative to the place that is travelled to.
ENDS_A_JOURNEY = (commands.Pause, commands.GoOver, commands.Restart)
ON_THE_WAY = (
    commands.NudgeSpeed,
    commands.SetBreakpoint,
    commands.SwitchBreakpoint,
    commands.RemoveBreakpoint,
)


class Session:
    """Holds a trainer, runs it as told, and keeps what clients are to be told.

    Attributes
    ----------
    outbox : list of Event
        What has happened since it was last emptied, in order.
    recorder : Recorder or None
        Keeps the record of the run.
    not_recorded : str
        What of the run is not written to disk, and why.
    status, reason, message
        How the run is, why, and in words.
    predicted : Evaluation or None
        What the network says of all rows after an edit at this place, which is then shown.
    changes : int
        Grows whenever clients are to be shown something else.
    wake : callable
        Called in another thread when there is more to be shown of the same state.
    """

    def __init__(
        self,
        trainer: Trainer,
        description: Description,
        log: str = "",
        recorder: Recorder | None = None,
    ) -> None:
        self.trainer, self.description, self.log = trainer, description, log
        self.recorder = recorder
        self.not_recorded = recorder.problem if recorder else ""
        self.outbox: list[events.Event] = []
        self.status: events.Status = "completed" if trainer.done else "running"
        if description.paused and not trainer.done:
            self.status = "paused"
        self.reason: events.Reason = "user"
        self.message = ""
        self._speed = description.speed
        self.changes = 0
        self.wake: Callable[[], None] = lambda: None
        self.views = Views(trainer, lambda: self.wake())
        self.inspector = self.views.inspector
        self._target: int | None = None
        self._due = perf_counter()
        self._marks: deque[tuple[float, int]] = deque(maxlen=MARKS)
        self._journey: Iterator[None] | None = None
        self._finish = self._stepped
        self._waiting: deque[SessionCommand] = deque()
        self.predicted: Evaluation | None = None
        self._full_speed = FullSpeed(trainer, self._say)
        trainer.observe(events.LossNotFinite, self._on_not_finite)
        trainer.observe(events.TrainingCompleted, self._on_completed)
        trainer.observe(events.BreakpointHit, self._on_hit)
        trainer.observe(events.Changed, self._on_changed)
        trainer.observe(events.Restarted, self._on_changed)
        trainer.observe(events.MetricsChanged, lambda event: self.outbox.append(event))

        if recorder:
            recorder.speed, recorder.warn = (lambda: self.speed), self.warn
            self.record()

    # -- running -------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether it is training, or on the way to another place."""
        return self.status == "running"

    @property
    def speed(self) -> float | None:
        """Epochs a second that it may train; None for no limit."""
        return self._speed

    @speed.setter
    def speed(self, speed: float | None) -> None:
        self._speed, self._due = speed, perf_counter()

    def wait(self) -> float | None:
        """Seconds until there is something to train; None if only a command can change that."""
        if not self.running:
            return None
        return 0.0 if self.speed is None or self._journey else max(0.0, self._due - perf_counter())

    def advance(self, seconds: float) -> None:
        """Train for so long, or one epoch if the speed is limited and one is due."""
        if not self.running:
            return
        self.changes += 1
        try:
            self._advance(seconds)
        except Exception as error:
            if error is not self.trainer.failure:
                raise
            self._stop_at_error(error)

    def _advance(self, seconds: float) -> None:
        if self._journey:
            self._travel_for(seconds)
            return
        if self.speed is None:
            self._run(perf_counter() + seconds)
        elif perf_counter() >= self._due:
            self._due = max(self._due + 1 / self.speed, perf_counter() - seconds)
            if self.speed <= SLOW:
                self.inspector.remember()
            self.trainer.step_epoch()
            self.views.layers.measure()
        self._clock()
        if self.running and self._target is not None and self.trainer.epoch >= self._target:
            self.pause("step")

    def _run(self, deadline: float) -> None:
        """Train at full speed, and measure the layers on the way where that is due."""
        trainer, going = self.trainer, True
        while going:
            due = self.views.layers.due
            self._full_speed.run(min(due, self._target or due), deadline)
            self.views.layers.measure()
            arrived = self._target is not None and trainer.epoch >= self._target
            going = self.running and not (trainer.done or arrived) and perf_counter() < deadline

    def _stop_at_error(self, error: Exception) -> None:
        """Pause before the operation that raised, or after the event whose subscriber did."""
        folder = self.description.folder
        print(own_lines(error, folder), file=sys.stderr, flush=True)
        self._journey = None
        self._waiting.clear()
        operation = self.trainer.program[self.trainer.operation].name
        self.pause("error", f"before {operation}: {in_short(error, folder)}")

    def _clock(self) -> None:
        now = perf_counter()
        if not self._marks or now - self._marks[-1][0] >= 0.1:
            self._marks.append((now, self.trainer.epoch))

    def _say(self, message: str) -> None:
        """Show a line until the training is paused or resumed."""
        self.message = message

    def _rate(self) -> float:
        """Epochs a second, over the last two seconds."""
        if not self.running or not self._marks or self._journey:
            return 0.0
        (then, before), (now, epoch) = self._marks[0], self._marks[-1]
        return (epoch - before) / (now - then) if now > then else 0.0

    @property
    def standing(self) -> events.Status:
        """How the run is while nothing is trained."""
        return "completed" if self.trainer.done else "paused"

    def pause(self, reason: events.Reason, message: str = "") -> None:
        """Stop where the training is, for that reason."""
        self.status, self.reason, self.message = self.standing, reason, message
        self._target = None
        self.changes += 1
        self.outbox.append(events.Paused(reason, message))
        self.record()

    def resume(self, target: int | None = None) -> None:
        """Go on, until so many epochs are done if ``target`` is given."""
        if self.trainer.done:
            return self.reject(
                "the training is complete: {train_further} trains further, {restart} starts again"
            )
        self.status, self.message, self._target = "running", "", target
        self.predicted = None
        self.inspector.remember()
        self._marks.clear()
        self._clock()
        self._due = perf_counter()
        self.outbox.append(events.Resumed())
        if target is not None:
            self.advance(AT_ONCE)
        return None

    def reject(self, message: str) -> None:
        """Answer that a command cannot be done, and why."""
        self.outbox.append(events.Rejected(message))

    def _on_not_finite(self, event: events.LossNotFinite) -> None:
        words = "NaN" if math.isnan(event.loss) else "infinite"
        self.views.remember_stop(event.epoch, f"the loss is {words}")
        self.pause(
            "alert",
            f"the loss is {words} in epoch {event.epoch}:"
            " {step_back} goes back, {lower_rate} lowers the rate",
        )

    def _on_completed(self, event: events.TrainingCompleted) -> None:
        self.status, self.message, self._target = "completed", "", None
        self.changes += 1
        self.outbox.append(event)
        self.record()

    def _on_hit(self, event: events.BreakpointHit) -> None:
        self.views.remember_stop(
            event.position.epoch, f"breakpoint {event.number}: {event.condition}"
        )
        self.pause("breakpoint", f"breakpoint {event.number}: {event.condition}")
        self.outbox.append(messages.breakpoints_of(self.trainer))

    def _on_changed(self, event: events.Changed | events.Restarted) -> None:
        self.record()
        self.outbox.append(event)
        self.outbox.append(messages.branches_of(self.trainer))

    # -- travelling ----------------------------------------------------------------------------

    def travel(self, journey: Iterator[None], finish: Callable[[], None] | None = None) -> None:
        """Begin a journey; a short one is finished at once, in a long one others get their turn.

        Parameters
        ----------
        journey : iterator
            Goes on to another place as long as it is continued.
        finish : callable, optional
            Called at its end, instead of a pause there.
        """
        self.status, self.message, self._target = "paused", "", None
        self.predicted = None
        self.inspector.forget()
        self._journey, self._finish = journey, finish or self._stepped
        self._travel_for(AT_ONCE)
        self.outbox.append(messages.branches_of(self.trainer))
        if self._journey:
            self.status = "running"
            self.outbox.append(events.Resumed())

    def _travel_for(self, seconds: float) -> None:
        deadline = perf_counter() + seconds
        assert self._journey
        journey, self._journey = self._journey, None
        for _ in journey:
            if perf_counter() >= deadline:
                self._journey = journey
                return
        self._finish()
        while self._waiting and not self._journey:
            self._attempt(self._waiting.popleft())

    def _stepped(self) -> None:
        self.pause("step")

    # -- commands ------------------------------------------------------------------------------

    def handle(self, command: SessionCommand) -> None:
        """Do what a client asks; what cannot be done is rejected with a reason."""
        if self._journey and not isinstance(command, ON_THE_WAY):
            if not _ends_a_journey(command):
                return self._wait_for_the_end(command)
            self._journey = None
            self._waiting.clear()
            self.pause("user")
        return self._attempt(command)

    def _wait_for_the_end(self, command: SessionCommand) -> None:
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(command)
        else:
            self.reject("it is still on its way: {pause} stops it here")

    def _attempt(self, command: SessionCommand) -> None:
        self.changes += 1
        if self.recorder:
            fields = msgspec.json.encode(command).decode()
            self.recorder.note(type(command).__name__, fields)
        try:
            steering.do(self, command)
            self.record()
        except (ChangeError, ConditionError) as error:
            self.reject(str(error))
        except Exception as error:  # no command may end a run
            if error is self.trainer.failure:
                return self._stop_at_error(error)
            traceback.print_exc()
            self.reject(f"that has failed: {type(error).__name__}: {error}")
        return None

    def record(self) -> None:
        """Bring the record of the run up to date; a journey that is cut off ends where it is."""
        if self.recorder:
            self.recorder.save("paused" if self._journey else self.status, self.message)

    def close(self, failure: str = "") -> events.Status:
        """Record how the run has ended, and return it: it broke, is complete, or was stopped."""
        ended: events.Status = "completed" if self.status == "completed" else "stopped"
        status: events.Status = "failed" if failure else ended
        if self.recorder:
            self.recorder.close(status, failure)
        return status

    def warn(self, message: str) -> None:
        """Send what of the run is not recorded, to the clients of now and to those that follow."""
        if message != self.not_recorded:
            self.not_recorded = message
            self.outbox.append(events.NotRecorded(message))

    # -- looking inside ------------------------------------------------------------------------

    def subscribed(self, before: Subscribe | None, wanted: Subscribe | None) -> None:
        """Take down what a client shows from now on, in place of what it showed before."""
        looked, looks = (_looks_inside(s) for s in (before, wanted))
        self.inspector.watchers += looks - looked
        if looks and not looked:
            self.outbox.append(Program(self.inspector.program))

    # -- showing -------------------------------------------------------------------------------

    def greeting(self) -> list[events.Event]:
        """Tell a new client what is trained, and what has been set."""
        return [
            messages.welcome_of(self.trainer, self.description.name, self.log),
            messages.metrics_of(self.trainer),
            messages.breakpoints_of(self.trainer),
            messages.branches_of(self.trainer),
            *([events.NotRecorded(self.not_recorded)] if self.not_recorded else []),
        ]

    def frame(self, wanted: Subscribe) -> frames.Frame:
        """Take the latest state, as much as a client asked for."""
        trainer, measured = self.trainer, self.trainer.measured
        timeline = trainer.timeline
        rate = self._rate()
        return frames.Frame(
            status=self.status,
            reason=self.reason,
            message=self.message,
            epoch=measured.epoch if measured else 0,
            epochs=trainer.epochs,
            metrics=measured.metrics if measured else {},
            learning_rate=trainer.learning_rate,
            epochs_per_second=rate,
            seconds_left=(trainer.epochs - trainer.epoch) / rate if rate else None,
            speed=self.speed,
            seed=trainer.seed,
            batch=trainer.batch,
            operation=trainer.operation,
            next=trainer.program[trainer.operation].name,
            reached=max(0, trainer.history.epochs - 1),
            longest=longest_known(timeline),
            branch=timeline.branch.name,
            edited=self.predicted is not None,
            answers=[
                self.views.answer(query, self.running, self.predicted, self.changes)
                for query in wanted.queries
            ],
        )


def _looks_inside(wanted: Subscribe | None) -> bool:
    """Whether a client shows the inside of an operation."""
    return any(isinstance(query, InsideQuery) for query in (wanted.queries if wanted else []))


def _ends_a_journey(command: SessionCommand) -> bool:
    """Whether a command can be done at any place, so that a journey to another need not end."""
    if isinstance(command, commands.GoTo):
        return not command.relative
    return isinstance(command, ENDS_A_JOURNEY)
