"""What a run tells: small typed records.

The trainer emits those of the first part to whoever subscribed, in its own process. The session
sends those of the second part to its clients, together with `Frame`, its latest state.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Status = Literal["running", "paused", "completed", "stopped", "failed", "lost"]
Reason = Literal["user", "step", "breakpoint", "alert", "error"]


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


class LearningRateChanged(Event, frozen=True, tag=True):
    """From ``epoch`` on, updates take another step."""

    epoch: int
    before: float
    learning_rate: float


class LossNotFinite(Event, frozen=True, tag=True):
    """The loss is NaN or infinite; the update that would spoil the rest is still to come."""

    epoch: int
    batch: int
    loss: float


class Restarted(Event, frozen=True, tag=True):
    """The run is at its beginning again; ``seed`` tells from which weights."""

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
    | LearningRateChanged
    | LossNotFinite
    | Restarted
    | TrainingCompleted
)
