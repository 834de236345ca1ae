"""What a script is doing, as whoever steers it sees it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.scripts.places import Line, Position


class ScriptError(Exception):
    """Something that cannot be done with a script; its text says why, in one line."""


class LoopUnknownError(ScriptError):
    """It cannot be told which loop trains.

    Attributes
    ----------
    loops : list of (int, str, str)
        The line of each, its text, and the function it is in.
    """

    def __init__(self, message: str, loops: list[tuple[int, str, str]]) -> None:
        super().__init__(message)
        self.loops = loops


@dataclass(frozen=True)
class Ready:
    """A script has not begun; its loop is at that line."""

    line: int
    text: str
    function: str


@dataclass(frozen=True)
class Stopped:
    """A script stands: ``reason`` is the condition that holds, ``step``, ``there`` or ``pause``."""

    reason: str
    position: Position
    line: Line


@dataclass(frozen=True)
class Ended:
    """A script has ended, with a status as `subprocess` gives it."""

    status: int


@dataclass(frozen=True)
class Measured:
    """What an iteration came to; ``epoch`` is the script's own number of it."""

    iteration: int
    epoch: float | None
    metrics: dict[str, float]


@dataclass(frozen=True)
class Change:
    """A statement that was executed where the script stood, or in the function of its loop."""

    position: Position
    statement: str
    in_loop: bool = False
