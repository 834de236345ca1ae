"""Which attributes of a layer are trained: those that have a gradient, as ``dweights``."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dis import get_instructions
from functools import lru_cache
from types import FunctionType
from typing import Any

import numpy as np

from engine.nn.arrays import Array

# What has a derivative as well, but is computed and not trained.
COMPUTED = {"input", "inputs", "output", "outputs", "values"}


def parameter_names(layer: Any) -> tuple[str, ...]:
    """Return the names of a layer's parameters.

    They are declared in a tuple ``parameters`` of its class, or found: each attribute with an array
    or a number is a parameter if the layer's methods speak of its gradient, as ``dweights``, and
    `forward` does not compute it anew, as an ``x`` with a ``dx``.
    """
    declared = getattr(type(layer), "parameters", None)
    if isinstance(declared, tuple):
        return declared
    return tuple(n for n in _with_gradients(layer.__class__) if _is_number(getattr(layer, n, None)))


def pairs(layer: Any) -> Iterator[tuple[Array, Array]]:
    """Yield each parameter of a layer, an array that may be changed, with its gradient."""
    for name in parameter_names(layer):
        value = getattr(layer, name)
        if not (isinstance(value, np.ndarray) and value.dtype.kind == "f"):
            value = np.array(value, np.float64)
            setattr(layer, name, value)
        gradient = getattr(layer, f"d{name}", None)
        if gradient is None:
            raise AttributeError(f"{type(layer).__name__} leaves no d{name}: set self.d{name}")
        if np.shape(gradient) != value.shape and not _fits(np.shape(gradient), value.shape):
            raise ValueError(
                f"d{name} of {type(layer).__name__} is of shape {np.shape(gradient)}, but {name}"
                f" is of shape {value.shape}"
            )
        yield value, gradient


def may_have_parameters(layer: Any) -> bool:
    """Return whether a layer has parameters, or may come to have some in its first pass."""
    return bool(parameter_names(layer) or _with_gradients(layer.__class__))


def names_of_containers(layer: Any) -> tuple[str, ...]:
    """Return the names of what would be parameters, were it not a container of arrays."""
    names = _with_gradients(layer.__class__)
    return tuple(name for name in names if _holds_arrays(getattr(layer, name, None)))


def parts_of(layer: Any, name: str, others: Collection[Any] = ()) -> Iterator[tuple[str, Any]]:
    """Yield a layer or a loss, and those that it is made of, with names as ``residual_1.first``.

    Parameters
    ----------
    layer : object
    name : str
    others : collection
        What it may refer to without being made of it.
    """
    seen = {id(other) for other in others} - {id(layer)}
    waiting = [(name, layer)]
    while waiting:
        path, part = waiting.pop(0)
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, list | tuple):
            waiting += [(f"{path}[{k}]", item) for k, item in enumerate(part)]
        elif isinstance(part, dict):
            waiting += [(f"{path}[{key}]", item) for key, item in part.items()]
        elif path == name or (hasattr(part, "forward") and hasattr(part, "backward")):
            yield path, part
            if not isinstance(part, type):
                attributes = getattr(part, "__dict__", {})
                waiting += [(f"{path}.{key}", value) for key, value in attributes.items()]


def _fits(shape: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Return whether an array can be added to one of another shape."""
    try:
        return np.broadcast_shapes(shape, other) == other
    except ValueError:
        return False


def _holds_arrays(value: Any) -> bool:
    values = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list | tuple):
        return False
    return any(isinstance(item, np.ndarray) or _holds_arrays(item) for item in values)


def _is_number(value: Any) -> bool:
    if isinstance(value, np.ndarray | np.number):
        return value.dtype.kind in "fiu"
    return isinstance(value, float | int) and not isinstance(value, bool)


@lru_cache(256)
def _with_gradients(kind: type) -> tuple[str, ...]:
    """Return the attributes of which the methods of a class speak, and of their gradients too."""
    functions = [f for base in reversed(kind.__mro__) for f in vars(base).values()]
    codes = [f.__code__ for f in functions if isinstance(f, FunctionType)]
    names = dict.fromkeys(name for code in codes for name in code.co_names)
    forwards = [
        f for base in kind.__mro__ if isinstance(f := vars(base).get("forward"), FunctionType)
    ]
    computed = COMPUTED.union(*map(_assigned_first, forwards))
    return tuple(n for n in names if f"d{n}" in names and n not in computed)


def _assigned_first(method: FunctionType) -> set[str]:
    """Return the attributes that a method assigns before it looks at them, or speaks of them."""
    first: dict[str, str] = {}
    for instruction in get_instructions(method):
        name, operation = instruction.argval, instruction.opname
        if operation in ("LOAD_ATTR", "STORE_ATTR", "LOAD_CONST") and isinstance(name, str):
            first.setdefault(name, operation)
    return {name for name, operation in first.items() if operation == "STORE_ATTR"}
