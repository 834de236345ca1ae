"""Random walks of a session, compared bit for bit with a plain loop of the notebook's code."""

import contextlib
import itertools
import math
import os
import tempfile
from dataclasses import dataclass, field
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from engine import commands, events
from engine.commands import Inspect, Subscribe
from engine.service import session as service
from engine.service.build import build_trainer
from engine.service.description import Description
from engine.service.record import Recorder
from engine.service.replay import replay
from engine.service.run import Run
from engine.service.session import Session
from engine.service.threads import limit_threads
from engine.training import timeline
from tests.plain_loop import PlainLoop

BEGINNING = (0, 0, 0)
RATE = 0.3
SAMPLES, CLASSES = 5, 3
UNITS = st.sampled_from(["operation", "batch", "epoch"])
TURNS = st.integers(0, 12)

ORDINARY = st.floats(-3, 3)
EXTREME = st.sampled_from(
    [1e308, -1e308, 1e39, 1e38, 1e200, math.nan, math.inf, -math.inf, -0.0, 5e-324, 1e-45, 1e20]
)
NUMBERS = ORDINARY | ORDINARY | EXTREME
EDITS = st.one_of(
    st.tuples(
        st.sampled_from(
            [
                *("dense_1.weights[0, 1]", "dense_1.biases[0, 2]"),
                *("dense_2.weights[1, 0]", "dense_2.biases[0, 1]"),
                *(f"data.X[{row}, {column}]" for row in (0, 7, 14) for column in (0, 1)),
            ]
        ),
        NUMBERS,
    ),
    st.tuples(st.sampled_from(["data.y[0]", "data.y[8]"]), st.integers(-1, CLASSES).map(float)),
    st.tuples(st.just("learning_rate"), st.sampled_from([0.0, 0.01, 1.0, 5.0, 1e300, -1.0])),
)
RATES = st.sampled_from([1e-9, 0.01, 0.1, 1.0, 20.0, 1e6])

COMPARED = st.one_of(
    st.tuples(
        st.sampled_from(["loss", "acc", "accuracy", "previous(loss)", "previous(acc)"]),
        st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
        st.sampled_from(["0.4", "1", "1.0986", "previous(loss)", "0.5 * previous(acc)", "loss"]),
    ).map(" ".join),
    st.tuples(st.sampled_from(["epoch", "lr * 10", "batch"]), st.sampled_from(["==", ">", "!="]))
    .flatmap(lambda start: st.integers(0, 25).map(lambda n: f"{start[0]} {start[1]} {n}")),
    st.tuples(
        st.sampled_from(["grad_norm()", "grad_norm('dense_1')", "grad_norm('dense_2')"]),
        st.sampled_from(["> 0.01", "> 0.1", "< 0.05", "!= 0"]),
    ).map(" ".join),
    st.sampled_from(
        [
            *("weight_norm() > 0.5", "weight_norm('dense_1') < 0.2", "dead('relu_1') > 0.3"),
            *("isnan(loss)", "isfinite(loss)", "0.2 < loss < 1.0", "isnan(grad_norm())"),
        ]
    ),
)  # fmt: skip
OPERATIONS = st.sampled_from(
    [
        *("dense_1.forward", "relu_1.forward", "loss.forward"),
        *("loss.backward", "dense_1.backward", "optimizer.update"),
    ]
)
CONDITIONS = st.one_of(
    COMPARED,
    st.tuples(COMPARED, st.sampled_from([" and ", " or ", " and not "]), COMPARED).map("".join),
    OPERATIONS,
    st.tuples(OPERATIONS, st.just("and"), COMPARED).map(" ".join),
    st.tuples(OPERATIONS, st.just("or"), OPERATIONS, st.just("and"), COMPARED).map(" ".join),
)
ENDINGS = st.sampled_from(["", "", "", " once", " after 2", " after 3 once"])


def same(ours, theirs):
    """Whether two arrays hold the same bits, but for the signs of zeros and of NaN."""
    ours, theirs = np.array(ours), np.array(theirs)
    equal = np.array_equal(ours, theirs, equal_nan=ours.dtype.kind == "f")
    return equal and ours.dtype == theirs.dtype


@dataclass
class Way:
    """A branch: what was changed on it, and how far it came."""

    changes: list = field(default_factory=list)
    reached: tuple = BEGINNING


@dataclass
class Stop:
    """A breakpoint."""

    number: int
    text: str
    after: int = 1
    once: bool = False
    on: bool = True
    held: int = 0


