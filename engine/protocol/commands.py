"""What a run is told: small typed records, from a client to the session.

All numbers and texts are bounded, so that decoding refuses what no session could do.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from engine.protocol.bounds import MOST_EPOCHS, Epochs, Finite, Number, Steps, Text
from engine.protocol.events import Unit
from engine.protocol.views.curves import CurvesQuery
from engine.protocol.views.inside import InsideQuery
from engine.protocol.views.layers import LayersQuery
from engine.protocol.views.samples import SamplesQuery

Query = CurvesQuery | SamplesQuery | InsideQuery | LayersQuery


class Command(msgspec.Struct, frozen=True, tag=True):
    """The base of all commands."""


class Subscribe(Command, frozen=True, tag=True):
    """What a client shows, and so wants to be sent: the latest answer to each query."""

    queries: Annotated[list[Query], Meta(max_length=10)]


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
    """End the session.

    With ``if_idle``, only where nothing is trained and no other client is attached; otherwise the
    session hangs up on this client, and goes on.
    """

    if_idle: bool = False


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
