"""What a screen sees: the latest state of a run, as much of it as a client asked for."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from engine.protocol.events import (
    BranchesChanged,
    BreakpointsChanged,
    Changed,
    Ended,
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
from engine.protocol.views.curves import Curves
from engine.protocol.views.inside import Inspection, Program
from engine.protocol.views.layers import Layers
from engine.protocol.views.samples import Samples

Answer = Curves | Samples | Inspection | Layers
A = TypeVar("A", bound=Answer)


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
    answers : list of Answer
        To what the client has subscribed to.
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
    batch: int = 0
    operation: int = 0
    next: str = ""
    reached: int = 0
    longest: int = 0
    branch: str = "main"
    edited: bool = False
    answers: list[Answer] = msgspec.field(default_factory=list)

    def answer(self, kind: type[A]) -> A | None:
        """Return the answer of a kind, if there is one."""
        return next((answer for answer in self.answers if isinstance(answer, kind)), None)


# All that a session sends.
SessionEvent = (
    Welcome
    | Program
    | Paused
    | Resumed
    | Rejected
    | Failed
    | Ended
    | NotRecorded
    | Changed
    | Restarted
    | TrainingCompleted
    | MetricsChanged
    | BreakpointsChanged
    | BranchesChanged
    | Frame
)
