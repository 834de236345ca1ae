"""Iterators that stand where they stood, for those who held the old ones."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from engine.training.state.functions import BUILTIN
from engine.training.state.kinds import TUPLE, Kind
from engine.training.state.stateful import ITERATOR
from engine.training.state.walk import Record


class Renewal:
    """New iterators, one for each of a state, and contents in which they take the place."""

    def __init__(self, records: Mapping[int, Record]) -> None:
        self._records = records
        self._new: dict[int, Any] = {}

    def content(self, kind: Kind, content: Any) -> Any:
        """Return a content that holds new iterators instead of the old ones."""
        values = kind.values(content)
        new = [*map(self._value, values)]
        if all(map(lambda a, b: a is b, new, values)):
            return content
        return kind.content(kind.plain(content), new)

    def names(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what names stand for, likewise."""
        return {name: self._value(value) for name, value in values.items()}

    def _value(self, value: Any) -> Any:
        """Return what takes the place of a value, after that of all within it."""
        new, stack = self._new, [value]
        opened: set[int] = set()
        while stack:
            top = stack[-1]
            kind, _, content = self._records.get(id(top), (None, None, ()))
            if kind is not ITERATOR and kind is not TUPLE and kind is not BUILTIN:
                new[id(top)] = top
            elif id(top) not in new:
                inner = [part for part in content if id(part) not in new]
                if inner and id(top) not in opened:
                    opened.add(id(top))
                    stack += inner
                    continue
                new[id(top)] = self._renewed(kind, top, content)
            stack.pop()
        return new[id(value)]

    def _renewed(self, kind: Kind, value: Any, content: Sequence[Any]) -> Any:
        parts = [self._new.get(id(part), part) for part in content]
        if kind is ITERATOR:
            with warnings.catch_warnings(action="ignore"):
                made = parts[0](*parts[1])
                if len(parts) > 2 and parts[2] is not None:
                    made.__setstate__(parts[2])
            return made
        if all(part is old for part, old in zip(parts, content, strict=True)):
            return value
        if kind is TUPLE:
            return tuple.__new__(type(value), parts)
        return getattr(parts[0], value.__name__)
