"""Finds out why a training is not the same when it goes over known ground again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.debugging.dataflow import dataflow, value_of
from engine.training.machine import Machine

if TYPE_CHECKING:
    from engine.debugging.timeline import Timeline

MOST_ITERATIONS = 3  # that are compared

Computed = dict[tuple[int, int], dict[str, bytes]]


def find_cause(timeline: Timeline) -> str:
    """Run from the same state twice, and compare what each operation computes.

    The machine stands where it stood before.

    Returns
    -------
    str
        A sentence for the person whose layer, optimizer or callback it is.
    """
    machine, here = timeline.machine, timeline.machine.position
    snapshot = timeline.nearest(here)
    iterations = max(1, min(machine.iteration - snapshot.iteration, MOST_ITERATIONS))
    runs = []
    with machine.rerun():
        for _ in range(2):
            timeline.jump(snapshot)
            runs.append(_run(machine, iterations))
    timeline.repeat(here.epoch)
    return _difference(machine, *runs)


def _difference(machine: Machine, one: Computed, other: Computed) -> str:
    for (iteration, operation), first in one.items():
        second = other.get((iteration, operation), {})
        for name, value in first.items():
            if second.get(name) != value:
                return (
                    f"{machine.program[operation]} computes another {name} from the same state;"
                    " keep what it depends on in attributes, and draw from NumPy"
                )
    return (
        "each operation computes the same again now; what has changed since is kept where it"
        " cannot be found, as in a file, a running generator or the clock"
    )


def _run(machine: Machine, iterations: int) -> Computed:
    """Run so many iterations; return what each operation has written, by iteration and place."""
    found: Computed = {}
    flows = [dataflow(machine, operation) for operation in machine.program]
    for iteration in range(iterations):
        for k, flow in enumerate(flows):
            machine.advance(k + 1)
            found[iteration, k] = {
                name: value_of(place).tobytes() for name, place in flow.writes.items()
            }
    return found
