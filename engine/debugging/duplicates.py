"""Copies of objects whose arrays share memory as those of the originals do.

`copy.deepcopy` alone would give each view of a layer's parameters a memory of its own.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from engine.nn.signals import Array


def duplicate(things: list[Any], large: int | None = None) -> Any:
    """Copy objects deeply, and let copied views share memory as the views do.

    Of arrays of more than ``large`` bytes the copies are zero, which costs nothing until they are
    written: those of a batch are replaced by smaller ones anyway.
    """
    arrays: dict[int, Array] = {}
    _collect(things, arrays, set())
    roots: dict[int, Array] = {}
    memo: dict[int, Any] = {}
    for key, array in arrays.items():
        root = array
        while isinstance(root.base, np.ndarray):
            root = root.base
        if root.dtype.hasobject:
            continue
        if id(root) not in roots:
            empty = large is not None and root.nbytes > large
            roots[id(root)] = np.zeros(root.nbytes, np.uint8) if empty else _bytes(root)
        offset = array.__array_interface__["data"][0] - root.__array_interface__["data"][0]
        memo[key] = np.ndarray(array.shape, array.dtype, roots[id(root)], offset, array.strides)
    return copy.deepcopy(things, memo)


def _bytes(root: Array) -> Array:
    return root.ravel(order="K").copy().view(np.uint8)


def _collect(thing: Any, arrays: dict[int, Array], seen: set[int]) -> None:
    """Gather the arrays that are within an object."""
    if id(thing) in seen or isinstance(thing, type):
        return
    seen.add(id(thing))
    if isinstance(thing, np.ndarray):
        arrays[id(thing)] = thing
    elif isinstance(thing, list | tuple | set):
        for part in thing:
            _collect(part, arrays, seen)
    elif isinstance(thing, dict):
        for part in thing.values():
            _collect(part, arrays, seen)
    else:
        for name in getattr(type(thing), "__slots__", ()):
            _collect(getattr(thing, name, None), arrays, seen)
        for part in getattr(thing, "__dict__", {}).values():
            _collect(part, arrays, seen)
