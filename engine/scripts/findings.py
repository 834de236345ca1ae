"""What a frame holds beside numbers: learning rates, layers, samples, arrays.

Libraries are known by how their objects look, and never imported.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType, FunctionType, MethodType, ModuleType
from typing import Any

from engine.scripts.marks import RATE
from engine.scripts.metrics import as_number
from engine.scripts.names import plain

RATES = ("learning_rate", "lr", "learning_rate_init", "eta0", "eta", "alpha", "step_size")
Array = tuple[str, tuple[int, ...]]  # of what type, and its shape
DEPTH = 3  # a variable, what it holds, and what that holds; one more in a method
MOST = 1000  # objects of each depth
_PLAIN = (str, bytes, int, float, complex, type, FunctionType, MethodType, ModuleType, FrameType)


def rates(frame: FrameType) -> dict[str, float]:
    """Return learning rates by the expression that names them, the likeliest first."""
    found: dict[str, float] = {}
    for name, value in _holders(frame):
        for place, group in enumerate(_groups(value)):
            found[f"{name}.param_groups[{place}]['lr']"] = float(group["lr"])
        for attribute in RATES:
            number = as_number(_attributes(value).get(attribute))
            if number is not None:
                found[f"{name}.{attribute}"] = number
                break
    for name, value in _variables(frame):
        number = as_number(value)
        if number is not None and RATE.fullmatch(name.lower()):
            found[name] = number
    return found


def _groups(value: Any) -> list[Any]:
    """The parameter groups of a PyTorch optimizer."""
    groups = _attributes(value).get("param_groups")
    known = isinstance(groups, list) and all(isinstance(g, dict) and "lr" in g for g in groups)
    return groups if known and groups else []


def layers(frame: FrameType) -> dict[str, dict[str, Array]]:
    """Return the arrays of each object in a frame, at most two levels deep, by expression."""
    found = {}
    for path, holder in _holders(frame):
        arrays = {end: _array(held) for end, held in _arrays(holder)}
        if arrays:
            found[path] = arrays
    return found


def _holders(frame: FrameType) -> Iterator[tuple[str, Any]]:
    """Yield each object once that may hold arrays, the nearest first, with its expression."""
    seen: set[int] = set()
    level = _variables(frame)
    for _ in range(DEPTH + ("self" in frame.f_locals)):
        below: list[tuple[str, Any]] = []
        for path, value in level:
            if id(value) not in seen and not isinstance(value, _PLAIN) and not is_array(value):
                seen.add(id(value))
                yield path, value
                below += [(path + end, part) for end, part in _members(value)]
        level = below[:MOST]


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what an object holds, each with how it is written after the object."""
    named = getattr(value, "named_modules", None)
    if callable(named) and "torch" in sys.modules:
        yield from ((f".get_submodule({name!r})", part) for name, part in named() if name)
    elif isinstance(value, dict):
        keys = [key for key in list(value)[:MOST] if isinstance(key, str | int)]
        yield from ((f"[{key!r}]", value[key]) for key in keys)
    elif isinstance(value, list | tuple):
        yield from ((f"[{place}]", part) for place, part in enumerate(value[:MOST]))
    else:
        yield from ((f".{name}", part) for name, part in _attributes(value).items())


def _arrays(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the arrays that an object, a dictionary or a list holds itself, as expressions."""
    named = getattr(value, "named_parameters", None)
    if callable(named) and "torch" in sys.modules:
        for name, parameter in named(recurse=False):
            yield f".{name}", parameter
            if parameter.grad is not None:
                yield f".{name}.grad", parameter.grad
        return
    yield from ((end, part) for end, part in _members(value) if is_array(part))


def samples(frame: FrameType) -> dict[str, str]:
    """Return the arrays whose rows sum to one, each with the labels of its rows, by expression."""
    found = {}
    everything = list(_named_arrays(frame))
    for path, array in everything:
        if len(array.shape) == 2 and array.shape[1] > 1 and _sums_to_one(array):
            labels = [name for name, other in everything if _labels(other, array)]
            if labels:
                found[path] = min(labels, key=len)
    return found


def _named_arrays(frame: FrameType) -> Iterator[tuple[str, Any]]:
    yield from ((name, value) for name, value in _variables(frame) if is_array(value))
    for path, holder in _holders(frame):
        yield from ((path + end, array) for end, array in _arrays(holder))


def _sums_to_one(array: Any) -> bool:
    try:
        low, off = plain(array.min()), plain(abs(array.sum(1) - 1).max())
    except (TypeError, ValueError, RuntimeError):
        return False
    return bool(low >= 0 and off < 1e-3)


def _labels(array: Any, rows: Any) -> bool:
    if tuple(array.shape) != (rows.shape[0],) or "int" not in str(array.dtype):
        return False
    return bool(array.min() >= 0 and array.max() < rows.shape[1])


def is_array(value: Any) -> bool:
    """Whether a value is an array of numbers, of NumPy or of a library like it."""
    kind = type(value)
    if not (hasattr(kind, "shape") and hasattr(kind, "dtype") and hasattr(kind, "sum")):
        return False
    return len(value.shape) > 0 and "object" not in str(value.dtype)


def _array(value: Any) -> Array:
    return str(value.dtype), tuple(map(int, value.shape))


def _variables(frame: FrameType) -> list[tuple[str, Any]]:
    """The variables of a frame, those that are modules, classes and private left out."""
    return [
        (name, value)
        for name, value in frame.f_locals.items()
        if not name.startswith("_") and not isinstance(value, type | ModuleType)
    ]


def _attributes(value: Any) -> dict[str, Any]:
    found = getattr(value, "__dict__", None)
    return dict(found) if isinstance(found, dict) else {}
