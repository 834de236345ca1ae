"""Generators of random numbers, iterators, and other things that keep a state of their own."""

from __future__ import annotations

import functools
import operator
import random
import sys
from array import array
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from engine.training.state.kinds import Kind, Walk
from engine.training.state.leaves import same


class _Stateful(Kind):
    """A thing with one function that returns all its state, and one that sets it."""

    def __init__(
        self,
        name: str,
        get: Callable[[Any], Any],
        set_: Callable[[Any, Any], object],
        create: Callable[[Any], Any] | None = None,
    ) -> None:
        self.name, self._get, self._set, self._create = name, get, set_, create

    def copy(self, thing: Any, walk: Walk) -> Any:
        state, before = self._get(thing), walk.before(thing)
        return before if before is not None and same(state, before) else state

    def put(self, thing: Any, content: Any) -> None:
        self._set(thing, content)

    def plain(self, content: Any) -> Any:
        return content

    def content(self, plain: Any, values: Sequence[Any]) -> Any:
        return plain

    def create(self, plain: Any, values: Sequence[Any]) -> Any:
        return self._create and self._create(plain)

    def nbytes(self, content: Any, before: Any) -> int:
        return _size(content)


class _Parts(Kind):
    """A thing that itself cannot change, or not its parts: they are read as its attributes."""

    frozen = True

    def __init__(
        self, name: str, *attributes: str, create: Callable[..., Any] | None = None
    ) -> None:
        self.name, self._attributes, self._create = name, attributes, create
        self._read = [operator.attrgetter(attribute) for attribute in attributes]

    def copy(self, thing: Any, walk: Walk) -> Any:
        return [read(thing) for read in self._read]

    def values(self, content: Any) -> Sequence[Any]:
        return content  # type: ignore[no-any-return]

    def labels(self, content: Any) -> Sequence[str]:
        hidden = "bit_generator", "__func__", "__wrapped__"
        return ["" if name in hidden else f".{name}" for name in self._attributes]

    def content(self, plain: Any, values: Sequence[Any]) -> Any:
        return [*values]

    def create(self, plain: Any, values: Sequence[Any]) -> Any:
        return self._create and self._create(*values)


class _BitGenerator(Kind):
    """A bit generator of NumPy, with the sequence of seeds from which others are spawned."""

    name = "bit generator"
    frozen = True

    def copy(self, thing: Any, walk: Walk) -> Any:
        state, before = thing.state, walk.before(thing)
        if before is not None and same(state, before[0]):
            return before
        return state, getattr(thing, "seed_seq", None)

    def put(self, thing: Any, content: Any) -> None:
        thing.state = content[0]

    def values(self, content: Any) -> Sequence[Any]:
        return [content[1]]

    def labels(self, content: Any) -> Sequence[str]:
        return [".seed_seq"]

    def plain(self, content: Any) -> Any:
        return content[0]

    def content(self, plain: Any, values: Sequence[Any]) -> Any:
        return plain, values[0]

    def create(self, plain: Any, values: Sequence[Any]) -> Any:
        name = plain["bit_generator"]
        return getattr(np.random, name)(values[0]) if name in BIT_GENERATORS else None

    def nbytes(self, content: Any, before: Any) -> int:
        return _size(content[0])


class _Partial(Kind):
    """A ``functools.partial``."""

    name = "partial"

    def copy(self, thing: Any, walk: Walk) -> Any:
        return [thing.func, thing.args, thing.keywords, vars(thing)]

    def put(self, thing: Any, content: Any) -> None:
        functools.partial.__setstate__(thing, (*content,))  # type: ignore[attr-defined]

    def values(self, content: Any) -> Sequence[Any]:
        return content  # type: ignore[no-any-return]

    def labels(self, content: Any) -> Sequence[str]:
        return ["", ".args", ".keywords", ".__dict__"]

    def content(self, plain: Any, values: Sequence[Any]) -> Any:
        return [*values]


class _Iterator(Kind):
    """An iterator of the interpreter, as one of ``itertools``.

    It cannot be set back, so those who hold it are given a new one that stands where it stood.
    """

    name = "iterator"

    def copy(self, thing: Any, walk: Walk) -> Any:
        return thing.__reduce__()

    def values(self, content: Any) -> Sequence[Any]:
        return content  # type: ignore[no-any-return]

    def content(self, plain: Any, values: Sequence[Any]) -> Any:
        return (*values,)


BIT_GENERATORS = "MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"


def _size(plain: Any) -> int:
    values = plain.values() if isinstance(plain, dict) else plain
    inner = sum(map(_size, values)) if isinstance(plain, dict | tuple) else 0
    return sys.getsizeof(plain) + inner


def _get_random(generator: Any) -> Any:
    version, numbers, gauss = random.Random.getstate(generator)
    return version, array("I", numbers).tobytes(), gauss  # a tenth of what the numbers take


def _set_random(generator: Any, state: Any) -> None:
    random.Random.setstate(generator, (state[0], tuple(array("I", state[1])), state[2]))


def _set_bytearray(thing: bytearray, content: bytes) -> None:
    thing[:] = content


def _set_array(thing: Any, content: tuple[str, bytes]) -> None:
    thing[:] = array(*content)


RANDOM_STATE = _Stateful(
    "random generator",
    lambda thing: np.random.RandomState.get_state(thing, legacy=False),
    np.random.RandomState.set_state,
    lambda state: np.random.RandomState(0) if state["bit_generator"] == "MT19937" else None,
)
RANDOM = _Stateful("random generator", _get_random, _set_random, lambda _: random.Random())
SEEDS = _Stateful(
    "sequence of seeds",
    lambda thing: thing.__reduce__()[2],
    lambda thing, state: thing.__setstate__(state),
    lambda _: np.random.SeedSequence(0),
)
BYTES = _Stateful("bytearray", bytes, _set_bytearray, lambda _: bytearray())
NUMBERS = _Stateful(
    "array of the standard library",
    lambda thing: (thing.typecode, thing.tobytes()),
    _set_array,
    lambda content: array(content[0]),
)
STREAM = _Stateful(
    "stream in memory",
    lambda thing: None if thing.closed else thing.__getstate__(),
    lambda thing, state: state and thing.__setstate__(state),
)
GENERATOR = _Parts("random generator", "bit_generator", create=np.random.Generator)
BIT_GENERATOR = _BitGenerator()
PARTIAL, ITERATOR = _Partial(), _Iterator()
METHOD = _Parts("method", "__self__", "__func__")
STATIC_METHOD = _Parts("static method", "__func__")
CLASS_METHOD = _Parts("class method", "__func__")
PROPERTY = _Parts("property", "fget", "fset", "fdel")
CACHED_FUNCTION = _Parts("cached function", "__wrapped__")
