"""What the hooks in a script do: count, measure, and stop where it was asked for.

As long as nothing is to stop within an iteration, only its beginning calls anything here.
Statements are counted from the beginning of an iteration or a batch, so hooks before statements
are armed there, and nowhere else; a request to pause waits until then.
"""

from __future__ import annotations

import builtins
import os
import sys
import threading
from dataclasses import dataclass, field
from time import perf_counter
from types import CodeType, FrameType
from typing import Any, Literal, Protocol

from engine.scripts.loops import Found
from engine.scripts.metrics import Metrics, as_number
from engine.scripts.names import known, quiet
from engine.scripts.places import Line, Position
from engine.scripts.rewriting import ARMED, BATCH, END, ITERATION, STATEMENT

Unit = Literal["statement", "batch", "iteration"]
PATIENCE = 0.02  # seconds between two looks at what is asked of a script that runs


class Handler(Protocol):
    """Who is asked, in the script's own thread, what is to come next. It may block."""

    def measured(self, iteration: int, epoch: float | None, metrics: dict[str, float]) -> None:
        """Take what an iteration came to."""

    def attend(self, begins: bool) -> None:
        """Look at what is asked of the script, some times a second while it runs.

        Parameters
        ----------
        begins : bool
            Whether an iteration begins, and not a batch.
        """

    def stopped(self, reason: str) -> None:
        """Serve while the script stands, until the hooks have a new aim."""


@dataclass
class Aim:
    """Where to stop next.

    Attributes
    ----------
    position : Position or None
        There, or at the next place if there is no such place any more.
    unit : str or None
        At the next of these.
    asked : str
        Why at the next place where that can be, or nothing.
    """

    position: Position | None = None
    unit: Unit | None = None
    asked: str = ""


@dataclass
class Conditions:
    """What a script stops at, whatever the aim.

    Attributes
    ----------
    holding : dict of str to code
        Expressions that are asked after each iteration.
    lines : set of (str, int)
        Lines of files.
    """

    holding: dict[str, CodeType] = field(default_factory=dict)
    lines: set[tuple[str, int]] = field(default_factory=set)

    def first(self, frame: FrameType, counted: dict[str, Any]) -> str:
        """Return the first expression that holds in a frame, or nothing.

        A counter may have gone on already, and is given as it was.
        """
        if not self.holding:
            return ""
        names = known(frame) | counted
        with quiet():
            return next((text for text, code in self.holding.items() if _holds(code, names)), "")


def _holds(code: CodeType, names: dict[str, Any]) -> bool:
    try:
        return bool(eval(code, names))
    except Exception:  # what it names may be there later
        return False


class Hooks:
    """The hooks of one script, and where it is."""

    def __init__(self, loop: Found, handler: Handler) -> None:
        self.metrics = Metrics(loop)
        self.conditions = Conditions()
        self.aim = Aim()
        self.frame: FrameType | None = None  # where the script stands
        self.loop_frame: FrameType | None = None
        self._counter = loop.counter
        self._handler = handler
        self._iteration, self._batch, self._statement = -1, 0, -1
        self._counted: dict[str, Any] = {}
        self._due = 0.0
        self._unfinished = self._armed = False
        self._error: BaseException | None = None
        self._thread = threading.get_ident()
        os.register_at_fork(after_in_child=self.take_out)
        self.put_in()

    @property
    def position(self) -> Position:
        """What comes next."""
        return Position(max(self._iteration, 0), self._batch, max(self._statement, 0))

    @property
    def line(self) -> Line:
        """The line where the script stands."""
        if self.frame is None:
            return Line("", 0)
        code = self.frame.f_code
        return Line(code.co_filename, self.frame.f_lineno, code.co_qualname)

    @property
    def is_before_aim(self) -> bool:
        """Whether one may soon be glad of a checkpoint here: 1, 4, 16, ... before the aim."""
        if self.aim.position is None:
            return False
        left = self.aim.position.iteration - self._iteration
        return left > 0 and left.bit_count() == 1 and left.bit_length() % 2 == 1

    def put_in(self) -> None:
        """Let a script call them."""
        self._armed = False
        hooks = {ITERATION: self.iteration, BATCH: self.batch, END: self.end}
        vars(builtins).update(hooks | {STATEMENT: self.statement, ARMED: False})

    def take_out(self) -> None:
        """Do nothing any more, as in a process that the script starts."""
        nothing = dict.fromkeys((ITERATION, BATCH, END, STATEMENT), lambda: None)
        vars(builtins).update(nothing | {ARMED: False})

    # -- what a script calls ----------------------------------------------------------------------

    def iteration(self) -> None:
        """An iteration of the loop begins."""
        if threading.get_ident() != self._thread:
            return
        frame = sys._getframe(1)
        if self._unfinished:
            self._measure(frame)
        else:
            self.loop_frame, self._error = frame, sys.exc_info()[1]
        self._iteration += 1
        self._unfinished = True
        if self._counter in frame.f_locals:
            self._counted = {self._counter: frame.f_locals[self._counter]}
        self._begin("iteration")

    def batch(self) -> None:
        """A batch begins."""
        if self._unfinished and threading.get_ident() == self._thread:
            self._batch += 1
            self._begin("batch")

    def end(self) -> None:
        """The loop is left, in whatever way."""
        if not self._unfinished or threading.get_ident() != self._thread:
            return
        if sys.exc_info()[1] is self._error:
            self._measure(sys._getframe(1))
        self._unfinished, self._error = False, None
        self._iteration += 1
        self._due = 0.0
        self._begin("iteration")
        self.loop_frame, self._counted = None, {}  # nothing is to live longer for us

    def statement(self) -> None:
        """A statement begins, and hooks are armed."""
        if threading.get_ident() != self._thread:
            return
        self._statement += 1
        frame = sys._getframe(1)
        reason = self._reason(frame)
        if reason:
            self.frame = frame
            self.aim = Aim()
            try:
                self._handler.stopped(reason)
            finally:
                self.frame = None
                self._arm(self.aim.unit == "statement" or self._is_near(self.aim.position))

    # -- how they decide --------------------------------------------------------------------------

    def _measure(self, frame: FrameType) -> None:
        epoch = as_number(self._counted.get(self._counter))
        self._handler.measured(self._iteration, epoch, self.metrics.measure(frame))
        held = self.conditions.first(frame, self._counted)
        if held:
            self.aim.asked = held

    def _begin(self, unit: Unit) -> None:
        self._statement = -1
        if unit == "iteration":
            self._batch = 0
        if perf_counter() > self._due or self.is_before_aim:
            self._handler.attend(unit == "iteration")
            self._due = perf_counter() + PATIENCE
        aim = self.aim
        if aim.unit in (unit, "batch"):
            aim.asked = "step"
        self._arm(bool(aim.asked) or aim.unit == "statement" or self._is_near(aim.position))

    def _is_near(self, position: Position | None) -> bool:
        return position is not None and position[:2] <= (self._iteration, self._batch)

    def _arm(self, armed: bool) -> None:
        armed = armed or bool(self.conditions.lines)
        if armed is not self._armed:
            self._armed = armed
            setattr(builtins, ARMED, armed)

    def _reason(self, frame: FrameType) -> str:
        aim = self.aim
        if aim.asked:
            return aim.asked
        if aim.unit == "statement":
            return "step"
        if aim.position is not None and aim.position <= self.position:
            return "there"
        lines = self.conditions.lines
        if lines and (frame.f_code.co_filename, frame.f_lineno) in lines:
            return f"line {frame.f_lineno}"
        return ""