class Walk(RuleBasedStateMachine):
    """A person who does anything, in any order; the loop and this class say what follows."""

    @initialize(
        batch_size=st.sampled_from([None, None, 4, 5, 7]),
        dtype=st.sampled_from(["float64", "float32"]),
        hidden=st.sampled_from([(3,), (8, 3)]),
        epochs=st.sampled_from([4, 25]),
        pace=st.sampled_from(["usual", "slow", "snapshots"]),
        seed=st.integers(0, 2),
    )
    def begin(self, batch_size, dtype, hidden, epochs, pace, seed):
        self.open = contextlib.ExitStack()
        home = self.open.enter_context(tempfile.TemporaryDirectory())
        self.open.enter_context(mock.patch.dict(os.environ, XDG_STATE_HOME=home))
        if pace == "slow":  # each pass of the program is one turn, as with a large network
            self.open.enter_context(mock.patch.object(timeline, "BREATH", 0.0))
            self.open.enter_context(mock.patch.object(service, "AT_ONCE", 0.0))
        self.run = Run.create(
            Description(
                batch_size=batch_size,
                dtype=dtype,
                hidden=hidden,
                epochs=epochs,
                seed=seed,
                samples=SAMPLES,
                classes=CLASSES,
                learning_rate=RATE,
                paused=True,
                threads=1,
                memory=0 if pace == "slow" else 256,
            )
        )
        description = self.run.description
        self.trainer = build_trainer(description)
        self.open.enter_context(limit_threads(self.trainer, 1))
        self.session = Session(self.trainer, description)
        self.recorder = Recorder(self.trainer, description, self.run.directory, self.session.warn)
        self.session.record = self.recorder.save
        self.session.subscribed(None, Subscribe(0, 0, 0, 0, inspect=Inspect()))
        self.options = {
            "batch_size": batch_size, "dtype": dtype, "hidden": hidden, "seed": seed,
            "samples": SAMPLES, "classes": CLASSES, "learning_rate": RATE,
        }  # fmt: skip
        self.pace, self.epochs = pace, epochs
        self.ways, self.name, self.here = {"main": Way()}, "main", BEGINNING
        self.stops, self.cached = [], None

    # -- what is expected --------------------------------------------------------------------------

    @property
    def way(self):
        return self.ways[self.name]

    @property
    def done(self):
        return self.here[0] >= self.epochs

    def fresh(self):
        return PlainLoop(self.way.changes, **self.options)

    def plain(self, position):
        """The loop at a position of this branch."""
        key = repr([c for c in self.way.changes if c[0] <= position])
        loop = self.cached
        made = repr([c for c in self.way.changes if not loop or c[0] <= loop.position])
        usable = loop and loop.position <= position and self.key == made
        if not usable:
            loop = self.fresh()
        loop.changes = list(self.way.changes)
        self.cached, self.key = loop.go_to(position), key
        return loop

    def walk(self, goal):
        """Where a training stops that goes on from here to ``goal``."""
        loop = self.plain(self.here)
        self.cached = None  # since it goes on from here
        while loop.position < goal:
            loop.step()
            if self.alert(loop) or self.hit(loop):
                break
        self.arrive(loop.position)
        return loop.position

    def alert(self, loop):
        """Whether the loss has just become one that is no number."""
        after_loss = loop.operations[loop.position[2] - 1] == "loss.forward"
        return after_loss and loop.was_finite and not math.isfinite(loop.batch_loss)

    def hit(self, loop):
        """Whether a breakpoint stops the training here; count those that hold."""
        hits = 0
        for stop in self.stops:
            if stop.on and loop.holds(stop.text):
                stop.held += 1
                if stop.held >= stop.after:
                    hits += 1
                    stop.on = not stop.once
        return bool(hits)

    def arrive(self, position):
        self.here = tuple(position)
        self.way.reached = max(self.way.reached, self.here)

    def leave(self):
        """A change in the past begins a branch."""
        if self.here < self.way.reached:
            kept = [c for c in self.way.changes if c[0] <= self.here]
            self.begin_branch(Way(kept, self.here))

    def begin_branch(self, way):
        self.name = self.trainer.timeline.branch.name
        assert self.name not in self.ways
        self.ways[self.name] = way

    # -- what is done ------------------------------------------------------------------------------

    def do(self, command):
        """Give a command; return what was said."""
        if self.pace == "snapshots":
            self.trainer.timeline.due = 0.0
        elif self.pace == "slow":
            self.trainer.timeline.due = math.inf
        self.session.outbox.clear()
        self.session.handle(command)
        return self.said()

    def said(self):
        told, self.session.outbox[:] = list(self.session.outbox), []
        failures = [e for e in told if isinstance(e, events.Rejected) and "failed" in e.message]
        assert not failures
        return told

    def rejected(self, told):
        return any(isinstance(event, events.Rejected) for event in told)

    def settle(self):
        for _ in range(3000):
            if not self.session.running:
                return
            self.session.advance(0)
        raise AssertionError("it never ends")

    def turns(self, number):
        for _ in range(number):
            self.session.advance(0)

    @rule(unit=UNITS, times=st.integers(1, 4))
    def on(self, unit, times):
        for _ in range(times):
            rejected = self.rejected(self.do(commands.Step(unit)))
            self.settle()
            assert rejected == self.done
            if rejected:
                return
            epoch, batch, _ = self.here
            if unit == "operation":
                self.arrive(self.plain_after(1))
            elif unit == "batch":
                self.walk(divmod(epoch * self.trainer.batches + batch + 1, self.trainer.batches))
            else:
                self.walk((epoch + 1, 0, 0))
            self.is_here()

    def plain_after(self, steps):
        loop = self.plain(self.here)
        self.cached = None
        for _ in range(steps):
            loop.step()
        return loop.position

    def is_here(self):
        assert self.trainer.position == self.here

    @rule(unit=UNITS, times=st.integers(1, 5))
    def back(self, unit, times):
        for _ in range(times):
            place = self.earlier(unit)
            rejected = self.rejected(self.do(commands.Step(unit, back=True)))
            self.settle()
            assert rejected == (place is None)
            if place is None:
                return
            self.arrive(place)
            self.is_here()

    def earlier(self, unit):
        if self.here == BEGINNING:
            return None
        epoch, batch, operation = self.here
        batches, length = self.trainer.batches, len(self.trainer.program)
        number = (epoch * batches + batch) * length + operation
        if unit == "operation":
            number -= 1
        elif unit == "batch":
            number = (number - 1) // length * length
        else:
            number = (number - 1) // (length * batches) * (length * batches)
        iteration, operation = divmod(number, length)
        return (*divmod(iteration, batches), operation)

    @rule(epoch=st.integers(-1, 26))
    def go_to(self, epoch):
        self.do(commands.GoTo(epoch))
        self.settle()
        self.goes_to(epoch)

    def goes_to(self, epoch):
        place = (epoch + 1, 0, 0)
        if epoch >= self.epochs:
            return
        if place > self.way.reached:
            self.here = self.way.reached
            if not self.done:
                self.walk(place)
        else:
            self.here = place
        self.is_here()

    @rule(epoch=st.integers(-1, 24), first=TURNS, cut=TURNS)
    def cut_short(self, epoch, first, cut):
        """A journey that is ended by a pause is at a place that the branch has been at."""
        known = (epoch + 1, 0, 0) <= self.way.reached
        before = self.here
        self.do(commands.GoTo(epoch))
        self.turns(cut)
        under_way = self.session.running
        self.do(commands.Pause())
        assert not self.session.running
        if not under_way:
            self.goes_to(epoch)
            return
        position = tuple(self.trainer.position)
        if known:
            assert position <= max(before, (epoch + 1, 0, 0))
        if position <= self.way.reached:
            self.arrive(position)
        else:
            self.here = self.way.reached
            self.walk(position)

    @rule(far=st.integers(-1, 24), near=st.integers(-1, 24), cut=TURNS)
    def changes_its_mind(self, far, near, cut):
        """A journey to one place that is ended by one to another."""
        if max(far, near) >= min(self.epochs, self.way.reached[0]):
            return
        self.do(commands.GoTo(far))
        self.turns(cut)
        self.do(commands.GoTo(near))
        self.settle()
        self.goes_to(near)

    @rule(unit=UNITS, times=st.integers(1, 6), rate=RATES)
    def hurry(self, unit, times, rate):
        """Commands during a journey are done at its end."""
        for _ in range(times):
            self.do(commands.Step(unit, back=True))
        self.do(commands.SetLearningRate(rate))
        self.settle()
        for _ in range(times):
            self.here = self.earlier(unit) or self.here
        self.leave()
        self.changed("learning_rate", rate)

    @rule(first=TURNS, second=TURNS, rate=RATES)
    def resume_and_pause(self, first, second, rate):
        self.do(commands.Resume())
        if self.done:
            return
        self.turns(first)
        if self.session.running:
            self.walk(tuple(self.trainer.position))
            self.do(commands.SetLearningRate(rate))
            self.leave()
            self.changed("learning_rate", rate)
            self.turns(second)
        self.do(commands.Pause())
        self.walk(tuple(self.trainer.position))

    @rule()
    def resume(self):
        rejected = self.rejected(self.do(commands.Resume()))
        assert rejected == self.done
        self.settle()
        self.walk((self.epochs, 0, 0))
        self.is_here()

    @rule(epochs=st.integers(1, 5))
    def further(self, epochs):
        rejected = self.rejected(self.do(commands.TrainFurther(epochs)))
        assert rejected == (not self.done)
        if self.done:
            self.settle()
            self.epochs = self.here[0] + epochs
            self.walk((self.epochs, 0, 0))
            self.is_here()

    # -- changes -----------------------------------------------------------------------------------

    def changed(self, target, value):
        self.way.changes.append((self.here, target, value))

    @rule(edit=EDITS)
    def edit(self, edit):
        target, value = edit
        rejected = self.rejected(self.do(commands.Edit(f"{target} = {value!r}")))
        assert rejected != self.allowed(target, value)
        if not rejected:
            self.leave()
            self.changed(target, value)

    def allowed(self, target, value):
        if target == "learning_rate":
            return value >= 0
        if target.startswith("data.y"):
            return 0 <= value < CLASSES
        with np.errstate(over="ignore"):
            return bool(np.isfinite(np.dtype(self.options["dtype"]).type(value)))

    @rule(rate=RATES)
    def set_rate(self, rate):
        self.do(commands.SetLearningRate(rate))
        self.leave()
        self.changed("learning_rate", rate)

    @rule()
    def undo(self):
        own = [i for i, c in enumerate(self.way.changes) if c[0] == self.here and c[1] != "seed"]
        rejected = self.rejected(self.do(commands.Undo()))
        assert rejected == (not own)
        if rejected:
            return
        self.leave()
        self.way.changes.pop(own[-1])
        name = self.trainer.timeline.branch.name
        if name != self.name:  # the branch had nothing of its own
            left = self.ways.pop(self.name)
            self.name = name
            assert left.changes == [c for c in self.way.changes if c[0] <= self.here]

    @rule(new_weights=st.booleans(), cut=TURNS)
    def restart(self, new_weights, cut):
        seeds = [c for c in self.way.changes if c[1] == "seed"][-1:]
        rate = self.plain(self.here).optimizer.learning_rate
        self.do(commands.Restart(new_weights))
        self.here = BEGINNING
        seeds = [(BEGINNING, "seed", self.trainer.seed)] if new_weights else seeds
        rates = [(BEGINNING, "learning_rate", rate)] if rate != RATE else []
        self.begin_branch(Way(seeds + rates))
        self.turns(cut)
        self.do(commands.Pause())
        self.walk(tuple(self.trainer.position))

    @rule()
    def fork(self):
        rejected = self.rejected(self.do(commands.Fork()))
        assert rejected == (self.here >= self.way.reached)
        self.leave()

    @precondition(lambda self: len(self.ways) > 1)
    @rule(data=st.data(), cut=TURNS, wait=st.booleans())
    def go_over(self, data, cut, wait):
        self.name = data.draw(st.sampled_from(sorted(self.ways)))
        self.do(commands.GoOver(self.name))
        self.here = self.way.reached
        if wait:
            self.settle()
            self.is_here()
            return
        self.turns(cut)
        self.do(commands.Pause())
        assert self.trainer.position <= self.here
        self.here = tuple(self.trainer.position)

    # -- breakpoints -------------------------------------------------------------------------------

    @precondition(lambda self: len(self.stops) < 4)
    @rule(text=CONDITIONS, ending=ENDINGS)
    def set_breakpoint(self, text, ending):
        number = max((stop.number for stop in self.stops), default=0) + 1
        assert not self.rejected(self.do(commands.SetBreakpoint(text + ending)))
        _, _, after = ending.partition(" after ")
        self.stops.append(Stop(number, text, int(after[:1] or 1), "once" in ending))

    @precondition(lambda self: self.stops)
    @rule(data=st.data(), remove=st.booleans())
    def switch(self, data, remove):
        stop = data.draw(st.sampled_from(self.stops))
        if remove:
            self.do(commands.RemoveBreakpoint(stop.number))
            self.stops.remove(stop)
        else:
            self.do(commands.SwitchBreakpoint(stop.number))
            stop.on = not stop.on

    @precondition(lambda self: any(stop.on for stop in self.stops))
    @rule()
    def run_back(self):
        loop, last = self.fresh(), self.here
        while self.here > BEGINNING:
            loop.step()
            if loop.position >= self.here:
                break
            if any(stop.on and loop.holds(stop.text) for stop in self.stops):
                last = loop.position
        told = self.do(commands.RunBack())
        while self.session.running:
            self.session.advance(0)
            told += self.said()
        assert self.rejected(told) == (last == self.here)
        self.here = last
        self.is_here()

    # -- what is shown -----------------------------------------------------------------------------

    @invariant()
    def state_is_the_same(self):
        trainer, loop = self.trainer, self.plain(self.here)
        assert trainer.position == self.here
        assert trainer.timeline.branch.name == self.name
        assert trainer.timeline.reached == self.way.reached
        assert trainer.optimizer.learning_rate == loop.optimizer.learning_rate
        assert trainer.last_rate == loop.last_rate
        for dense, plain in zip(trainer.network.dense, loop.dense, strict=True):
            for name in ("weights", "biases", "dweights", "dbiases"):
                assert same(getattr(dense, name), getattr(plain, name)), f"{dense.name}.{name}"
        owners = {"loss": trainer.loss} | {layer.name: layer for layer in trainer.network.layers}
        for owner, name in itertools.product(owners, ("output", "dinputs")):
            array = getattr(owners[owner], name)
            if array is None:
                continue
            expected = loop.shown(f"{owner}.{name}")
            if expected is None:
                expected = np.zeros_like(array)
            assert same(array, expected), f"{owner}.{name}"
        assert same(trainer.data.X, loop.X)
        assert (trainer.data.y == loop.y).all()
        for measured, figures in (
            (trainer.measured, loop.measured),
            (trainer.previous, loop.previous),
        ):
            assert (measured is None) == (figures is None)
            if measured:
                shown = (measured.epoch, measured.loss, measured.accuracy, measured.learning_rate)
                assert same(shown, figures)
        assert [(b.on, b.held) for b in trainer.breakpoints.all] == [
            (stop.on, stop.held) for stop in self.stops
        ]

    @invariant()
    def frame_is_the_same(self):
        loop = self.plain(self.here)
        frame = self.session.frame(Subscribe(0, 0, 0, 15))
        epoch, loss, accuracy, _ = loop.measured or (0, None, None, None)
        assert (frame.epoch, frame.branch, frame.epochs) == (epoch, self.name, self.epochs)
        assert same(frame.loss, loss)
        assert frame.accuracy == accuracy
        assert frame.learning_rate == loop.optimizer.learning_rate
        assert frame.status == ("completed" if self.done else "paused")
        assert (frame.batch, frame.operation, frame.next) == (*self.here[1:], loop.next)
        if not frame.edited:
            rows = [row.probabilities for row in frame.samples.rows]
            gaps = np.where(np.isfinite(loop.probabilities), loop.probabilities, np.nan)
            assert bool(rows) == bool(loop.measured)
            assert not rows or same(np.array(rows, float), gaps.astype(float))

    @invariant()
    def inside_is_the_same(self):
        loop = self.plain(self.here)
        for layer, array in (("dense_1", "weights"), ("dense_2", "biases")):
            dense, forward = loop.layers[layer], loop.operations.index(f"{layer}.forward")
            wanted = Inspect(forward, f"{layer}.{array}")
            cell = self.session.frame(Subscribe(0, 0, 0, 0, inspect=wanted)).inspection.cell
            assert cell.name == f"{layer}.{array}[0, 0]"
            gradient = getattr(dense, f"d{array}")[0, 0]
            ahead = f"{layer}.backward" in loop.operations[: self.here[2]]
            rate = loop.optimizer.learning_rate if ahead else loop.last_rate
            assert same(cell.value, float(getattr(dense, array)[0, 0]))
            assert same(cell.gradient, float(gradient))
            with np.errstate(all="ignore"):
                expected = None if rate is None else float(gradient * -rate)
            assert same(cell.update, expected)

    def teardown(self):
        if not hasattr(self, "recorder"):
            return
        with self.open:
            self.recorder.close()
            assert not self.session.not_recorded
            nothing = all(way.reached == BEGINNING for way in self.ways.values())
            if not nothing:
                list(replay(self.run))


def walks(examples, steps):
    """Take so many walks, and find the shortest one that fails."""
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Walk, settings=chosen)


def test_random_walks():
    walks(40, 20)


@pytest.mark.endurance
def test_long_random_walks():
    walks(1000, 50)
