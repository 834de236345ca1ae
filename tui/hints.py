"""The one thing that helps now, as the run's own figures tell."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from engine.protocol.metrics import ACCURACY, LOSS
from engine.protocol.views.curves import Curves

if TYPE_CHECKING:
    from engine.protocol.frames import Frame

SEEN = 200  # epochs after which something can be said of a loss
RECENT = 0.25  # of the epochs, in which a loss
HARDLY = 0.01  # that falls by less than this share of itself is on a plateau
GOOD = 0.95  # an accuracy that needs no hint


def hint(frame: Frame | None, status: str, key: Callable[[str], str]) -> str:
    """Return a hint; nothing if all goes well.

    Parameters
    ----------
    frame : Frame or None
    status : str
    key : callable
        Returns the key of an id as a person reads it.
    """
    if frame is None:
        return "the run is being built"
    if status == "paused" and not frame.metrics:
        looking = f"{key('show_inside')} looks inside · {key('help')} lists all keys"
        return f"{key('start')} starts · {key('step')} trains one epoch · {looking}"
    if status == "paused" and frame.operation == 0:
        steps = f"{key('step')} one epoch on, {key('step_back')} back"
        return f"{steps} · {key('go_to')} goes to any epoch · {key('edit')} changes a number"
    if status == "completed":
        again = f"{key('restart')} runs the same weights again with lr {frame.learning_rate:g}"
        return f"{again}, drawn beside this · {key('raise_rate')} raises it"
    if status == "running" and _on_a_plateau(frame):
        advice = f"{key('raise_rate')} raises the learning rate"
        return f"the loss hardly falls: {advice}, {key('show_layers')} shows the layers"
    if status == "running" and frame.speed is not None:
        speeds = f"{key('faster')} faster, {key('slower')} slower"
        return f"{frame.speed:g} epochs a second · {speeds}"
    return ""


def message_of(frame: Frame, status: str, batches: int) -> str:
    """Return what is to be said of where the training is."""
    if status == "completed":  # what was said while it was trained is over
        return frame.message if frame.status == "completed" else ""
    within = frame.status == "paused" and (frame.operation or frame.batch)
    batch = f" · batch {frame.batch + 1}/{batches}" if batches > 1 else ""
    return frame.message or (f"next: {frame.next}{batch}" if within else "")


def _on_a_plateau(frame: Frame) -> bool:
    """Whether the loss of the last quarter of the epochs is about that of the quarter before."""
    curves = frame.answer(Curves)
    curve = curves.curves.get(LOSS.name) if curves and curves.first == 0 else None
    good = frame.metrics.get(ACCURACY.name, 0.0) >= GOOD
    if not curve or good or frame.epoch < SEEN or frame.epoch < frame.reached:
        return False
    recent = max(2, round(len(curve.mean) * RECENT))
    now, before = _mean(curve.mean[-recent:]), _mean(curve.mean[-2 * recent : -recent])
    return before - now < HARDLY * abs(before)


def _mean(values: Sequence[float | None]) -> float:
    finite = [value for value in values if value is not None]
    return sum(finite) / len(finite) if finite else math.nan
