"""Breakpoints: conditions that a training stops at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from engine.debugging.conditions import Condition, Vocabulary
from engine.debugging.parser import parse
from engine.nn.arrays import Array
from engine.nn.calls import OUTPUTS
from engine.nn.network import flat
from engine.nn.parameters import parameter_names
from engine.training.machine import Machine
from engine.training.program import Place


@dataclass(slots=True)
class Breakpoint:
    """A condition, and what became of it.

    Attributes
    ----------
    number : int
    condition : Condition
    on : bool
        Whether it is looked at.
    held : int
        How often it has held.
    """

    number: int
    condition: Condition
    on: bool = True
    held: int = 0

    @property
    def text(self) -> str:
        """The condition as it was typed, with how often it stops."""
        condition = self.condition
        after = f" after {condition.after}" if condition.after > 1 else ""
        return condition.text + after + (" once" if condition.once else "")


class Facts:
    """What a condition may ask of a machine.

    Parameters
    ----------
    machine : Machine
    within : bool
        Whether the condition is of a place within an epoch, before one of its operations. Its
        ``epoch`` is then the one that is going on, and else the one that was completed last.
    """

    def __init__(self, machine: Machine, within: bool) -> None:
        self.machine, self.within = machine, within

    def number(self, name: str) -> float:
        """Return a figure of the last measured epoch, or of the machine itself."""
        machine = self.machine
        if name == "learning_rate":
            return machine.learning_rate
        if name == "batch":
            return machine.batch
        if name == "epoch" and self.within:
            return machine.epoch
        return _figure(machine.measured, name)

    def previous(self, name: str) -> float:
        """Return a figure of the epoch before the last measured one."""
        return _figure(self.machine.previous, name)

    def of_layer(self, function: str, layer: str) -> float:
        """Return a norm of a layer's gradients or weights, or its share of dead units.

        It is NaN before the operation that computes it was done for the first time.
        """
        network = self.machine.network
        if function == "dead":
            if not self._is_done(f"{layer}.forward"):
                return np.nan
            output = Place(network.layers[network.names.index(layer)], OUTPUTS).get()
            return float(1 - (output > 0).any(axis=0).mean())
        parts = [p for name, p in network.trained.items() if f"{name}.".startswith(f"{layer}.")]
        parts = parts if layer else list(network.trained.values())
        places = [(part, name) for part in parts for name in parameter_names(part)]
        if function == "weight_norm":
            return _norm(getattr(a, n) for a, n in places)
        if not self._is_done(f"{layer or network.names[0]}.backward"):
            return np.nan
        return _norm(getattr(a, f"d{n}") for a, n in places)

    def _is_done(self, operation: str) -> bool:
        """Whether an operation was done at least once."""
        machine = self.machine
        done = machine.program if machine.iteration else machine.program[: machine.operation]
        return any(o.name == operation for o in done)

    def at(self, operation: str) -> bool:
        """Whether that operation comes next."""
        return self.machine.program[self.machine.operation].name == operation


def _figure(measured: object, name: str) -> float:
    return float(getattr(measured, name, np.nan))


def _norm(arrays: Iterable[Array]) -> float:
    values = flat(arrays)
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.dot(values, values)))


class Breakpoints:
    """The breakpoints of a training."""

    def __init__(self, machine: Machine) -> None:
        self.all: list[Breakpoint] = []
        self._machine = machine
        self._after_epoch, self._within = Facts(machine, False), Facts(machine, True)
        network = machine.network
        trained = {name.partition(".")[0] for name in network.trained}
        layers = {
            name: frozenset({"grad_norm", "weight_norm"} if name in trained else {"dead"})
            for name in network.names
        }
        operations = tuple(o.name for o in machine.program)
        self.vocabulary = Vocabulary(layers, operations, machine.metrics.schema)

    @property
    def active(self) -> list[Breakpoint]:
        """Those that are looked at."""
        return [b for b in self.all if b.on]

    @property
    def stops(self) -> list[int]:
        """The operations before which one is looked at, besides the end of each epoch."""
        named = {name for b in self.active for name in b.condition.operations}
        return [i for i, o in enumerate(self._machine.program) if o.name in named]

    def add(self, text: str) -> Breakpoint:
        """Set a breakpoint; ConditionError if the text is no condition."""
        condition = parse(text, self.vocabulary)
        number = max((b.number for b in self.all), default=0) + 1
        self.all.append(Breakpoint(number, condition))
        return self.all[-1]

    def put_back(self, number: int, text: str, on: bool, held: int) -> None:
        """Set a breakpoint as it was in another process."""
        self.all.append(Breakpoint(number, parse(text, self.vocabulary), on, held))

    def find(self, number: int) -> Breakpoint | None:
        """Return the breakpoint of that number."""
        return next((b for b in self.all if b.number == number), None)

    def remove(self, number: int) -> None:
        """Forget a breakpoint."""
        self.all = [b for b in self.all if b.number != number]

    def holds(self, breakpoint: Breakpoint) -> bool:
        """Whether it is to be looked at here, and holds."""
        machine, operations = self._machine, breakpoint.condition.operations
        if operations:
            here = machine.program[machine.operation].name in operations
            return here and breakpoint.condition.holds(self._within)
        here = machine.operation == machine.batch == 0 and machine.epoch > 0
        return here and breakpoint.condition.holds(self._after_epoch)

    def any_holds(self) -> bool:
        """Whether one holds here, whatever it was told of once and after."""
        return any(self.holds(b) for b in self.active)

    def hit(self) -> Breakpoint | None:
        """Return the first that stops the training here, if one does."""
        first = None
        for breakpoint in self.active:
            if self.holds(breakpoint):
                breakpoint.held += 1
                if breakpoint.held >= breakpoint.condition.after:
                    first = first or breakpoint
                    breakpoint.on = not breakpoint.condition.once
        return first
