"""The process that runs a script, and all that comes from it: output, figures, checkpoints."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from engine.scripts.channel import Channel, ClosedError, Message
from engine.scripts.forks import adopt_orphans
from engine.scripts.output import Log, Printed
from engine.scripts.past import Checkpoint, Past, Process
from engine.scripts.places import Line, Position
from engine.scripts.recurrence import Recurrence
from engine.scripts.states import Ended, LoopUnknownError, Measured, Ready, ScriptError, Stopped

_PROGRAM = Path(__file__).with_name("running.py")
_STREAMS = ("stdout", "stderr")
_WHILE, _MOMENT = 0.05, 0.005  # seconds


class Supervision:
    """Whoever steers a script sees it through this.

    Attributes
    ----------
    state : Ready, Stopped, Ended or None
        None while the script runs.
    position : Position
        Where it stood last.
    past : Past
    distrust : str
        Why no checkpoints are made, or nothing.
    recurrence : Recurrence
        Whether what was run again came to the same.
    """

    def __init__(
        self,
        command: Sequence[str],
        loop: int | None,
        past: Past,
        stdin: int | None,
        measured: Callable[[Measured], None],
        printed: Printed,
    ) -> None:
        self.state: Ready | Stopped | Ended | None = None
        self.position = Position(0)
        self.past = past
        self.distrust = ""
        self.recurrence = Recurrence()
        self.logs = [Log(name, printed) for name in _STREAMS]
        self._on_measured = measured
        self._answers: list[tuple[bool, Any]] = []
        self._unknown: LoopUnknownError | None = None
        adopt_orphans()
        self._process = self._start(command, loop, stdin)

    def _start(self, command: Sequence[str], loop: int | None, stdin: int | None) -> Process:
        ours, theirs = Channel.pair()
        number = theirs.fileno()
        started = subprocess.Popen(
            [sys.executable, _PROGRAM, str(number), str(os.getpid()), str(loop or 0), *command],
            stdin=stdin,
            stdout=self.logs[0].file,
            stderr=self.logs[1].file,
            pass_fds=[number],
        )
        started.returncode = 0  # it is waited for here
        theirs.close()
        return Process(ours, started.pid)

    def close(self) -> None:
        """End the script and all its checkpoints."""
        self._process.end()
        self.past.close()
        for log in self.logs:
            log.close()

    def wait(self, seconds: float | None = None) -> Ready | Stopped | Ended:
        """Wait until the script stands; TimeoutError if it takes longer."""
        end = None if seconds is None else monotonic() + seconds
        while self.state is None:
            if end is not None and monotonic() > end:
                raise TimeoutError
            self.attend(None if end is None else end - monotonic())
        if self._unknown:
            raise self._unknown
        return self.state

    def fileno(self) -> int:
        """Return the open file that has something to read when `attend` has something to do."""
        return self._process.channel.fileno()

    def attend(self, seconds: float | None = 0) -> None:
        """Take what comes next, if it comes within so many seconds, and what was printed."""
        if isinstance(self.state, Ended):
            return
        end = None if seconds is None else monotonic() + seconds
        while not self._process.channel.has_message(_until(end)):
            self._drain()
            if end is not None and monotonic() >= end:
                return
        self._drain()
        try:
            self._take(*self._process.channel.receive())
        except ClosedError:
            self._ended()

    def send(self, *message: Any) -> None:
        """Send a message to the script, which may have ended meanwhile."""
        try:
            self._process.channel.send(message)
        except ClosedError:
            self._ended()

    def go(self, position: Position | None, unit: str | None) -> None:
        """Let it go on, to that position or the next unit."""
        self.state = None
        self.send("go", position and tuple(position), unit)

    def ask(self, *message: Any) -> Any:
        """Ask the script something, and wait for the answer.

        Raises
        ------
        ScriptError
            If it has none.
        """
        if isinstance(self.state, Ended):
            raise ScriptError("the script has ended")
        self.send(*message)
        while not self._answers:
            if isinstance(self.state, Ended):
                raise ScriptError("the script has ended")
            self.attend(None)
        done, answer = self._answers.pop()
        if not done:
            raise ScriptError(answer)
        return answer

    def wake(self, position: Position) -> Position | None:
        """Go on from a copy of the last checkpoint that is not after a position.

        Returns
        -------
        Position or None
            Where it stands; None if there is no checkpoint.
        """
        while nearest := self.past.nearest(position):
            if self._wake(nearest):
                return nearest.position
            self.past.drop(nearest)  # it was killed
        return None

    def _wake(self, checkpoint: Checkpoint) -> bool:
        channel = checkpoint.process.channel
        try:
            channel.send(("wake",))
            _message, copied = channel.receive()
            woken = Process.born(copied) if copied else None
        except ClosedError:
            return False
        if woken is None:
            return False
        self._process.end()
        for log, place in zip(self.logs, checkpoint.printed, strict=True):
            log.move(place)
        self._process = woken
        self._answers.clear()
        self.state, self.position = None, checkpoint.position
        return True

    def _drain(self) -> None:
        for log in self.logs:
            log.drain()

    def _take(self, message: Message, copied: Channel | None) -> None:
        match message:
            case ("measured", measured):
                for iteration, epoch, metrics in measured:
                    self.recurrence.compare(iteration, metrics)
                    self._on_measured(Measured(iteration, epoch, metrics))
            case ("stopped", reason, position, line):
                self._drain()
                self.position = Position(*position)
                self.state = Stopped(reason, self.position, Line(*line))
            case ("answer", done, answer):
                self._answers.append((done, answer))
            case ("checkpoint", position, sizes) if copied:
                self._add(Position(*position), sizes, copied)
            case ("distrust", reason):
                self.distrust = reason
            case ("ready", line, text, function):
                self.state = Ready(line, text, function)
            case ("loops", reason, loops):
                self._unknown = LoopUnknownError(reason, loops)

    def _add(self, position: Position, sizes: tuple[int, ...], copied: Channel) -> None:
        printed = tuple(log.place(size) for log, size in zip(self.logs, sizes, strict=True))
        try:
            self.past.add(Checkpoint(position, Process.born(copied), printed))
        except ClosedError:
            copied.close()

    def _ended(self) -> None:
        """Wait for the end of a process that has closed its channel."""
        while (status := self._process.wait()) is None:
            self._drain()
            sleep(_MOMENT)
        self._drain()
        self._process.channel.close()
        self.state = Ended(status)


def _until(end: float | None) -> float:
    """A while that ends at a time at the latest."""
    return _WHILE if end is None else min(max(end - monotonic(), 0), _WHILE)
