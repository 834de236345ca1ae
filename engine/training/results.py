"""What an iteration has computed so far, so that a layer called by hand does not change it.

``layer.forward(X_new)``, called while a training stands between a forward pass and the backward
pass, leaves in the layer what belongs to other rows. What an operation had left there is put back
before the training goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from types import MemberDescriptorType
from typing import Any

import numpy as np

from engine.nn.calls import DINPUTS, OUTPUTS
from engine.nn.parameters import parameter_names, parts_of
from engine.training.formulas import uses_of
from engine.training.program import Operation

MISSING = object()


@dataclass(frozen=True, slots=True)
class Method:
    """A method that leaves its results in attributes.

    Attributes
    ----------
    part : object
    writes : tuple of str
        The attributes, as ``output`` or ``activation.output``; all arrays if none are known.
    shows : tuple of str
        Those that are all bound to something else if the method has been called.
    """

    part: Any
    writes: tuple[str, ...]
    shows: tuple[str, ...]

    @classmethod
    def of(cls, part: Any, method: Callable[..., Any], results: tuple[str, ...]) -> Method:
        """Find what a method leaves.

        Parameters
        ----------
        part : object
        method : callable
        results : tuple of str
            What its result may be called.
        """
        uses = uses_of(method)
        found = (name.removeprefix("self.") for name in uses.writes if name.startswith("self."))
        trained = parameter_names(part)
        writes = tuple(name for name in found if name not in trained)
        anew = [name for name in writes if f"self.{name}" in uses.overwrites]
        # Somebody may well assign a gradient, as a clipped one, without calling anything.
        gradients = {f"d{name}" for name in trained}
        shows = [n for n in results if uses.opaque or n in anew] or {*anew} - gradients
        return cls(part, () if uses.opaque else writes, tuple(shows))

    def attributes(self) -> dict[str, tuple[Any, str, Any]]:
        """Return the owner, the name and the value of each of its attributes that there is."""
        found = {}
        for path in self.writes or _arrays(self.part):
            *steps, name = path.split(".")
            owner = reduce(lambda owner, step: getattr(owner, step, None), steps, self.part)
            value = _bound(owner, name)
            if value is not MISSING:
                found[path] = owner, name, value
        return found


class Results:
    """What the operations of an iteration have left in the layers and the loss.

    Parameters
    ----------
    program : sequence of Operation
    """

    def __init__(self, program: Sequence[Operation]) -> None:
        self._program = program
        self._kept: list[tuple[Method, dict[str, tuple[Any, str, Any]]]] = []

    @cached_property
    def _methods(self) -> list[list[Method]]:
        return [list(_methods_of(operation)) for operation in self._program]

    def keep(self, done: int) -> None:
        """Keep what the first ``done`` operations have left: no copies, but which arrays."""
        methods = (method for methods in self._methods[:done] for method in methods)
        self._kept = [(method, method.attributes()) for method in methods]

    def forget(self) -> None:
        """Keep nothing, since the training has gone on."""
        self._kept = []

    def put_back(self) -> None:
        """Put back what methods have left elsewhere that somebody has called since."""
        for method, attributes in self._kept:
            shown = [attributes[path] for path in method.shows if path in attributes]
            if shown and all(_bound(owner, name) is not value for owner, name, value in shown):
                for owner, name, value in attributes.values():
                    object.__setattr__(owner, name, value)
        self.forget()


def _methods_of(operation: Operation) -> Iterator[Method]:
    """Yield the methods that an operation runs: of the part, and of those that it is made of."""
    if operation.phase == "update":
        return
    name, results = ("backward", DINPUTS) if operation.phase == "backward" else ("forward", OUTPUTS)
    for _, part in parts_of(operation.part, ""):
        yield Method.of(part, getattr(part, name), results)


def _arrays(part: Any) -> list[str]:
    """Return the attributes that hold an array, but for parameters and their gradients."""
    trained = parameter_names(part)
    known = {*trained, *(f"d{name}" for name in trained)}
    attributes = getattr(part, "__dict__", {})
    return [n for n, a in attributes.items() if isinstance(a, np.ndarray) and n not in known]


def _bound(owner: Any, name: str) -> Any:
    """Return what an attribute of the object itself is bound to; `MISSING` if there is none."""
    attributes = getattr(owner, "__dict__", {})
    if name in attributes:
        return attributes[name]
    is_slot = isinstance(getattr(type(owner), name, None), MemberDescriptorType)
    return getattr(owner, name, MISSING) if is_slot else MISSING
