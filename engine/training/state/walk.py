"""The walk from some roots to everything that they reach, copying it."""

from __future__ import annotations

import types
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from engine.training.state import arrays
from engine.training.state.classification import kind_of
from engine.training.state.kinds import DATA, Kind
from engine.training.state.leaves import ABSENT, LEAVES
from engine.training.state.own import counts, named_globals, own_bases

# Arrays above this many bytes that only a module's globals hold are data.
DATA_BYTES = 1_000_000

# A kind, the thing itself, and a copy of its content. It keeps the thing alive, so that no other
# can come to have its id.
Record = tuple[Kind, Any, Any]


class Namespace:
    """Names of a module of the user, or attributes of a class, and what they stand for."""

    def __init__(self, owner: dict[str, Any] | type) -> None:
        self.owner = owner
        self.values: dict[str, Any] = {}

    @property
    def label(self) -> str:
        """How a path that begins with it is written."""
        if isinstance(self.owner, type):
            return f"{self.owner.__qualname__}."
        return Path(self.owner.get("__file__") or self.owner.get("__name__", "?")).name + ":"

    def put(self, values: dict[str, Any]) -> None:
        """Make the names stand for these values again."""
        owner = self.owner
        if isinstance(owner, type):
            for name, value in _attributes(owner).items():
                if name not in values and type(value) is not types.FunctionType:
                    type.__delattr__(owner, name)
            for name, value in values.items():
                if vars(owner).get(name, ABSENT) is not value:
                    type.__setattr__(owner, name, value)
            return
        for name, value in values.items():
            if value is ABSENT:
                owner.pop(name, None)
            elif owner.get(name, ABSENT) is not value:
                owner[name] = value


class Walk:
    """One walk; what it found is in ``records`` by ``id``, and in ``namespaces``."""

    def __init__(
        self,
        roots: Mapping[str, object],
        omit: Callable[[Any], Collection[str]] | None,
        skip: tuple[type, ...],
        previous: Mapping[int, Record],
    ) -> None:
        self.records: dict[int, Record] = {}
        self.namespaces: dict[int, Namespace] = {}
        self._omit, self._skip, self._previous = omit, skip, previous
        self._arrays: list[np.ndarray[Any, Any]] = []
        self._late: list[Any] = []
        self._stack: list[Any] = [*roots.values()]
        self._walk(None)
        while self._late:  # globals: what is reached by no other way
            self._stack, self._late = self._late, []
            self._walk(DATA_BYTES)
        self._copy_arrays()

    # -- what a kind asks ----------------------------------------------------------------------

    def omitted(self, thing: Any) -> Collection[str]:
        """Return the names of attributes of an object that are left alone."""
        return self._omit(thing) if self._omit else ()

    def before(self, thing: Any) -> Any:
        """Return what the previous state holds of a thing; None if it does not know it."""
        record = self._previous.get(id(thing))
        return record[2] if record and record[1] is thing else None

    def name_globals(self, function: types.FunctionType) -> None:
        """Include the globals that a function names."""
        for owner, names in named_globals(function):
            namespace = self._namespace(owner)
            for name in sorted(names - namespace.values.keys()):
                if counts(owner, name):
                    value = namespace.values[name] = owner.get(name, ABSENT)
                    self._late.append(value)

    def name_class(self, class_: type) -> None:
        """Include the attributes of a user's class, and of its bases that are a user's too."""
        for base in own_bases(class_):
            if id(base) not in self.namespaces:
                namespace = self._namespace(base)
                namespace.values = _attributes(base)
                self._stack += namespace.values.values()

    def _namespace(self, owner: dict[str, Any] | type) -> Namespace:
        found = self.namespaces.get(id(owner))
        if found is None:
            found = self.namespaces[id(owner)] = Namespace(owner)
        return found

    # -- walking -------------------------------------------------------------------------------

    def _walk(self, data_bytes: int | None) -> None:
        stack, records, skip, previous = self._stack, self.records, self._skip, self._previous
        while stack:
            thing = stack.pop()
            key = id(thing)
            if key in records:
                continue
            kind = kind_of(thing)
            if kind is None or (skip and issubclass(type(thing), skip)):
                continue
            if kind is arrays.ELEMENTS or kind is arrays.OVERLAPPING:
                if data_bytes and thing.nbytes > data_bytes:
                    records[key] = DATA, thing, None
                    continue
                if kind is arrays.ELEMENTS and type(thing) is np.ndarray:
                    records[key] = kind, thing, None
                    self._arrays.append(thing)
                    continue
            content = kind.copy(thing, self)
            known = previous.get(key)
            if (
                known
                and known[1] is thing
                and known[0] is kind
                and (known[2] is content or kind.unchanged(content, known[2]))
            ):
                records[key] = known
                content = known[2]
            else:
                records[key] = kind, thing, content
            values = kind.values(content)
            if len(values) > 32 and LEAVES.issuperset(map(type, values)):
                continue
            for value in values:
                if type(value) not in LEAVES:
                    stack.append(value)

    def _copy_arrays(self) -> None:
        """Copy the arrays: once, where one is a view of another."""
        views = []
        for array in self._arrays:
            if (owner := arrays.owner_of(array)) is not None and id(owner) in self.records:
                views.append((array, owner))
            else:
                self._copied(array)
        for array, owner in views:
            kind, _, copy = self.records[id(owner)]
            part = None
            if kind is arrays.ELEMENTS and type(copy) is np.ndarray:
                part = arrays.view_of(copy, owner, array, self.before(array))
            if part is None:
                self._copied(array)
            else:
                self.records[id(array)] = arrays.ELEMENTS, array, part

    def _copied(self, array: np.ndarray[Any, Any]) -> None:
        copy = arrays.copy_of(array, self.before(array))
        self.records[id(array)] = arrays.ELEMENTS, array, copy


def _attributes(class_: type) -> dict[str, Any]:
    """Return the attributes of a class that were written in it, or set since."""
    return {
        name: value
        for name, value in vars(class_).items()
        if type(value) is types.FunctionType
        or (
            not (name.startswith("__") and name.endswith("__"))
            and name != "_abc_impl"
            and type(value) not in (types.MemberDescriptorType, types.GetSetDescriptorType)
        )
    }
