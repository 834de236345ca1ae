"""Of which kind a thing is."""

from __future__ import annotations

import functools
import io
import random
import types
import warnings
from array import array
from collections import OrderedDict, defaultdict, deque
from typing import Any

import numpy as np

from engine.training.state import arrays, functions, kinds, stateful
from engine.training.state.kinds import Kind
from engine.training.state.leaves import LEAF_BASES, LEAVES
from engine.training.state.objects import attributes_of, extended
from engine.training.state.own import is_own_class

# Their instances run threads, hold locks or stand for what is outside of the process.
_UNKNOWN_MODULES = [
    "asyncio",
    "concurrent",
    "multiprocessing",
    "socket",
    "ssl",
    "subprocess",
    "threading",
]
# Their instances hold nothing that a training depends on.
_LEFT_ALONE = ["logging", "typing", "warnings"]

_KINDS: dict[type, Kind | None] = {
    **dict.fromkeys(LEAVES),
    list: kinds.LIST,
    dict: kinds.DICT,
    OrderedDict: kinds.ORDERED_DICT,
    defaultdict: kinds.DEFAULT_DICT,
    set: kinds.SET,
    frozenset: kinds.FROZEN_SET,
    deque: kinds.DEQUE,
    tuple: kinds.TUPLE,
    bytearray: stateful.BYTES,
    array: stateful.NUMBERS,
    io.BytesIO: stateful.STREAM,
    io.StringIO: stateful.STREAM,
    np.ndarray: arrays.ELEMENTS,
    np.random.Generator: stateful.GENERATOR,
    np.random.BitGenerator: stateful.BIT_GENERATOR,
    np.random.RandomState: stateful.RANDOM_STATE,
    np.random.SeedSequence: stateful.SEEDS,
    random.SystemRandom: None,
    random.Random: stateful.RANDOM,
    types.FunctionType: functions.FUNCTION,
    types.MethodType: stateful.METHOD,
    types.BuiltinFunctionType: functions.BUILTIN,
    types.MethodWrapperType: functions.BUILTIN,
    types.CellType: functions.VARIABLE,
    staticmethod: stateful.STATIC_METHOD,
    classmethod: stateful.CLASS_METHOD,
    property: stateful.PROPERTY,
    functools.partial: stateful.PARTIAL,
    functools._lru_cache_wrapper: stateful.CACHED_FUNCTION,
    type: functions.CLASS,
}
_BASES = [class_ for class_, kind in _KINDS.items() if kind or class_ is random.SystemRandom]


def kind_of(thing: Any) -> Kind | None:
    """Return the kind of a thing; None if it cannot change."""
    class_ = type(thing)
    kind = _KINDS[class_] if class_ in _KINDS else _kind_of_class(class_)  # type: ignore[arg-type]
    if kind is arrays.ELEMENTS:
        return _kind_of_array(thing)
    if kind is stateful.ITERATOR:
        try:
            with warnings.catch_warnings(action="ignore"):
                thing.__reduce__()
        except Exception:
            return kinds.UNKNOWN
    return kind


def creatable(name: str, kind_name: str) -> Kind | None:
    """Return the kind, of that name, of a class of Python or NumPy whose objects can be made."""
    kind = _CREATABLE.get(name)
    if kind is arrays.ELEMENTS and kind_name == arrays.OBJECTS.name:
        return arrays.OBJECTS
    return kind if kind and kind.name == kind_name else None


def _kind_of_array(thing: Any) -> Kind:
    if thing.dtype.hasobject and thing.dtype.kind != "T":
        return arrays.OBJECTS if thing.dtype == object else kinds.UNKNOWN
    return arrays.OVERLAPPING if arrays.overlaps(thing) else arrays.ELEMENTS


@functools.lru_cache(maxsize=1024)
def _kind_of_class(class_: Any) -> Kind | None:
    if issubclass(class_, np.memmap):
        return kinds.UNKNOWN
    for base in class_.__mro__:
        if base in _BASES and base is not type:
            kind = _KINDS[base]
            return extended(kind, class_) if kind else None
    if issubclass(class_, type):
        return functions.CLASS
    if class_.__name__ in ("cython_function_or_method", "fused_cython_function"):
        return None
    if issubclass(class_, LEAF_BASES):
        return attributes_of(class_) if is_own_class(class_) else None
    package = class_.__module__.partition(".")[0]
    if package in _LEFT_ALONE:
        return None
    if package in _UNKNOWN_MODULES:
        return kinds.UNKNOWN
    if not _hides_state(class_):
        return attributes_of(class_)
    kind = extended(kinds.UNKNOWN, class_)
    return stateful.ITERATOR if kind is kinds.UNKNOWN and hasattr(class_, "__next__") else kind


def _hides_state(class_: type) -> bool:
    """Whether instances have more in them than attributes, as those of classes written in C."""
    for base in class_.__mro__:
        if base in (object, types.SimpleNamespace, BaseException) or not base.__base__:
            continue
        if not base.__flags__ & 1 << 9:  # no class statement made it
            if not issubclass(base, BaseException):
                return True
            continue
        members = sum(type(m) is types.MemberDescriptorType for m in vars(base).values())
        if base.__basicsize__ - base.__base__.__basicsize__ > 8 * (members + 1):
            return True
    return False


_CREATABLE = {
    f"{class_.__module__}.{class_.__qualname__}": kind
    for class_, kind in _KINDS.items()
    if kind and class_ is not np.random.BitGenerator
} | {
    f"{class_.__module__}.{class_.__qualname__}": stateful.BIT_GENERATOR
    for class_ in (getattr(np.random, name) for name in stateful.BIT_GENERATORS)
}
