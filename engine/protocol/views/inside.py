"""The inside of an operation: the arrays that it reads and writes."""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.protocol.bounds import Cells, Index, Rows, Text
from engine.protocol.events import Event

# Steps of a heatmap above zero, and as many below; and the level of what is no number.
LEVELS, NOT_A_NUMBER = 8, 127

# What heatmap and numbers show of an array: its values, what was added to them since they were
# kept, or the loss's derivative by them.
Kind = Literal["values", "change", "gradient"]


class InsideQuery(msgspec.Struct, frozen=True, tag="inside"):
    """What a client shows of the inside of an operation.

    Attributes
    ----------
    operation : int or None
        Which one of the program; None for the one just done, or else the next.
    array : str
        Which of its arrays, as ``dense_1.weights``; the first that it writes, if it has none of
        that name.
    row, column : int
        The cell under the cursor.
    first_row, first_column, rows, columns : int
        The window of numbers.
    heat_row, heat_column, heat_rows, heat_columns : int
        The window of the heatmap; it may go on beside or below itself, see `heat_room`.
    bins : int
        Of the histogram.
    kind : Kind
        What window and heatmap show.
    """

    operation: Index | None = None
    array: Text = ""
    row: Index = 0
    column: Index = 0
    first_row: Index = 0
    first_column: Index = 0
    rows: Rows = 0
    columns: Rows = 0
    heat_row: Index = 0
    heat_column: Index = 0
    heat_rows: Cells = 0
    heat_columns: Cells = 0
    bins: Cells = 0
    kind: Kind = "values"


def heat_room(shape: tuple[int, ...], room: tuple[int, int]) -> tuple[int, int]:
    """Return how many rows and columns of a matrix a heatmap has room for.

    What is too long goes on beside itself if it is narrow, and what is too wide below itself if
    it is flat, each time with a gap of one value.
    """
    (rows, columns), (height, width) = shape, room
    beside, below = (width + 1) // (columns + 1), (height + 1) // (rows + 1)
    if rows > height and beside > 1:
        return min(rows, beside * height), columns
    if columns > width and below > 1:
        return rows, min(columns, below * width)
    return min(rows, height), min(columns, width)


class ArrayName(msgspec.Struct, frozen=True):
    """An array of an operation, as ``dense_1.weights`` and ``2×64``."""

    name: str
    shape: str


class ProgramEntry(msgspec.Struct, frozen=True):
    """An operation: what it is and does.

    Attributes
    ----------
    place, source : str
        Where its formula stands, as ``layers.py:59``, and its text.
    kernel_place, kernel_source : str
        The same of what does it in place of the formula; empty without a kernel.
    """

    name: str
    phase: str
    reads: list[ArrayName]
    writes: list[ArrayName]
    place: str
    source: str
    kernel_place: str = ""
    kernel_source: str = ""


class Program(Event, frozen=True, tag=True):
    """The operations of an epoch; told when a client begins to look inside of one."""

    operations: list[ProgramEntry]


class ArrayStatistics(msgspec.Struct, frozen=True):
    """The figures of an array's finite values, the share of zeros, and how many are not finite."""

    minimum: float
    mean: float
    maximum: float
    deviation: float
    zeros: float
    not_numbers: int
    infinite: int


class ArrayLine(msgspec.Struct, frozen=True):
    """An array in one line; ``changed`` tells whether the last step changed it."""

    name: str
    shape: str
    dtype: str
    now: ArrayStatistics
    changed: bool


class HeatMap(msgspec.Struct, frozen=True):
    """A window of a matrix, each value a level from −scale to scale.

    See `engine.debugging.statistics.levels`.

    Attributes
    ----------
    row, column : int
        Where the window begins.
    columns : int
        How many of the levels make a row.
    levels : bytes
        Of signed integers.
    scale : float
        A round number that hardly any finite value of the array exceeds.
    """

    row: int
    column: int
    columns: int
    levels: bytes
    scale: float


class Table(msgspec.Struct, frozen=True):
    """A window of a matrix: its values, and which cells the last step changed."""

    row: int
    column: int
    values: list[list[float]]
    changed: list[list[bool]]


class Cell(msgspec.Struct, frozen=True):
    """The value under the cursor.

    Attributes
    ----------
    name : str
        As ``dense_1.weights[0, 17]``.
    before : float or None
        What it was before the last step.
    gradient : float or None
        The loss's derivative by it, if that is computed.
    update : float or None
        Of a parameter: what the optimizer is going to add for it, or has added if this
        iteration's gradient is not known yet.
    """

    name: str
    row: int
    column: int
    value: float
    before: float | None
    gradient: float | None
    update: float | None


class Inspection(msgspec.Struct, frozen=True, tag="inside"):
    """The inside of an operation.

    Attributes
    ----------
    operation, array : int
        Which one is looked at, in the program and in ``arrays``.
    arrays : list of ArrayLine
        What it reads, and then what else it writes.
    before : ArrayStatistics or None
        Of the array before the last step, where that is known.
    sampled : bool
        Whether figures and histogram are of a part of the array only.
    rows, columns : int
        Of the array as a matrix.
    low, scale : float
        Histograms are of values from one to the other.
    histogram, histogram_before : list of int
        How many values lie in each part; of the array before the last step, if that is known.
    kind, missing : Kind, str
        What heatmap and table show, and why there is nothing of that kind; else empty.
    since : str
        When the array was as before: ``in dense_1.backward`` or ``since epoch 512``.
    gradients : Table or None
        The window of a parameter's gradient, where the table shows its values.
    gradient, gradient_scale : str, float
        The name of a parameter's gradient, and a round number that it does not exceed.
    update_ratio : float or None
        The length of a parameter's update, divided by its own.
    """

    operation: int
    array: int
    arrays: list[ArrayLine]
    before: ArrayStatistics | None
    sampled: bool
    rows: int
    columns: int
    low: float
    scale: float
    histogram: list[int]
    histogram_before: list[int]
    kind: Kind
    missing: str
    since: str
    heat: HeatMap
    table: Table
    gradients: Table | None
    cell: Cell
    gradient: str
    gradient_scale: float
    update_ratio: float | None
