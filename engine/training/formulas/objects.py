"""Looks at objects without running a line of the code of those who wrote them.

`getattr`, `isinstance` and ``==`` may all run a property or a method of the object that is looked
at; nothing here does.
"""

from __future__ import annotations

import random
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

UNKNOWN: Final = object()  # what cannot be known before the code runs

# Their functions do to their arguments what their documentation says, and nothing else.
LIBRARIES = {*sys.stdlib_module_names, "numpy", "nnfs", "scipy", "pandas", "numba", "torch", "jax"}
GENERATORS = (np.random.Generator, np.random.RandomState, random.Random)
VALUES = (
    np.ndarray,
    np.generic,
    dict,
    list,
    tuple,
    set,
    frozenset,
    str,
    bytes,
    int,
    float,
    complex,
)
HOOKS = ("__getattr__", "__getattribute__", "__setattr__", "__delattr__")


@dataclass(frozen=True, slots=True)
class Method:
    """A function together with the class it was found in."""

    function: Any
    found_in: type


def mro(kind: type) -> tuple[type, ...]:
    """Return a class and its bases, in the order in which they are searched."""
    return type.__getattribute__(kind, "__mro__")  # type: ignore[no-any-return]


def class_names(kind: type) -> Any:
    """Return what a class itself defines."""
    return type.__getattribute__(kind, "__dict__")


def own_names(thing: object) -> dict[str, Any]:
    """Return an object's own attributes, other than those in slots."""
    try:
        names = object.__getattribute__(thing, "__dict__")
    except Exception:
        return {}
    return names if type(names) is dict else {}


def is_library(module: object) -> bool:
    """Whether a module of this name is one of Python's or of a known package."""
    return isinstance(module, str) and module.partition(".")[0] in LIBRARIES


def is_part(thing: object) -> bool:
    """Whether an object has attributes and methods that somebody wrote in Python."""
    kind = type(thing)
    if issubclass(kind, (*VALUES, *GENERATORS, type, types.ModuleType)):
        return False
    module = class_names(kind).get("__module__")
    return type(module) is str and not is_library(module) and not module.startswith(__package__)


def is_hooked(kind: type) -> bool:
    """Whether a class decides itself what its attributes are."""
    return any(hook in class_names(c) for c in mro(kind)[:-1] for hook in HOOKS)


def in_class(kind: type, name: str, after: type | None = None) -> Method | None:
    """Find what a class or its bases define, or only those that come after one of them."""
    order = mro(kind)
    if after is not None:
        order = order[order.index(after) + 1 :] if after in order else ()
    for base in order:
        if name in class_names(base):
            return Method(class_names(base)[name], base)
    return None


def in_object(thing: object, name: str) -> Any:
    """Return an object's own attribute, also one in a slot; UNKNOWN if it has none."""
    names = own_names(thing)
    if name in names:
        return names[name]
    found = in_class(type(thing), name)
    if found is not None and type(found.function) is types.MemberDescriptorType:
        try:
            return found.function.__get__(thing)
        except AttributeError:
            return UNKNOWN
    return UNKNOWN


def global_of(function: types.FunctionType, name: str) -> Any:
    """Return what a name means in a function that does not assign it; UNKNOWN if nothing."""
    for free, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        if free == name:
            try:
                return cell.cell_contents
            except ValueError:
                return UNKNOWN
    builtins: Any = getattr(function, "__builtins__", {})
    return function.__globals__.get(name, builtins.get(name, UNKNOWN))


def elements(thing: object) -> list[Any] | None:
    """Return what is in a plain list, tuple or dictionary; None for anything else."""
    if type(thing) is dict:
        return list(thing.values())
    return list(thing) if type(thing) in (list, tuple) else None  # type: ignore[call-overload]


def callable_of(thing: object) -> Callable[..., Any] | None:
    """Return the function behind a plain, static or class method, or a partial's or wrapper's."""
    for _ in range(100):
        kind = type(thing)
        if kind is types.FunctionType:
            return thing  # type: ignore[return-value]
        wrapped = own_names(thing).get("__wrapped__")
        if kind in (staticmethod, classmethod):
            thing = object.__getattribute__(thing, "__func__")
        elif wrapped is not None:
            thing = wrapped
        else:
            return None
    return None
