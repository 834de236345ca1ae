"""The places of a training: which comes before which."""

from __future__ import annotations

from collections.abc import Iterator

from engine.debugging.branches import BEGINNING
from engine.protocol import events
from engine.protocol.events import Position
from engine.training.machine import Machine


def earlier(machine: Machine, place: Position, unit: events.Unit) -> Position | None:
    """Return the place one operation, batch or epoch earlier; None before the beginning."""
    epoch, batch, operation = place
    if place == BEGINNING:
        return None
    if unit == "operation" and operation:
        return Position(epoch, batch, operation - 1)
    if unit == "epoch":
        return Position(epoch - (not batch and not operation), 0, 0)
    if not (unit == "batch" and operation):
        epoch, batch = divmod(epoch * machine.batches + batch - 1, machine.batches)
    return Position(epoch, batch, len(machine.program) - 1 if unit == "operation" else 0)


def places_between(
    machine: Machine, start: Position, end: Position, stops: list[int]
) -> Iterator[Position]:
    """Yield the places after ``start`` up to ``end`` at which a condition is asked.

    Parameters
    ----------
    machine : Machine
    start, end : Position
    stops : list of int
        The operations before which it is asked; and after each iteration.
    """
    iteration = start.epoch * machine.batches + start.batch
    while True:
        epoch, batch = divmod(iteration, machine.batches)
        for operation in (0, *stops):
            place = Position(epoch, batch, operation)
            if place > end:
                return
            if place > start:
                yield place
        iteration += 1
