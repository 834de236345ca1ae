"""Where a script is."""

from __future__ import annotations

from typing import NamedTuple


class Position(NamedTuple):
    """What comes next: a statement, counted from the beginning of a batch of an iteration.

    Attributes
    ----------
    iteration : int
        Of the loop that trains, from 0. After the loop, how many there were.
    batch : int
        How many batches have begun in the iteration: 0 before the first one.
    statement : int
        How many statements of the person's files were begun since.
    """

    iteration: int
    batch: int = 0
    statement: int = 0


class Line(NamedTuple):
    """A line of a file, and the function it is in."""

    file: str
    number: int
    function: str = "<module>"
