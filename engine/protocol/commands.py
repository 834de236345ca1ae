"""What a run is told: small typed records, from a client to the session.

All numbers and texts are bounded, so that decoding refuses what no session could do.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from engine.protocol.events import Unit
from engine.protocol.metrics import LONGEST_NAME, MOST_METRICS

MOST_EPOCHS = 10**12

Order = Literal["all", "wrong", "uncertain"]
Index = Annotated[int, Meta(ge=0, le=10**15)]
Number = Annotated[int, Meta(ge=0, le=10**9)]
Rows = Annotated[int, Meta(ge=0, le=500)]
Cells = Annotated[int, Meta(ge=0, le=1000)]
Points = Annotated[int, Meta(ge=0, le=10_000)]
Epochs = Annotated[int, Meta(ge=-MOST_EPOCHS, le=MOST_EPOCHS)]
Span = Annotated[int, Meta(ge=0, le=4 * MOST_EPOCHS)]
Steps = Annotated[int, Meta(ge=-1000, le=1000)]
Finite = Annotated[float, Meta(ge=-1e308, le=1e308)]
Text = Annotated[str, Meta(max_length=500)]
Name = Annotated[str, Meta(max_length=LONGEST_NAME)]


class Command(msgspec.Struct, frozen=True, tag=True):
    """The base of all commands."""


class Inspect(msgspec.Struct, frozen=True):
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


class Subscribe(Command, frozen=True, tag=True):
    """What a client shows, and so wants to be told.

    Attributes
    ----------
    points : int
        Columns of a curve; 0 for no curves.
    span : int
        Epochs that those columns are wide.
    first, rows : int
        Sample rows to show, from the first one on; 0 rows for none.
    order : Order
        All rows as they are, only the wrong ones, or the least certain first.
    inspect : Inspect or None
        The operation whose inside is shown.
    curves : list of str
        The metrics whose curves are shown.
    """

    points: Points
    span: Span
    first: Index
    rows: Rows
    order: Order = "all"
    inspect: Inspect | None = None
    curves: Annotated[list[Name], Meta(max_length=MOST_METRICS)] = msgspec.field(
        default_factory=list
    )


class Drawn(Command, frozen=True, tag=True):
    """The last frame is on the screen: the next may come."""


class Pause(Command, frozen=True, tag=True):
    """Stand still."""


class Resume(Command, frozen=True, tag=True):
    """Go on."""


class Step(Command, frozen=True, tag=True):
    """Go one operation, batch or epoch on, or back, and pause."""

    unit: Unit
    back: bool = False


class GoTo(Command, frozen=True, tag=True):
    """Go on or back until that epoch is the last one measured, and pause.

    ``relative`` counts it from the last one measured.
    """

    epoch: Epochs
    relative: bool = False


class RunBack(Command, frozen=True, tag=True):
    """Go back to the last place where a breakpoint's condition held, and pause."""


class Edit(Command, frozen=True, tag=True):
    """Change a number: ``dense_1.weights[0, 17] = 0.5``."""

    text: Text


class Undo(Command, frozen=True, tag=True):
    """Take back the last change that was made here."""


class SetBreakpoint(Command, frozen=True, tag=True):
    """Stop where that condition holds."""

    condition: Text


class SwitchBreakpoint(Command, frozen=True, tag=True):
    """Look at a breakpoint, or no longer."""

    number: Number


class RemoveBreakpoint(Command, frozen=True, tag=True):
    """Forget a breakpoint."""

    number: Number


class Fork(Command, frozen=True, tag=True):
    """Keep the future that is known, and begin a branch here."""


class GoOver(Command, frozen=True, tag=True):
    """Go to the end of another branch."""

    branch: Text


class SetLearningRate(Command, frozen=True, tag=True):
    """Update with that step from now on."""

    learning_rate: Finite


class NudgeLearningRate(Command, frozen=True, tag=True):
    """Go so many steps up or down the ladder 1, 2, 5, 10, ... of learning rates."""

    steps: Steps


class NudgeSpeed(Command, frozen=True, tag=True):
    """Go so many steps up or down the ladder of epochs a second; its top is no limit."""

    steps: Steps


class Restart(Command, frozen=True, tag=True):
    """Begin again, from the same weights or from new ones."""

    new_weights: bool


class TrainFurther(Command, frozen=True, tag=True):
    """Add so many epochs to the run, and go on."""

    epochs: Annotated[int, Meta(ge=1, le=MOST_EPOCHS)]


class Shutdown(Command, frozen=True, tag=True):
    """End the session."""


SessionCommand = (
    Subscribe
    | Drawn
    | Pause
    | Resume
    | Step
    | GoTo
    | RunBack
    | Edit
    | Undo
    | SetBreakpoint
    | SwitchBreakpoint
    | RemoveBreakpoint
    | Fork
    | GoOver
    | SetLearningRate
    | NudgeLearningRate
    | NudgeSpeed
    | Restart
    | TrainFurther
    | Shutdown
)
