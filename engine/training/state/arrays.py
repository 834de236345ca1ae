"""Arrays: their elements, and the memory that several of them share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.training.state.kinds import Kind, Walk
from engine.training.state.leaves import same_bits

Array = np.ndarray[Any, Any]


class _Elements(Kind):
    """An array of numbers, text or records; its content is a copy, writeable if the array is."""

    name = "array"

    def copy(self, thing: Any, walk: Walk) -> Any:
        return copy_of(np.asarray(thing), walk.before(thing))

    def put(self, thing: Any, content: Any) -> None:
        if type(thing) is not np.ndarray:
            thing = np.asarray(thing)
        writeable = content.flags.writeable
        if thing.shape != content.shape:
            thing.resize(content.shape, refcheck=False)
        if thing.flags.writeable:
            np.copyto(thing, content)
            if not writeable:
                thing.flags.writeable = False
        elif not same_bits(thing, content):
            _put_locked(thing, content)
        if writeable and not thing.flags.writeable:
            thing.flags.writeable = True

    def plain(self, content: Any) -> Any:
        return content

    def content(self, plain: Any, values: Sequence[Any]) -> Any:
        return plain

    def create(self, plain: Any, values: Sequence[Any]) -> Any:
        return np.empty_like(plain)


class _Objects(Kind):
    """An array of objects; its content is an array of the same objects."""

    name = "object array"

    def copy(self, thing: Any, walk: Walk) -> Any:
        return np.asarray(thing).copy("K")

    def put(self, thing: Any, content: Any) -> None:
        ELEMENTS.put(thing, content)

    def values(self, content: Any) -> Sequence[Any]:
        return content.ravel().tolist()  # type: ignore[no-any-return]

    def labels(self, content: Any) -> Sequence[str]:
        return [str([*index]) if index else "" for index in np.ndindex(content.shape)]

    def plain(self, content: Any) -> Any:
        return content.shape

    def content(self, plain: Any, values: Sequence[Any]) -> Any:
        made = np.empty(math.prod(plain), object)
        for index, value in enumerate(values):
            made[index] = value
        return made.reshape(plain)

    def create(self, plain: Any, values: Sequence[Any]) -> Any:
        return np.empty(plain, object)


class _Overlapping(Kind):
    """A view in which elements overlap, as of ``np.broadcast_to``: its base is copied instead."""

    name = "overlapping view"

    def copy(self, thing: Any, walk: Walk) -> Any:
        base = thing.base
        if not isinstance(base, np.ndarray):  # what as_strided puts between
            base = getattr(base, "base", base)
        return base, (thing.shape, thing.strides)

    def values(self, content: Any) -> Sequence[Any]:
        return [content[0]]

    def labels(self, content: Any) -> Sequence[str]:
        return [".base"]

    def plain(self, content: Any) -> Any:
        return content[1]

    def content(self, plain: Any, values: Sequence[Any]) -> Any:
        return values[0], plain


def overlaps(array: Array) -> bool:
    """Whether elements of an array lie in the same place, or its copy would take more memory."""
    if array.flags.c_contiguous or not array.size:
        return False
    pairs = zip(array.strides, array.shape, strict=True)
    return bool(sum(abs(s) * (n - 1) for s, n in pairs) + array.itemsize < array.nbytes)


def copy_of(array: Array, before: Array | None) -> Array:
    """Return a copy of an array, or the one made before if that still holds the same bits."""
    writeable = array.flags.writeable
    if (
        before is not None
        and before.base is None
        and before.flags.writeable == writeable
        and same_bits(array, before)
    ):
        return before
    copy = array.copy("K")
    if not writeable:
        copy.flags.writeable = False
    return copy


def owner_of(array: Array) -> Array | None:
    """Return the array whose memory a view shows; None if it has memory of its own."""
    owner = None
    while isinstance(array.base, np.ndarray):
        owner = array = array.base
    return owner


def view_of(copy: Array, owner: Array, view: Array, before: Array | None) -> Array | None:
    """Return that part of the owner's copy which a view shows; None if it cannot be had."""
    if before is not None and before.base is copy and before.shape == view.shape:
        return before
    if copy.strides != owner.strides or not copy.flags.c_contiguous:
        return None
    offset = _address(view) - _address(owner)
    part: Array = np.ndarray(view.shape, view.dtype, copy, offset, view.strides)
    if part.flags.writeable and not view.flags.writeable:
        part.flags.writeable = False
    return part if part.flags.writeable == view.flags.writeable else None


def _address(array: Array) -> int:
    return int(array.__array_interface__["data"][0])


def _put_locked(array: Array, content: Array) -> None:
    """Write into a read-only array, by unlocking it and what it is a view of."""
    chain = [array]
    while isinstance(chain[-1].base, np.ndarray):
        chain.append(chain[-1].base)
    locked = [part for part in reversed(chain) if not part.flags.writeable]
    try:
        for part in locked:
            part.flags.writeable = True
        np.copyto(array, content)
    finally:
        for part in locked:
            part.flags.writeable = False


ELEMENTS = _Elements()
OBJECTS = _Objects()
OVERLAPPING = _Overlapping()
