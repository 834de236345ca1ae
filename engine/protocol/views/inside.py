"""The inside of an operation: the arrays that it reads and writes."""

from __future__ import annotations

import msgspec

from engine.protocol.bounds import Cells, Index, Rows, Text
from engine.protocol.events import Event


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
        The window of the heat map.
    bins : int
        Of the histogram.
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
    """A window of a matrix, each value a level; see `engine.debugging.statistics.levels`.

    Attributes
    ----------
    row, column : int
        Where the window begins.
    columns : int
        How many of the levels make a row.
    levels : bytes
        Of signed integers.
    """

    row: int
    column: int
    columns: int
    levels: bytes


class Table(msgspec.Struct, frozen=True):
    """A window of a matrix: its values, and which of them the last step changed."""

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
    gradient, update : float or None
        Of a parameter: the loss's derivative by it, and what the optimizer is going to add for
        it, or has added if this iteration's gradient is not known yet.
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
        Histograms are of values from one to the other; levels are of −scale to scale.
    histogram, histogram_before : list of int
        How many values lie in each part; of the array before the last step, if that is known.
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
    heat: HeatMap
    table: Table
    gradients: Table | None
    cell: Cell
    gradient: str
    gradient_scale: float
    update_ratio: float | None
