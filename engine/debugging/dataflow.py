"""What an operation reads and writes, by its formula, and where that is found."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.nn.arrays import Array
from engine.nn.calls import DINPUTS, OUTPUTS, UPDATES
from engine.nn.parameters import parameter_names
from engine.training.formulas import uses_of
from engine.training.machine import Machine
from engine.training.program import Operation, Place

# What a formula is given beside arrays.
SETTINGS = ("training", "random")


@dataclass(slots=True)
class Dataflow:
    """The arrays and numbers of an operation: where they are, by names such as ``dense_1.weights``.

    Attributes
    ----------
    reads, writes : dict of str to Place
    """

    reads: dict[str, Place] = field(default_factory=dict)
    writes: dict[str, Place] = field(default_factory=dict)

    @property
    def places(self) -> dict[str, Place]:
        """What is read, and then what else is written."""
        return {**self.reads, **self.writes}


def dataflow(machine: Machine, operation: Operation) -> Dataflow:
    """Return what an operation reads and writes."""
    flow = Dataflow()
    if operation.phase == "update":
        _of_update(machine, operation, flow)
    else:
        _of_part(machine, operation, flow)
    for places in (flow.reads, flow.writes):
        for name in [name for name, place in places.items() if not _may_be_value(place)]:
            del places[name]
    return flow


def _of_part(machine: Machine, operation: Operation, flow: Dataflow) -> None:
    """Add what a layer or a loss reads and writes."""
    method, part = operation.methods[0], operation.part
    prefix = operation.name.rpartition(".")[0]
    given = dict(zip(_arguments(method), operation.arguments, strict=False))
    flow.reads |= {f"{prefix}.{name}": place for name, place in given.items()}
    uses = uses_of(method)
    reads, writes = (
        sorted((n for n in _own(names) if n.rpartition(".")[2] not in given), key=_depth)
        for names in (uses.reads, uses.writes)
    )
    if uses.opaque:
        reads += parameter_names(part)
        writes += OUTPUTS[:1] if operation.phase == "forward" else _gradients(part)
    elif uses.returns and operation.phase != "loss":
        left = OUTPUTS if operation.phase == "forward" else DINPUTS
        writes += left[:1] if not set(left) & set(writes) else ()
    if operation.kernel and part is machine.network.layers[0] and operation.phase == "backward":
        writes.remove("dinputs")  # nobody needs them: the data are not trained
    flow.reads |= {f"{prefix}.{name}": _place(part, name) for name in reads}
    flow.writes |= {f"{prefix}.{name}": _place(part, name) for name in writes}
    flow.writes |= {f"{prefix}.{n}": place for n, place in given.items() if n in uses.writes}
    if operation.phase == "loss":
        flow.writes[f"{prefix}.value"] = Place(machine.rows, ("value",))


def _of_update(machine: Machine, operation: Operation, flow: Dataflow) -> None:
    """Add what an optimizer reads and writes: all parameters, gradients, and what is its own."""
    network, optimizer = machine.network, operation.part
    for name, layer in network.trained.items():
        for parameter in parameter_names(layer):
            place = Place(layer, (parameter,))
            flow.reads[f"{name}.{parameter}"] = place
            flow.reads[f"{name}.d{parameter}"] = Place(layer, (f"d{parameter}",))
            flow.writes[f"{name}.{parameter}"] = place
    for method in operation.methods:
        uses = uses_of(method)
        for found, into in ((uses.reads, flow.reads), (uses.writes, flow.writes)):
            into |= {f"optimizer.{name}": _place(optimizer, name) for name in _own(found)}
            if method.__name__ in UPDATES:
                argument = next(iter(_arguments(method)), "layer")
                for path, layer in network.trained.items():
                    for name in _of_root(argument, found):
                        into.setdefault(f"{path}.{name}", _place(layer, name))


def _depth(name: str) -> int:
    """Return how deep within other parts an attribute is: a part's own come first."""
    return name.count(".")


def _gradients(part: Any) -> list[str]:
    return [*(f"d{name}" for name in parameter_names(part)), "dinputs"]


def _arguments(method: Callable[..., Any]) -> list[str]:
    """Return the names of a formula's arguments."""
    try:
        return [name for name in inspect.signature(method).parameters if name not in SETTINGS]
    except (TypeError, ValueError):
        return []


def _own(names: tuple[str, ...]) -> Iterator[str]:
    return _of_root("self", names)


def _of_root(root: str, names: tuple[str, ...]) -> Iterator[str]:
    return (name.removeprefix(f"{root}.") for name in names if name.startswith(f"{root}."))


def _place(part: Any, name: str) -> Place:
    """Return where an attribute is, as ``activation.output`` of a loss."""
    *path, attribute = name.split(".")
    for step in path:
        part = getattr(part, step, None)
    return Place(part, (attribute,))


def value_of(place: Place) -> Array:
    """Return what is there now; NaN where there is nothing yet."""
    value = place.get() if is_there(place) else None
    return np.asarray(value if _is_value(value) else np.nan)


def is_there(place: Place) -> bool:
    """Return whether an array has been computed."""
    return any(hasattr(place.owner, name) for name in place.names)


def _may_be_value(place: Place) -> bool:
    return not is_there(place) or _is_value(place.get())


def _is_value(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "fiub"
    return isinstance(value, np.number | float | int) and not isinstance(value, bool)


def derivative_by(machine: Machine, place: Place) -> Place | None:
    """Return where the loss's derivative by an array is, if one is ever computed.

    By what a layer returns, it is what its backward pass is given.
    """
    part, name = place.owner, place.names[0]
    back = (o for o in machine.program if o.phase == "backward" and o.part is part)
    operation = next(back, None)
    if operation is None or part is machine.loss:
        return None
    if name in parameter_names(part):
        return Place(part, (f"d{name}",))
    if name in OUTPUTS and operation.arguments:
        return operation.arguments[0]
    return Place(part, DINPUTS) if name == "inputs" else None


def gradient_of(place: Place) -> Place | None:
    """Return where a parameter's gradient is, if it is one and has been computed."""
    name = place.names[0]
    if isinstance(place.owner, Machine) or name not in parameter_names(place.owner):
        return None
    gradient = Place(place.owner, (f"d{name}",))
    return gradient if value_of(gradient).shape == value_of(place).shape else None
