"""Values that cannot change, and whether two of them are the same to the bit."""

from __future__ import annotations

import datetime
import decimal
import fractions
import operator
import pathlib
import re
import struct
import types
import typing
import uuid
import weakref
from enum import Enum
from typing import Any

import numpy as np

NumPyFunction: type = type(np.dot)


class Absent:
    """What a name stands for that is not there."""

    __slots__ = ()


ABSENT = Absent()

# Compared with ``==``, which is the interpreter's or the standard library's own.
COMPARED: frozenset[type] = frozenset(
    {int, bool, str, bytes, range, type(None), type(...), type(NotImplemented)}
    | {datetime.date, datetime.time, datetime.datetime, datetime.timedelta, datetime.timezone}
    | {fractions.Fraction, uuid.UUID, re.Pattern, types.GenericAlias}
    | {pathlib.PurePosixPath, pathlib.PureWindowsPath, pathlib.PosixPath, pathlib.WindowsPath}
)
LEAVES: frozenset[type] = COMPARED | frozenset(
    {
        Absent,
        NumPyFunction,
        float,
        complex,
        slice,
        decimal.Decimal,
        np.ufunc,
        types.ModuleType,
        types.CodeType,
    }
    | {types.MemberDescriptorType, types.GetSetDescriptorType, types.WrapperDescriptorType}
    | {types.MethodDescriptorType, types.ClassMethodDescriptorType, types.MappingProxyType}
    | {types.TracebackType, types.FrameType, types.UnionType, typing.TypeVar}
    | {weakref.ref, operator.itemgetter, operator.attrgetter, operator.methodcaller}
    | {np.dtype(code).type for code in np.typecodes["All"] if code != "V"}
)
# Their subclasses without attributes of their own are leaves too.
LEAF_BASES = (Enum, np.dtype, int, float, complex, str, bytes, pathlib.PurePath, weakref.ref)


def same_bits(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    """Whether two arrays without objects have the same shape, type and bits."""
    if a is b:
        return True
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.names is not None:  # between fields there may be bytes that mean nothing
        return all(same_bits(a[name], b[name]) for name in a.dtype.names)
    if a.dtype.kind == "T":
        return bool(a.tolist() == b.tolist())
    if a.nbytes < 4096:
        return a.tobytes() == b.tobytes()
    if not (a.flags.c_contiguous and b.flags.c_contiguous):
        a, b = a.ravel(), b.ravel()
    word = np.uint64 if a.itemsize % 8 == 0 else np.uint8
    return bool(np.array_equal(a.reshape(-1).view(word), b.reshape(-1).view(word)))


def same(a: Any, b: Any) -> bool:
    """Whether two leaves, or tuples, lists, dicts and arrays of leaves, are the same to the bit.

    ``==`` is never asked of an object whose class may be a user's.
    """
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    match a:
        case np.ndarray():
            return same_bits(a, b)
        case tuple() | list():
            return len(a) == len(b) and all(map(same, a, b))
        case dict():
            return same([*a], [*b]) and same([*a.values()], [*b.values()])
        case np.generic():
            return same_bits(np.asarray(a), np.asarray(b))
        case float():
            return struct.pack("d", a) == struct.pack("d", b)
        case complex():
            return struct.pack("dd", a.real, a.imag) == struct.pack("dd", b.real, b.imag)
        case slice():
            return same((a.start, a.stop, a.step), (b.start, b.stop, b.step))
        case decimal.Decimal():
            return repr(a) == repr(b)
    return bool(type(a) in COMPARED and a == b)
