"""Breakpoints: conditions that a training stops at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.nn.activations import ReLU
from engine.nn.layers import Dense
from engine.nn.signals import Array
from engine.training.conditions import Condition, Vocabulary, parse
from engine.training.machine import Machine


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
    """What a condition may ask of a machine."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def number(self, name: str) -> float:
        """Return a figure of the last measured epoch, or of the machine itself."""
        machine = self.machine
        if name == "learning_rate":
            return machine.optimizer.learning_rate
        if name == "batch":
            return machine.batch
        if name == "epoch" and machine.operation:
            return machine.epoch
        return _figure(machine.measured, name)

    def previous(self, name: str) -> float:
        """Return a figure of the epoch before the last measured one."""
        return _figure(self.machine.previous, name)

    def of_layer(self, function: str, layer: str) -> float:
        """Return a norm of a layer's gradients or weights, or its share of dead units."""
        network = self.machine.network
        found = next((a for a in network.layers if a.name == layer), network)
        if function == "dead":
            assert isinstance(found, ReLU)
            return float(1 - (found.output > 0).any(axis=0).mean())
        assert not isinstance(found, ReLU)
        return _norm(found.gradients if function == "grad_norm" else found.parameters)

    def at(self, operation: str) -> bool:
        """Whether that operation comes next."""
        return self.machine.program[self.machine.operation].name == operation


def _figure(measured: object, name: str) -> float:
    return float(getattr(measured, name, np.nan))


def _norm(values: Array) -> float:
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.dot(values, values)))


class Breakpoints:
    """The breakpoints of a training."""

    def __init__(self, machine: Machine) -> None:
        self.all: list[Breakpoint] = []
        self._machine, self._facts = machine, Facts(machine)
        layers = {}
        for layer in machine.network.layers:
            if isinstance(layer, Dense):
                layers[layer.name] = frozenset({"grad_norm", "weight_norm"})
            elif isinstance(layer, ReLU):
                layers[layer.name] = frozenset({"dead"})
        self.vocabulary = Vocabulary(layers, tuple(o.name for o in machine.program))

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
        else:
            here = machine.operation == machine.batch == 0 and machine.epoch > 0
        return here and breakpoint.condition.holds(self._facts)

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
