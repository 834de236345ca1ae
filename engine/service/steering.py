"""What each command does to a session."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from engine.debugging.changes import parse_change
from engine.debugging.places import earlier
from engine.protocol import commands, events
from engine.protocol.commands import SessionCommand
from engine.protocol.events import Position
from engine.protocol.metrics import ACCURACY, LOSS, in_words
from engine.service import messages
from engine.service.ladder import step

if TYPE_CHECKING:
    from engine.service.session import Session

TOP_SPEED = 1000.0  # epochs a second; beyond it there is no limit
LEAST_RATE, MOST_RATE = 1e-9, 1e6
MOST_BREAKPOINTS = 100


def do(session: Session, command: SessionCommand) -> None:
    """Do what a client asks; ChangeError or ConditionError where that cannot be."""
    trainer = session.trainer
    match command:
        case commands.Pause():
            if session.running:
                session.pause("user")
        case commands.Resume():
            session.resume()
        case commands.Step(unit, back):
            _step_back(session, unit) if back else _step(session, unit)
        case commands.GoTo(epoch, relative):
            here = trainer.measured.epoch if trainer.measured else -1
            _go_to(session, max(-1, here + epoch) if relative else epoch)
        case commands.RunBack():
            _run_back(session)
        case commands.SetLearningRate(rate):
            _set_rate(session, rate)
        case commands.NudgeLearningRate(steps):
            _set_rate(session, step(trainer.learning_rate, steps))
        case commands.NudgeSpeed(steps):
            speed = min(step(session.speed or 2 * TOP_SPEED, steps), 2 * TOP_SPEED)
            session.speed = None if speed > TOP_SPEED else max(1.0, speed)
        case commands.Restart(new_weights):
            trainer.restart(secrets.randbelow(2**32) if new_weights else None)
            session.resume()
        case commands.TrainFurther(epochs):
            _train_further(session, epochs)
        case commands.Edit() | commands.Undo():
            _edit(session, command)
        case commands.Fork() | commands.GoOver():
            _branch(session, command)
        case _:
            _set_breakpoints(session, command)


# -- moving ----------------------------------------------------------------------------------------


def _go_to(session: Session, epoch: int) -> None:
    trainer = session.trainer
    place, reached = Position(epoch + 1, 0, 0), trainer.timeline.reached
    if epoch >= trainer.epochs:
        session.reject(f"the last epoch is {trainer.epochs - 1}")
    elif place <= reached:
        session.travel(trainer.timeline.travel(place))
    else:
        session.travel(trainer.timeline.travel(reached), lambda: session.resume(epoch + 1))


def _step_back(session: Session, unit: events.Unit) -> None:
    trainer = session.trainer
    place = earlier(trainer, trainer.position, unit)
    if place is None:
        session.reject("this is the beginning")
    else:
        session.travel(trainer.timeline.travel(place))


def _step(session: Session, unit: events.Unit) -> None:
    trainer = session.trainer
    if unit == "epoch" or trainer.done:
        session.resume(trainer.epoch + 1)
        return
    session.inspector.remember(trainer.operation if unit == "operation" else None)
    session.predicted = None
    session.status = "running"
    trainer.step_batch() if unit == "batch" else trainer.step_operation()
    if session.running:
        session.pause("step")


def _run_back(session: Session) -> None:
    trainer, before = session.trainer, session.trainer.position
    breakpoints = trainer.breakpoints
    if not breakpoints.active:
        return session.reject("there is no breakpoint to go back to: {set_breakpoint} sets one")

    def finish() -> None:
        if trainer.position == before:
            session.reject("no breakpoint held before this place")
            session.pause("user")
        else:
            held = [b for b in breakpoints.active if breakpoints.holds(b)]
            text = f"breakpoint {held[0].number}: {held[0].text}" if held else ""
            session.pause("breakpoint", text)

    return session.travel(trainer.search_back(), finish)


def _train_further(session: Session, epochs: int) -> None:
    trainer = session.trainer
    if not trainer.done:
        return session.reject("the training is not complete yet")
    trainer.epochs = trainer.epoch + max(1, epochs)
    return session.resume()


# -- changing --------------------------------------------------------------------------------------


def _set_rate(session: Session, rate: float) -> None:
    if LEAST_RATE <= rate <= MOST_RATE:
        session.trainer.change("learning_rate", rate)
    else:
        session.reject(f"the learning rate must be {LEAST_RATE:g} to {MOST_RATE:g}")


def _edit(session: Session, command: commands.Edit | commands.Undo) -> None:
    if session.running:
        return session.reject("pause first: {pause}")
    session.inspector.remember(session.inspector.done)
    if isinstance(command, commands.Edit):
        session.trainer.change(*parse_change(command.text))
    elif not session.trainer.undo():
        return session.reject("there is nothing to take back at this place")
    return _show_effect(session)


def _show_effect(session: Session) -> None:
    """Say what the edits at this place do, if there are any."""
    trainer = session.trainer
    edits = [c for c in trainer.timeline.branch.changes if c.position == trainer.position]
    session.predicted = None
    session.status, session.reason, session.message = session.standing, "user", ""
    if edits:
        found = trainer.evaluate()
        session.predicted = found if any("[" in c.target for c in edits) else None
        known = [metric for metric in (LOSS, ACCURACY) if metric in trainer.metrics.schema]
        figures = in_words(known, {LOSS.name: found.loss, ACCURACY.name: found.accuracy})
        session.message = f"{edits[-1].text}: {figures} · {{undo}} takes it back"


def _branch(session: Session, command: commands.Fork | commands.GoOver) -> None:
    timeline = session.trainer.timeline
    if isinstance(command, commands.GoOver):
        branch = next((b for b in timeline.branches if b.name == command.branch), None)
        if branch is None:
            return session.reject(f"there is no branch {command.branch!r}")
        session.travel(timeline.go_over(branch))
    elif not timeline.in_the_past:
        return session.reject(
            "there is no future to keep here: go back first ({step_back}, {go_to})"
        )
    else:
        session.pause("user", f"{timeline.fork().name} begins here")
    session.outbox.append(messages.branches_of(session.trainer))
    return None


def _set_breakpoints(session: Session, command: SessionCommand) -> None:
    breakpoints = session.trainer.breakpoints
    match command:
        case commands.SetBreakpoint(condition):
            if len(breakpoints.all) >= MOST_BREAKPOINTS:
                return session.reject(f"there are {MOST_BREAKPOINTS} breakpoints already")
            breakpoints.add(condition)
        case commands.RemoveBreakpoint(number):
            breakpoints.remove(number)
        case commands.SwitchBreakpoint(number):
            found = breakpoints.find(number)
            if found:
                found.on = not found.on
    session.outbox.append(messages.breakpoints_of(session.trainer))
    return None
