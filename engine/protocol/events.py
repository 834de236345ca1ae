"""What happens in a run: small typed records.

The trainer emits those of the first part to whoever subscribed, in its own process. The session
sends those of the second part to its clients, and frames, which show its latest state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import msgspec

from engine.protocol.metrics import Metric

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


def _metric_of(event: Event, name: str) -> float:
    """Return a metric as an attribute."""
    metrics: Mapping[str, float] = {} if name == "metrics" else event.metrics  # type: ignore[attr-defined]
    if name not in metrics:
        raise AttributeError(
            f"{type(event).__name__} has no {name!r}; its metrics are {', '.join(metrics)}"
        )
    return metrics[name]


# -- what a trainer tells ---------------------------------------------------------------------


class EpochMeasured(Event, frozen=True, tag=True):
    """An epoch's metrics are known; its last update is still to come.

    Each metric is an attribute as well: ``event.loss``.
    """

    epoch: int
    learning_rate: float
    metrics: dict[str, float]

    def __getattr__(self, name: str) -> float:
        return _metric_of(self, name)


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
    """The last epoch asked for is done; its metrics are attributes as well."""

    epoch: int
    metrics: dict[str, float]

    def __getattr__(self, name: str) -> float:
        return _metric_of(self, name)


class MetricsChanged(Event, frozen=True, tag=True):
    """There is another metric; these are all of them, in order."""

    metrics: list[Metric]


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
    | MetricsChanged
)


# -- what a session tells its clients -----------------------------------------------------------

PROTOCOL = 1


class Welcome(Event, frozen=True, tag=True):
    """The first thing a client is told.

    Attributes
    ----------
    operations : dict of str to str
        The operations of an epoch, in order, and the phase of each.
    """

    protocol: int  # in every version
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
    operations: dict[str, str]


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


class Ended(Event, frozen=True, tag=True):
    """The session has ended as it was told to, and the run is recorded.

    Attributes
    ----------
    problem : str
        What could not be saved, and why; nothing, as a rule.
    """

    status: Status
    problem: str = ""


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
    """A branch: which one it left, where, after what change, and what it last measured."""

    name: str
    parent: str
    left: int
    reason: str
    epoch: int | None
    metrics: dict[str, float]


class BranchesChanged(Event, frozen=True, tag=True):
    """The branches of the run, all of them, and which one it is on."""

    branches: list[BranchState]
    current: str
