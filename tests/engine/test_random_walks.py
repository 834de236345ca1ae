"""Random walks of a session, compared bit for bit with a plain loop of the notebook's code."""

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from engine.protocol import commands
from tests.walk_choices import CLASSES, CONDITIONS, EDITS, ENDINGS, RATE, RATES, TURNS, UNITS
from tests.walk_model import BEGINNING, Compared, Stop, Way


class Walk(Compared):
    """A person who does anything, in any order."""

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

    @precondition(lambda self: len(self.stops) < 4 and not self.done)
    @rule(text=CONDITIONS, ending=ENDINGS)
    def run_to_breakpoint(self, text, ending):
        self.set_breakpoint(text, ending)
        self.resume()

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
    walks(30, 20)


@pytest.mark.endurance
def test_long_random_walks():
    walks(1000, 50)
