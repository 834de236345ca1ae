"""The timeline: where a training has been, what was changed on the way, and the ways not taken.

Going back is: restore the nearest snapshot, and run forward to the place asked for, making again
the changes that were made on the way. A change in the past begins a branch; the future that was
known before stays, on the branch that it belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from time import perf_counter

from engine.debugging.branches import Branch
from engine.debugging.changes import RESERVED, find_target
from engine.debugging.places import earlier, places_between
from engine.debugging.repeating import find_cause
from engine.protocol import events
from engine.protocol.events import Changed, Position
from engine.training.machine import Machine, NotRepeatedError
from engine.training.snapshots import Saver, Snapshot

MEMORY = 256 * 1024 * 1024
EVERY = 0.02  # seconds of training between two snapshots, or
TIMES_ITS_COST = 200  # so many times what the last one took, if that is longer
BREATH = 0.002  # seconds of a journey between two looks at what else is to be done
ON_THE_WAY = 32  # snapshots kept of a long way, for the next steps back,
SHARE_ON_THE_WAY = 1 / 8  # and which part of the memory they may take


class Timeline:
    """Takes a machine through time.

    Parameters
    ----------
    machine : Machine
        At its beginning.
    memory : int
        Bytes that the past of all branches may take.

    Attributes
    ----------
    branches : list of Branch
    branch : Branch
        The one that the machine is on.
    saver : Saver
    """

    def __init__(self, machine: Machine, memory: int = MEMORY) -> None:
        self.machine, self.memory = machine, memory
        self.saver = Saver(machine)
        self.branch = Branch("main", history=machine.history)
        self.branches = [self.branch]
        self.due = 0.0
        self._numbers = count(1)
        self._first: Snapshot | None = None
        self._on_the_way: list[Snapshot] = []
        self._original: dict[str, float] = {}
        # The iteration from which on no array holds what was there before the last jump.
        self._exact_from = 0
        self._others = 0  # bytes
        # Called with the end of a journey one operation before it, or there if it is the beginning.
        self.approach: Callable[[Position], None] = lambda end: None
        self.kept: Callable[[Snapshot], None] = lambda snapshot: None  # called with each new one

    # -- where it is ---------------------------------------------------------------------------

    def keep_beginning(self) -> Snapshot:
        """Keep the beginning, before the machine first moves or is changed; return it."""
        if self._first is None:
            self._first = self.saver.take()
        return self._first

    @property
    def reached(self) -> Position:
        """How far this branch has come."""
        return max(self.branch.reached, self.machine.position)

    @property
    def in_the_past(self) -> bool:
        """Whether there is a future that is known."""
        return self.machine.position < self.branch.reached

    def mark(self) -> None:
        """Note how far this branch has come, before the machine leaves its end."""
        if self.machine.position >= self.branch.reached:
            self.branch.reached = self.machine.position
            self.branch.measured = self.machine.measured
            self.branch.state = self.saver.digest()

    def next_change(self) -> Position | None:
        """Return where the next of the changes ahead was made, on known ground."""
        if not self.in_the_past:
            return None
        here = self.machine.position
        return next((c.position for c in self.branch.changes if c.position > here), None)

    # -- keeping -------------------------------------------------------------------------------

    def keep(self, now: float) -> None:
        """Take a snapshot, if this is the beginning of an iteration that has none yet."""
        self.due = now + EVERY
        snapshots = self.branch.snapshots
        if self.machine.operation or self.machine.iteration <= snapshots.newest:
            return
        snapshots.keep(self.saver.take())
        self.kept(next(iter(snapshots)))
        self.due = now + max(EVERY, TIMES_ITS_COST * (perf_counter() - now))
        self._make_room()

    def _make_room(self) -> None:
        """Thin the past, what takes most first, until all of it fits into the memory."""
        room = self.memory * (1 - SHARE_ON_THE_WAY) - self._others
        while self.branch.nbytes > room:
            largest_first = sorted(self.branches, key=lambda b: b.nbytes, reverse=True)
            if not any(branch.thin() for branch in largest_first):
                break
            self._count_others()
            room = self.memory * (1 - SHARE_ON_THE_WAY) - self._others

    def _count_others(self) -> None:
        """Add up what the other branches take."""
        self._others = sum(b.nbytes for b in self.branches if b is not self.branch)

    # -- travelling ----------------------------------------------------------------------------

    def travel(self, target: Position) -> Iterator[None]:
        """Go to a place of this branch that it has been at before.

        It yields every few milliseconds, so that others get their turn. Whoever does not continue
        it then stops where the machine is: at an earlier place of this branch, with all changes
        that were made up to there.

        Where the machine is, it begins there if that can be.
        """
        self.mark()
        start, here = self.nearest(target), self.machine.position
        if here > target or here < start.position:
            self.jump(start)
        yield from self._end_at(target)

    def repeat(self, since: int) -> None:
        """Run again, from that epoch or an earlier one, to where the machine is."""
        self.mark()
        here = self.machine.position
        self.jump(self.nearest(here, since))
        for _ in self._run_to(here):
            pass

    def nearest(self, target: Position, since: int | None = None) -> Snapshot:
        """Return the snapshot to begin from: an iteration earlier, so that all is computed anew."""
        batches = self.machine.batches
        latest = target.epoch * batches + target.batch - 1
        if since is not None:
            latest = min(latest, since * batches)
        near = [s for s in self._on_the_way if s.iteration <= latest]
        kept = next(self.branch.before(latest), self.keep_beginning())
        return max(kept, *near, key=lambda s: s.iteration) if near else kept

    def jump(self, snapshot: Snapshot) -> None:
        """Stand at a snapshot, with the data and the number of threads as they were then."""
        machine = self.machine
        for name, value in self._original.items():
            find_target(machine, name).write(value)
        self.saver.restore(snapshot.state)
        self._exact_from = snapshot.iteration + bool(snapshot.iteration)
        for change in self.branch.changes:
            if change.position < snapshot.position and change.target in self._original:
                find_target(machine, change.target).write(change.after)
        self.repeat_changes()

    def repeat_changes(self) -> None:
        """Make again the changes that were made at this place."""
        here = self.machine.position
        for change in self.branch.changes:
            if change.position == here:
                find_target(self.machine, change.target).write(change.after)

    def _end_at(self, target: Position) -> Iterator[None]:
        """Run to the end of a journey, with a look around one operation before."""
        last = earlier(self.machine, target, "operation") or target
        if self.machine.position <= last:
            yield from self._run_to(last)
            self.approach(target)
        yield from self._run_to(target)

    def _run_to(self, target: Position) -> Iterator[None]:
        here = self.machine.position
        ahead = {c.position for c in self.branch.changes if here < c.position < target}
        for stop in (*sorted(ahead), target):
            yield from self._run(stop)
            self.repeat_changes()
            if self._is_exact:
                yield

    @property
    def _is_exact(self) -> bool:
        """Whether all arrays hold what they held when the training first came here."""
        return self.machine.iteration >= self._exact_from

    def _run(self, stop: Position) -> Iterator[None]:
        """Run forward over known ground, keeping some snapshots of a long way."""
        with self.recovering():
            yield from self._advance(stop)

    @contextmanager
    def recovering(self) -> Iterator[None]:
        """Where an update raises, take back the part of it that it has done.

        Where known ground is not the same again, find out why.
        """
        try:
            yield
        except NotRepeatedError as error:
            error.cause = find_cause(self)
            raise
        except Exception:
            here = self.machine.position
            if self.machine.program[here.operation].phase == "update":
                self.repeat(here.epoch)
            raise

    def _advance(self, stop: Position) -> Iterator[None]:
        machine, length = self.machine, len(self.machine.program)
        goal = stop.epoch * machine.batches + stop.batch
        room = int(self.memory * SHARE_ON_THE_WAY / self.keep_beginning().nbytes)
        every = (goal - machine.iteration) // min(ON_THE_WAY, room) if room else 0
        if every:
            self._on_the_way.clear()
        while machine.iteration < goal:
            breath = perf_counter() + BREATH
            with machine.rerun():
                while True:
                    machine.advance(length)
                    if every and not (goal - machine.iteration) % every:
                        self._on_the_way.append(self.saver.take())
                    if machine.iteration >= goal or perf_counter() >= breath:
                        break
            if machine.iteration < goal and self._is_exact:
                yield
        with machine.rerun():
            machine.advance(stop.operation)

    def search_back(self, holds: Callable[[], bool], stops: list[int]) -> Iterator[None]:
        """Go to the last place before this one where ``holds`` held; stay here if there is none.

        Parameters
        ----------
        holds : callable
            Asked at each place.
        stops : list of int
            The operations before which it is asked; and after each iteration.
        """
        origin = end = self.machine.position
        self.mark()
        for snapshot in (*self.branch.before(self.machine.iteration), self.keep_beginning()):
            start = self._exact_after(snapshot)
            if start >= end:
                continue
            found = None
            self.jump(snapshot)
            yield from self._run_to(start)
            for place in places_between(self.machine, start, end, stops):
                yield from self._run_to(place)
                if place < origin and holds():
                    found = place
            if found:
                self.jump(self.nearest(found))
                yield from self._end_at(found)
                return
            end = start
        yield from self.travel(origin)

    def _exact_after(self, snapshot: Snapshot) -> Position:
        """Return the first place after a snapshot at which all arrays are filled anew."""
        if not snapshot.iteration:
            return snapshot.position
        return Position(*divmod(snapshot.iteration + 1, self.machine.batches), 0)

    # -- changing ------------------------------------------------------------------------------

    def change(self, name: str, value: float) -> Changed | None:
        """Change a number here and now; ChangeError if that cannot be.

        In the past this begins a branch. It is returned as an event, which is not emitted yet;
        None if a callback makes again the change that it has made here before.
        """
        machine = self.machine
        target = find_target(machine, name)
        value = float(value)  # whatever kind of number it is, it is written as it is recorded
        target.check(value)
        self.keep_beginning()
        again = self.in_the_past or self.branch.has(machine.position, target.name, value)
        if machine.in_callback and again:
            target.write(value)
            return None
        if self.in_the_past:
            self.fork()
        before = target.read()
        target.write(value)
        if not target.in_snapshots:
            self._original.setdefault(target.name, before)
        changed = Changed(machine.position, target.name, before, target.read())
        self.branch.changes.append(changed)
        return changed

    def undo(self) -> Changed | None:
        """Take back the last change that was made at this place; return it."""
        here = self.machine.position
        edits = [c for c in self.branch.changes if c.position == here and c.target not in RESERVED]
        if not edits:
            return None
        if self.in_the_past:
            self.fork()
        branch = self.branch
        changed = edits[-1]
        del branch.changes[max(i for i, c in enumerate(branch.changes) if c is changed)]
        find_target(self.machine, changed.target).write(changed.before)
        branch.snapshots.forget_from(here)
        self._on_the_way.clear()
        self._leave_if_needless()
        return changed

    def _leave_if_needless(self) -> None:
        """Go back to the parent, if this branch differs from it in nothing."""
        branch, parent = self.branch, self.branch.parent
        has_children = any(b.parent is branch for b in self.branches)
        if parent is None or has_children or branch.left != self.machine.position:
            return
        if branch.changes == [c for c in parent.changes if c.position <= branch.left]:
            self.branches.remove(branch)
            self._enter(parent)

    def fork(self) -> Branch:
        """Begin a branch here; the future that is known stays with the branch that is left."""
        here, old = self.machine.position, self.branch
        self.mark()
        measured = self.machine.measured
        epochs = measured.epoch + 1 if measured else 0
        history = old.history.until(epochs)
        changes = [c for c in old.changes if c.position <= here]
        name = self._new_name()
        branch = Branch(name, old, here, changes, history, reached=here, measured=measured)
        self._begin(branch)
        if epochs > history.epochs:
            # What a bucket of the history holds cannot be parted: its epochs are run again.
            self.repeat(history.epochs)
        if not here.operation:
            # The parent's later ones are no use here, and the first step back is to be short.
            branch.snapshots.keep(self.saver.take())
            self._make_room()
        return branch

    def restart(self) -> Branch:
        """Begin a branch at the beginning, with nothing changed."""
        self.mark()
        first = self.keep_beginning()
        branch = Branch(self._new_name(), self.branch)
        self._begin(branch)
        self.jump(first)
        return branch

    def _new_name(self) -> str:
        return f"branch_{next(self._numbers)}"

    def take_over(
        self, branches: list[Branch], branch: Branch, here: Position, number: int
    ) -> Iterator[None]:
        """Go where another timeline of the same training was, from its beginning.

        Parameters
        ----------
        branches : list of Branch
            All that it had.
        branch : Branch
            The one that it was on.
        number : int
            That of the next branch.
        """
        for change in (change for each in branches for change in each.changes):
            target = find_target(self.machine, change.target)
            if not target.in_snapshots:
                self._original.setdefault(target.name, target.read())
        self.branches = branches
        self._numbers = count(number)
        self._enter(branch)
        self.jump(self.nearest(here))
        yield from self._end_at(here)

    def go_over(self, branch: Branch) -> Iterator[None]:
        """Go to the end of another branch."""
        self.mark()
        self._enter(branch)
        self.jump(self.nearest(branch.reached))
        yield from self._end_at(branch.reached)

    def _begin(self, branch: Branch) -> None:
        self.branches.append(branch)
        self._enter(branch)
        self.machine.emit(events.Branched(branch.name, branch.left))

    def _enter(self, branch: Branch) -> None:
        self.branch, self.machine.history = branch, branch.history
        self._on_the_way.clear()
        self._count_others()
        self._make_room()
