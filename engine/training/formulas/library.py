"""What is known of Python's and NumPy's own functions, methods and attributes."""

from __future__ import annotations

import inspect
import types
from collections import deque
from typing import Any

import numpy as np

from engine.training.formulas.objects import class_names, is_library

# What an argument that nothing is known of may well have, being an array or a container.
FACTS = {"T", "mT", "shape", "dtype", "size", "ndim", "flat", "real", "imag", "nbytes", "base"}
METHODS = {n for kind in (np.ndarray, dict, list, set, str, deque) for n in dir(kind)}
# Those that return what is in their arguments, not a copy.
VIEWS = {"T", "mT", "real", "imag", "flat", "base", "reshape", "ravel", "view", "transpose"}
VIEWS |= {"squeeze", "swapaxes", "diagonal", "get", "values", "items", "setdefault", "pop"}
VIEWS |= {"popitem", "popleft", "asarray", "asanyarray", "ascontiguousarray", "moveaxis"}
VIEWS |= {"expand_dims", "atleast_1d", "atleast_2d", "broadcast_to", "split", "array_split"}
VIEWS |= {"enumerate", "zip", "reversed", "iter", "next", "sorted", "list", "tuple", "dict"}
# Those that change what they are called on, and those that change their first argument.
CHANGES = {"append", "appendleft", "extend", "insert", "remove", "clear", "sort", "reverse"}
CHANGES |= {"fill", "add", "discard", "update", "setdefault", "pop", "popitem", "popleft", "put"}
CHANGES |= {"partition", "resize", "setfield"}
CHANGES_FIRST = {"copyto", "put", "place", "putmask", "fill_diagonal", "put_along_axis", "shuffle"}
CHANGES_FIRST |= {"at"}
COMPILED = (
    types.BuiltinFunctionType,
    types.WrapperDescriptorType,
    types.MethodWrapperType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    np.ufunc,
    type(np.sum),
    type(np.random.Generator.normal),
)


def is_of_library(thing: Any) -> bool:
    """Whether a callable is compiled, or a class of Python's or of a known package."""
    kind = type(thing)
    if issubclass(kind, type):
        return is_library(class_names(thing).get("__module__", "builtins"))
    return issubclass(kind, COMPILED)


def position_of_out(thing: Any) -> int | None:
    """Return which argument a function of NumPy writes to, if it is given by its position."""
    if type(thing) is np.ufunc:
        return int(thing.nin)
    if type(thing) is not type(np.sum):
        return None
    if thing is np.dot:
        return 2
    try:
        return list(inspect.signature(thing).parameters).index("out")
    except (TypeError, ValueError):
        return None
