"""Snapshots: the state of a training at the beginning of an iteration, taken and put back."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from engine.data.dataset import Dataset
from engine.nn.calls import is_built_in
from engine.protocol.events import Position
from engine.training.formulas import recomputed, uses_of
from engine.training.history import History
from engine.training.machine import Machine
from engine.training.program import Operation
from engine.training.state import State

# What callbacks may know, and is no state of a training.
LEFT_ALONE = (Dataset, History)
# Attributes that are measured before the formula that computes them has run.
MEASURED = {"learning_rate"}
GENERATORS = {"numpy.random": np.random.mtrand._rand, "random": random._inst}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is needed to go on from the beginning of an iteration."""

    position: Position
    iteration: int
    state: State

    @property
    def nbytes(self) -> int:
        """Bytes that it takes, about."""
        return 500 + self.state.nbytes


class Saver:
    """Takes snapshots of a machine, and puts it back.

    Parameters
    ----------
    machine : Machine
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._computed = _computed(machine.program)
        self._last: State | None = None

    def take(self) -> Snapshot:
        """Keep this moment, the beginning of an iteration.

        Arrays that have not changed are shared with the snapshot that was taken last.
        """
        machine, roots = self.machine, self._roots()
        state = State.capture(roots, self._left_out, skip=LEFT_ALONE, previous=self._last)
        self._last = state
        return Snapshot(Position(machine.epoch, machine.batch, 0), machine.iteration, state)

    def load(self, data: bytes) -> State:
        """Return a state that `State.to_bytes` has stored, also of another process."""
        return State.load(data, self._roots(), self._left_out, skip=LEFT_ALONE)

    def digest(self) -> str:
        """Return a digest of the state here, without what is computed anew in each iteration.

        What callbacks and metrics keep is not a part of it, as it may be the time of day. Where
        they change what trains, that is.
        """
        counters = {name: getattr(self.machine, name) for name in sorted(self.machine.counters)}
        roots = self._trained() | {"trainer": counters}
        return State.capture(roots, self._not_kept, skip=LEFT_ALONE).digest()

    def restore(self, state: State) -> None:
        """Put the machine back. What is computed in each iteration stays as it is."""
        state.restore()
        self.machine.restored()

    def _roots(self) -> dict[str, Any]:
        """Return what the state of a training is found in, by its name."""
        machine = self.machine
        functions = [*machine.callbacks, *machine.metrics.functions.values()]
        roots = self._trained()
        roots |= {f"callback_{k}": function for k, function in enumerate(functions, 1)}
        return roots | GENERATORS if functions else roots

    def _trained(self) -> dict[str, Any]:
        """Return those of them that are no callbacks and metrics."""
        machine, network = self.machine, self.machine.network
        parts = dict(zip(network.names, network.layers, strict=True))
        parts |= {"loss": machine.loss, "optimizer": machine.optimizer}
        roots = {"trainer": machine, **parts}
        return roots if all(map(is_built_in, parts.values())) else roots | GENERATORS

    def _left_out(self, part: Any) -> Collection[str]:
        """Return the attributes that are not kept; at the beginning, all of a part are."""
        is_kept = part is not self.machine and not self.machine.iteration
        return () if is_kept else self._not_kept(part)

    def _not_kept(self, part: Any) -> Collection[str]:
        """Return the attributes that are no state, or that every iteration computes anew."""
        machine = self.machine
        if part is machine:
            return [name for name in vars(machine) if name not in machine.counters]
        found = self._computed.get(id(part))
        return found[1] if found else ()


def _computed(program: Sequence[Operation]) -> dict[int, tuple[Any, set[str]]]:
    """Return the attributes that every iteration computes anew, of each part by its id."""
    formulas: dict[int, tuple[Any, list[Callable[..., Any]]]] = {}
    for operation in program:
        part = operation.part
        formulas.setdefault(id(part), (part, []))[1].extend(operation.methods)
    found: dict[int, tuple[Any, set[str]]] = {}
    for part, methods in formulas.values():
        for path in _computed_by(part, methods):
            if "[" in path:  # of an object in a container, of which all is kept
                continue
            *steps, name = path.split(".")
            owner = reduce(getattr, steps, part)
            if name not in MEASURED:
                found.setdefault(id(owner), (owner, set()))[1].add(name)
    return found


def _computed_by(part: Any, formulas: Sequence[Callable[..., Any]]) -> Iterable[str]:
    """Return the attributes of a part that its formulas compute anew in each iteration.

    A class that declares its ``state`` keeps nothing else of what its formulas write.
    """
    declared = getattr(type(part), "state", None)
    if not isinstance(declared, tuple):
        return recomputed(part, formulas)
    written = (name for formula in formulas for name in uses_of(formula).writes)
    own = (name.removeprefix("self.") for name in written if name.startswith("self."))
    return [name for name in own if name not in declared]
