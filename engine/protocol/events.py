"""What a run tells: small typed records.

The trainer emits those of the first part to whoever subscribed, in its own process. The session
sends those of the second part to its clients, together with `Frame`, its latest state.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

Status = Literal["running", "paused", "completed", "stopped", "failed", "lost"]
Reason = Literal["user", "step", "breakpoint", "alert", "error"]
Unit = Literal["epoch", "batch", "operation"]


class Position(NamedTuple):
    """What comes next: an operation of the program, on a batch of an epoch."""

    epoch: int
    batch: int
    operation: int


class Event(msgspec.Struct, frozen=True, tag=True):
    """The base of all events."""


# -- what a trainer tells ---------------------------------------------------------------------


class EpochMeasured(Event, frozen=True, tag=True):
    """The loss of an epoch's last batch is known; its last update is still to come."""

    epoch: int
    loss: float
    accuracy: float
    learning_rate: float


class EpochCompleted(Event, frozen=True, tag=True):
    """All operations of an epoch are done."""

    epoch: int


class OperationCompleted(Event, frozen=True, tag=True):
    """One operation is done; told only while stepping by operation."""

    epoch: int
    batch: int
    name: str


class Changed(Event, frozen=True, tag=True):
    """A number was changed: a hyperparameter, a weight, a row of the data, the threads."""

    position: Position
    target: str
    before: float
    after: float

    @property
    def text(self) -> str:
        """The change in words."""
        return f"{self.target} {self.before:.6g} → {self.after:.6g}"


class Branched(Event, frozen=True, tag=True):
    """A branch has begun at that place; what is measured from now on belongs to it."""

    name: str
    position: Position


class BreakpointHit(Event, frozen=True, tag=True):
    """A breakpoint's condition holds; the trainer has paused."""

    number: int
    condition: str
    position: Position


class LossNotFinite(Event, frozen=True, tag=True):
    """The loss is NaN or infinite; the update that would spoil the rest is still to come."""

    epoch: int
    batch: int
    loss: float


class Restarted(Event, frozen=True, tag=True):
    """The run is at its beginning again, on a new branch; ``seed`` tells from which weights."""

    seed: int
    new_weights: bool


class TrainingCompleted(Event, frozen=True, tag=True):
    """The last epoch asked for is done."""

    epoch: int
    loss: float
    accuracy: float


TrainerEvent = (
    EpochMeasured
    | EpochCompleted
    | OperationCompleted
    | Changed
    | Branched
    | BreakpointHit
    | LossNotFinite
    | Restarted
    | TrainingCompleted
)


# -- what a session tells its clients -----------------------------------------------------------

PROTOCOL = 1


class Welcome(Event, frozen=True, tag=True):
    """The first thing a client is told."""

    protocol: int
    name: str
    source: str
    network: str
    parameters: int
    seed: int
    samples: int
    class_names: list[str]
    batches: int
    note: str
    log: str


class Paused(Event, frozen=True, tag=True):
    """The training stands still."""

    reason: Reason
    message: str = ""


class Resumed(Event, frozen=True, tag=True):
    """The training goes on."""


class Rejected(Event, frozen=True, tag=True):
    """A command cannot be done."""

    message: str


class Failed(Event, frozen=True, tag=True):
    """The run could not be built, or broke."""

    message: str


class NotRecorded(Event, frozen=True, tag=True):
    """What of the run is not written to disk, and why; empty where everything is again."""

    message: str


class BreakpointState(msgspec.Struct, frozen=True):
    """A breakpoint: its condition, whether it is looked at, and how often it has held.

    Attributes
    ----------
    operations : list of str
        Those that the condition names.
    """

    number: int
    condition: str
    operations: list[str]
    on: bool
    held: int


class BreakpointsChanged(Event, frozen=True, tag=True):
    """The breakpoints of the run, all of them."""

    breakpoints: list[BreakpointState]


class BranchState(msgspec.Struct, frozen=True):
    """A branch: which one it left, where, after what change, and its last figures."""

    name: str
    parent: str
    left: int
    reason: str
    epoch: int | None
    loss: float | None
    accuracy: float | None


class BranchesChanged(Event, frozen=True, tag=True):
    """The branches of the run, all of them, and which one it is on."""

    branches: list[BranchState]
    current: str


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
    """An operation: what it is and does."""

    name: str
    phase: str
    reads: list[ArrayName]
    writes: list[ArrayName]
    formula: str
    source: str


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
    epoch, loss, accuracy
        The last epoch measured, and its figures.
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
    loss: float | None
    accuracy: float | None
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
    ghosts: list[Ghost] = []
    edited: bool = False
    inspection: Inspection | None = None


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
    | BreakpointsChanged
    | BranchesChanged
    | Frame
)
