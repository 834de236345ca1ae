"""A session beside a plain loop: where it is to be on which branch, and what it is to show."""

import contextlib
import itertools
import math
import os
import tempfile
from dataclasses import dataclass, field
from unittest import mock

import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from engine.debugging import timeline
from engine.protocol import events
from engine.protocol.commands import Subscribe
from engine.protocol.views.inside import InsideQuery, Inspection
from engine.protocol.views.samples import Samples, SamplesQuery
from engine.runs.description import Description
from engine.runs.opening import opened
from engine.runs.replay import replay
from engine.runs.run import Run
from engine.service import session as service
from engine.service.session import Session
from tests.plain_loop import PlainLoop
from tests.walk_choices import CLASSES, RATE, SAMPLES

BEGINNING = (0, 0, 0)
ARRAYS = ("weights", "biases", "output", "dinputs", "dweights", "dbiases")


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


class Compared(RuleBasedStateMachine):
    """A session, what is expected of it, and whether it is so."""

    @initialize(
        batch_size=st.sampled_from([None, None, 4, 5, 7]),
        dtype=st.sampled_from(["float64", "float32"]),
        hidden=st.sampled_from([(3,), (8, 3)]),
        epochs=st.sampled_from([4, 25]),
        pace=st.sampled_from(["usual", "slow", "snapshots", "slow snapshots"]),
        seed=st.integers(0, 2),
    )
    def begin(self, batch_size, dtype, hidden, epochs, pace, seed):
        self.open = contextlib.ExitStack()
        home = self.open.enter_context(tempfile.TemporaryDirectory())
        self.open.enter_context(mock.patch.dict(os.environ, XDG_STATE_HOME=home))
        if "slow" in pace:  # each pass of the program is one turn, as with a large network
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
        self.held = contextlib.ExitStack()
        self.open_run()
        self.options = {
            "batch_size": batch_size, "dtype": dtype, "hidden": hidden, "seed": seed,
            "samples": SAMPLES, "classes": CLASSES, "learning_rate": RATE,
        }  # fmt: skip
        self.pace, self.epochs = pace, epochs
        self.ways, self.name, self.here = {"main": Way()}, "main", BEGINNING
        self.stops, self.cached = [], None

    def open_run(self):
        """Hold the run in a session: a new one, or as it is recorded."""
        held = self.held.enter_context(opened(self.run))
        self.trainer = held.trainer
        self.session = Session(self.trainer, held.description, recorder=held.recorder)
        self.session.subscribed(None, Subscribe([InsideQuery()]))

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
        if "snapshots" in self.pace:
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

    # -- what is shown -----------------------------------------------------------------------------

    @invariant()
    def state_is_the_same(self):
        trainer, loop = self.trainer, self.plain(self.here)
        assert trainer.position == self.here
        assert trainer.timeline.branch.name == self.name
        assert trainer.timeline.reached == self.way.reached
        assert trainer.optimizer.learning_rate == loop.optimizer.learning_rate
        assert trainer.last_rate == loop.last_rate
        names = (*trainer.network.names, "loss")
        parts = zip(names, (*trainer.network.layers, trainer.loss), strict=True)
        for (owner, part), name in itertools.product(parts, ARRAYS):
            expected = loop.array(owner, name)
            assert hasattr(part, name) == (expected is not None), f"{owner}.{name}"
            assert expected is None or same(getattr(part, name), expected), f"{owner}.{name}"
        assert same(trainer.data.X, loop.X)
        assert (trainer.data.y == loop.y).all()
        if loop.measured:
            assert same(trainer.probabilities, loop.probabilities)
        losses = trainer.history.curve("loss", 10**6).lower[: len(loop.losses)]
        finite = np.isfinite(loop.losses)
        assert same(np.array(losses)[finite], np.array(loop.losses)[finite])
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
        frame = self.session.frame(Subscribe([SamplesQuery(0, 15)]))
        epoch, loss, accuracy, _ = loop.measured or (0, None, None, None)
        assert (frame.epoch, frame.branch, frame.epochs) == (epoch, self.name, self.epochs)
        assert same(frame.metrics.get("loss"), loss)
        assert frame.metrics.get("accuracy") == accuracy
        assert frame.learning_rate == loop.optimizer.learning_rate
        assert frame.status == ("completed" if self.done else "paused")
        assert (frame.batch, frame.operation, frame.next) == (*self.here[1:], loop.next)
        if not frame.edited:
            rows = [row.probabilities for row in frame.answer(Samples).rows]
            gaps = np.where(np.isfinite(loop.probabilities), loop.probabilities, np.nan)
            assert bool(rows) == bool(loop.measured)
            assert not rows or same(np.array(rows, float), gaps.astype(float))

    @invariant()
    def inside_is_the_same(self):
        loop = self.plain(self.here)
        for layer, array in (("dense_1", "weights"), ("dense_2", "biases")):
            dense, forward = loop.layers[layer], loop.operations.index(f"{layer}.forward")
            wanted = InsideQuery(forward, f"{layer}.{array}")
            cell = self.session.frame(Subscribe([wanted])).answer(Inspection).cell
            assert cell.name == f"{layer}.{array}[0, 0]"
            gradients = getattr(dense, f"d{array}", None)
            if gradients is None:
                assert (cell.gradient, cell.update) == (None, None)
                continue
            gradient = gradients[0, 0]
            ahead = f"{layer}.backward" in loop.operations[: self.here[2]]
            rate = loop.optimizer.learning_rate if ahead else loop.last_rate
            assert same(cell.value, float(getattr(dense, array)[0, 0]))
            assert same(cell.gradient, float(gradient))
            with np.errstate(all="ignore"):
                expected = None if rate is None else float(gradient * -rate)
            assert same(cell.update, expected)

    def teardown(self):
        if not hasattr(self, "session"):
            return
        with self.open:
            self.session.close()
            assert not self.session.not_recorded
            self.held.close()
            nothing = all(way.reached == BEGINNING for way in self.ways.values())
            if not nothing:
                list(replay(self.run))
