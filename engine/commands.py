"""What a run is told: small typed records, from a client to the session."""

from __future__ import annotations

from typing import Literal

import msgspec

Order = Literal["all", "wrong", "uncertain"]


class Command(msgspec.Struct, frozen=True, tag=True):
    """The base of all commands."""


class Subscribe(Command, frozen=True, tag=True):
    """What a client shows, and so wants to be told.

    Attributes
    ----------
    points : int
        Columns of the curves; 0 for none.
    span : int
        Epochs that those columns are wide.
    first, rows : int
        Sample rows to show, from the first one on; 0 rows for none.
    order : Order
        All rows as they are, only the wrong ones, or the least certain first.
    """

    points: int
    span: int
    first: int
    rows: int
    order: Order = "all"


class Drawn(Command, frozen=True, tag=True):
    """The last frame is on the screen: the next may come."""


class Pause(Command, frozen=True, tag=True):
    """Stand still."""


class Resume(Command, frozen=True, tag=True):
    """Go on."""


class StepEpoch(Command, frozen=True, tag=True):
    """Go to the end of this epoch, and pause."""


class GoTo(Command, frozen=True, tag=True):
    """Go on until that epoch is measured, and pause; ``further`` counts it from the last one."""

    epoch: int
    further: bool = False


class SetLearningRate(Command, frozen=True, tag=True):
    """Update with that step from now on."""

    learning_rate: float


class NudgeLearningRate(Command, frozen=True, tag=True):
    """Go so many steps up or down the ladder 1, 2, 5, 10, ... of learning rates."""

    steps: int


class NudgeSpeed(Command, frozen=True, tag=True):
    """Go so many steps up or down the ladder of epochs a second; its top is no limit."""

    steps: int


class Restart(Command, frozen=True, tag=True):
    """Begin again, from the same weights or from new ones."""

    new_weights: bool


class TrainFurther(Command, frozen=True, tag=True):
    """Add so many epochs to the run, and go on."""

    epochs: int


class Shutdown(Command, frozen=True, tag=True):
    """End the session."""


SessionCommand = (
    Subscribe
    | Drawn
    | Pause
    | Resume
    | StepEpoch
    | GoTo
    | SetLearningRate
    | NudgeLearningRate
    | NudgeSpeed
    | Restart
    | TrainFurther
    | Shutdown
)
