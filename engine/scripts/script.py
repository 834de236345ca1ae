"""A person's script under a debugger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Self

from engine.scripts.hooks import Unit
from engine.scripts.output import Printed
from engine.scripts.past import Past
from engine.scripts.places import Position
from engine.scripts.states import Change, Ended, Measured, Ready, ScriptError, Stopped
from engine.scripts.supervision import Supervision


class Script:
    """A training script, in a process of its own.

    Parameters
    ----------
    path, arguments : str or Path, sequence of str
    loop : int, optional
        The line of the loop that trains, where that cannot be told.
    most, memory : int
        How many checkpoints there may be, and how many bytes they may take.
    stdin : int, optional
        An open file, or as `subprocess` has it.
    measured, printed : callable
        Take what is new while the script runs: `Measured`; and a stream's name and bytes.

    Attributes
    ----------
    changes : list of Change
        The statements that were executed, up to where the script is and after.

    Raises
    ------
    LoopUnknownError
        If it cannot be told which loop trains.
    ScriptError
        If there is no such file.
    """

    def __init__(
        self,
        path: str | Path,
        arguments: Sequence[str] = (),
        *,
        loop: int | None = None,
        most: int = 16,
        memory: int = 1 << 30,
        stdin: int | None = None,
        measured: Callable[[Measured], None] = lambda measured: None,
        printed: Printed = lambda stream, data: None,
    ) -> None:
        if not Path(path).is_file():
            raise ScriptError(f"there is no file {path}")
        self.changes: list[Change] = []
        self._conditions: tuple[list[str], list[tuple[str, int]]] = ([], [])
        self._metrics: list[str] | None = None
        past = Past(most, memory)
        command = [str(path), *arguments]
        self._process = Supervision(command, loop, past, stdin, measured, printed)
        try:
            self._process.wait()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the script and all its checkpoints."""
        self._process.close()

    # -- where it is ------------------------------------------------------------------------------

    @property
    def state(self) -> Ready | Stopped | Ended | None:
        """What it is doing; None while it runs."""
        return self._process.state

    @property
    def position(self) -> Position:
        """Where it stood last."""
        return self._process.position

    @property
    def distrust(self) -> str:
        """Why one cannot go back, or nothing."""
        return self._process.distrust

    @property
    def differs(self) -> int | None:
        """The first iteration that came to something else when it was run again."""
        return self._process.recurrence.differs

    @property
    def checkpoints(self) -> list[Position]:
        """The places that it can go on from at once."""
        return [checkpoint.position for checkpoint in self._process.past]

    @property
    def logs(self) -> dict[str, bytes]:
        """What it has printed up to where it is, by stream."""
        return {log.name: bytes(log) for log in self._process.logs}

    # -- going on ---------------------------------------------------------------------------------

    def run(self) -> Ready | Stopped | Ended:
        """Run until a condition holds, or to the end."""
        self.resume()
        return self.wait()

    def step(self, unit: Unit = "statement") -> Ready | Stopped | Ended:
        """Run to the next statement, batch or iteration."""
        self.resume(unit=unit)
        return self.wait()

    def pause(self) -> None:
        """Ask a running script to stop at the next iteration or batch."""
        self._process.send("pause")

    def resume(self, position: Position | None = None, unit: Unit | None = None) -> None:
        """Let it go on, without waiting."""
        if isinstance(self.state, Ended):
            raise ScriptError("the script has ended")
        self._process.go(position, unit)

    def wait(self, seconds: float | None = None) -> Ready | Stopped | Ended:
        """Wait until it stands; TimeoutError if it takes longer."""
        return self._process.wait(seconds)

    def fileno(self) -> int:
        """Return an open file to watch: when there is something to read, call `attend`."""
        return self._process.fileno()

    def attend(self) -> None:
        """Take what has come from the script, without waiting."""
        self._process.attend()

    def stop_at(
        self, conditions: Iterable[str] = (), lines: Iterable[tuple[str, int]] = ()
    ) -> None:
        """Stop after an iteration at which one of these holds, or before one of these lines."""
        asked = list(conditions), list(lines)
        self._process.ask("conditions", *asked)
        self._conditions = asked

    # -- going back -------------------------------------------------------------------------------

    def go_to(self, position: Position) -> Ready | Stopped | Ended:
        """Go to a position, forward or back; what was changed on the way is changed again."""
        self._must_stand()
        back = isinstance(self.state, Ended) or position < self.position
        nearest = self._process.past.nearest(position)
        if back or (nearest and nearest.position > self.position):
            return self._go_again(position)
        return self._go_through(self.position, position, self.changes_after(self.position))

    def undo(self) -> Ready | Stopped | Ended:
        """Take back the last change, and go to where it was made."""
        self._must_stand()
        if not self.changes:
            raise ScriptError("nothing was changed")
        change = self.changes.pop()
        try:
            state = self._go_again(change.position)
        except ScriptError:
            self.changes.append(change)
            raise
        self._begin_branch()
        return state

    def changes_after(self, position: Position) -> list[Change]:
        """Return the changes that were made after a position."""
        return [change for change in self.changes if change.position > position]

    def _must_stand(self) -> None:
        if self.state is None:
            raise ScriptError("pause the script first")

    def _go_again(self, position: Position) -> Ready | Stopped | Ended:
        start = self._process.wake(position)
        if start is None:
            raise ScriptError(self.distrust or "there is no checkpoint to go back to")
        if self._metrics is not None:
            self._process.ask("metrics", self._metrics)
        ahead = [change for change in self.changes if change.position >= start]
        return self._go_through(start, position, ahead)

    def _go_through(
        self, start: Position, position: Position, changes: list[Change]
    ) -> Ready | Stopped | Ended:
        """Go forward to a position, and make the changes that lie before it or there."""
        self._process.ask("conditions", [], [])
        for change in changes:
            if change.position <= position:
                self._forward(change.position)
                self._make(change)
        state = self._forward(position)
        if not isinstance(state, Ended):
            self._process.ask("conditions", *self._conditions)
        return state

    def _make(self, change: Change) -> None:
        self._process.ask("execute", change.statement, change.in_loop)

    def _forward(self, position: Position) -> Ready | Stopped | Ended:
        if not (isinstance(self.state, Stopped) and self.position >= position):
            self._process.go(position, None)
        return self.wait()

    def _begin_branch(self) -> None:
        """Forget what came after here: it would be different now."""
        here = self.position
        self.changes = [change for change in self.changes if change.position <= here]
        self._process.past.forget_after(here)
        self._process.recurrence.forget_from(here.iteration)
        for log in self._process.logs:
            log.renew()

    # -- looking and changing ---------------------------------------------------------------------

    def execute(self, statement: str, in_loop: bool = False) -> None:
        """Run a statement where the script stands, or in the function of the loop, as pdb does."""
        self._must_stand()
        change = Change(self.position, statement, in_loop)
        self._make(change)
        self._begin_branch()
        self.changes.append(change)

    def evaluate(self, expression: str, in_loop: bool = False) -> tuple[str, float | None]:
        """Return the value of an expression as text, and as a number if it is one."""
        text, number = self._process.ask("evaluate", expression, in_loop)
        return text, number

    def array(self, expression: str, in_loop: bool = False) -> tuple[str, tuple[int, ...], bytes]:
        """Return an array's type, shape and bytes."""
        kind, shape, data = self._process.ask("array", expression, in_loop)
        return kind, shape, data

    def metrics(self) -> tuple[list[str], dict[str, float]]:
        """Return which metrics are measured, and all numbers that could be, with their values."""
        chosen, possible = self._process.ask("numbers")
        return chosen, possible

    def measure(self, names: Sequence[str]) -> None:
        """Measure these from now on: names, attributes or other expressions."""
        self._process.ask("metrics", list(names))
        self._metrics = list(names)
        self._process.recurrence.forget_from(0)

    def rates(self) -> dict[str, float]:
        """Return the learning rates by the expressions that name them, the likeliest first."""
        found: dict[str, float] = self._process.ask("rates")
        return found

    def layers(self) -> dict[str, dict[str, Any]]:
        """Return what holds arrays, by expression, with each array's type and shape."""
        found: dict[str, dict[str, Any]] = self._process.ask("layers")
        return found

    def samples(self) -> dict[str, str]:
        """Return the arrays of probabilities, each with its labels, by expression."""
        found: dict[str, str] = self._process.ask("samples")
        return found
