"""What a screen sees: the latest state of a run, as much of it as a client asked for."""

from __future__ import annotations

import msgspec

from engine.protocol.events import (
    BranchesChanged,
    BreakpointsChanged,
    Changed,
    Event,
    Failed,
    MetricsChanged,
    NotRecorded,
    Paused,
    Reason,
    Rejected,
    Restarted,
    Resumed,
    Status,
    TrainingCompleted,
    Welcome,
)


class CurveData(msgspec.Struct, frozen=True):
    """A metric's minimum and maximum at each of its points; None where there is no number."""

    span: float
    lower: list[float | None]
    upper: list[float | None]


class SampleRow(msgspec.Struct, frozen=True):
    """What softmax says of one row."""

    row: int
    true_class: int
    predicted: int
    probabilities: list[float | None]


class Samples(msgspec.Struct, frozen=True):
    """Those rows that a client asked for, and how many there are to scroll through.

    Attributes
    ----------
    wrong : int
        Of all rows.
    every : int
        Of how many rows one was looked at: more than 1 where there are very many, as long as the
        training goes on, and then until all of them have been put in order.
    """

    first: int
    total: int
    wrong: int
    rows: list[SampleRow]
    every: int = 1


class Ghost(msgspec.Struct, frozen=True):
    """A way that was not gone on: the curves of another branch."""

    name: str
    curves: dict[str, CurveData]


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


class Inspection(msgspec.Struct, frozen=True):
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


class Frame(Event, frozen=True, tag=True):
    """The latest state, as much of it as a client asked for.

    Attributes
    ----------
    epoch, metrics
        The last epoch measured, and its metrics by name; none before the first.
    batch, operation : int
        What comes next, and ``next`` is the operation's name.
    reached : int
        The last epoch that is known on this branch; more than ``epoch`` in the past.
    longest : int
        The last epoch that is known on any branch that is sent.
    edited : bool
        Whether the samples are what softmax would say after an edit.
    """

    status: Status
    reason: Reason
    message: str
    epoch: int
    epochs: int
    metrics: dict[str, float]
    learning_rate: float
    epochs_per_second: float
    seconds_left: float | None
    speed: float | None
    seed: int
    rate_changes: list[tuple[int, float]]
    curves: dict[str, CurveData]
    samples: Samples | None
    batch: int = 0
    operation: int = 0
    next: str = ""
    reached: int = 0
    longest: int = 0
    branch: str = "main"
    ghosts: list[Ghost] = msgspec.field(default_factory=list)
    edited: bool = False
    inspection: Inspection | None = None


# All that a session sends.
SessionEvent = (
    Welcome
    | Program
    | Paused
    | Resumed
    | Rejected
    | Failed
    | NotRecorded
    | Changed
    | Restarted
    | TrainingCompleted
    | MetricsChanged
    | BreakpointsChanged
    | BranchesChanged
    | Frame
)
