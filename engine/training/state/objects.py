"""Objects with attributes, of any class."""

from __future__ import annotations

import types
from collections.abc import Collection, Sequence
from typing import Any

from engine.training.state.kinds import Kind, Walk, copy_of_dict, same_dicts
from engine.training.state.own import own_bases

_MEMBERS = types.GetSetDescriptorType, types.MemberDescriptorType


class _Attributes(Kind):
    """An object: its ``__dict__`` and its slots, but for the attributes that are omitted."""

    name = "object"

    def __init__(self, class_: type) -> None:
        dicts = [vars(base)["__dict__"] for base in class_.__mro__ if "__dict__" in vars(base)]
        # A user's class may have an attribute of this name, which is not it.
        self._dict = next((m for m in dicts if type(m) in _MEMBERS), None)
        self._slots = {
            name: member
            for base in reversed(class_.__mro__)
            if "__slots__" in vars(base)
            for name, member in vars(base).items()
            if type(member) is types.MemberDescriptorType
        }
        self.names_any = self._dict is not None or bool(self._slots)
        self._class = class_ if own_bases(class_) else None

    def copy(self, thing: Any, walk: Walk) -> Any:
        if self._class:
            walk.name_class(self._class)
        omitted = walk.omitted(thing)
        attributes: dict[str, Any] = copy_of_dict(self._dict.__get__(thing)) if self._dict else {}
        slots = {}
        for name, member in self._slots.items():
            try:
                slots[name] = member.__get__(thing)
            except AttributeError:
                continue
        for name in omitted:
            attributes.pop(name, None)
            slots.pop(name, None)
        return attributes, slots, omitted

    def unchanged(self, content: Any, before: Any) -> bool:
        return (
            same_dicts(content[0], before[0])
            and same_dicts(content[1], before[1])
            and content[2] == before[2]
        )

    def put(self, thing: Any, content: Any) -> None:
        attributes, slots, omitted = content
        if self._dict:
            put_names(self._dict.__get__(thing), attributes, omitted)
        for name, member in self._slots.items():
            if name in slots:
                member.__set__(thing, slots[name])
            elif name not in omitted:
                try:
                    member.__delete__(thing)
                except AttributeError:
                    continue

    def values(self, content: Any) -> Sequence[Any]:
        return [*content[0].values(), *content[1].values()]

    def labels(self, content: Any) -> Sequence[str]:
        return [f".{name}" for names in content[:2] for name in names]

    def plain(self, content: Any) -> Any:
        return [[*content[0]], [*content[1]], sorted(content[2])]

    def content(self, plain: Any, values: Sequence[Any]) -> Any:
        names, slots, omitted = plain
        attributes = dict(zip(names, values[: len(names)], strict=True))
        return attributes, dict(zip(slots, values[len(names) :], strict=True)), frozenset(omitted)


class _Extended(Kind):
    """An instance of a subclass of a known class, with attributes besides."""

    def __init__(self, base: Kind, attributes: _Attributes) -> None:
        self.name, self._base, self._attributes = base.name, base, attributes

    def copy(self, thing: Any, walk: Walk) -> Any:
        return self._base.copy(thing, _Inner(walk)), self._attributes.copy(thing, walk)

    def put(self, thing: Any, content: Any) -> None:
        self._base.put(thing, content[0])
        self._attributes.put(thing, content[1])

    def values(self, content: Any) -> Sequence[Any]:
        return [*self._base.values(content[0]), *self._attributes.values(content[1])]

    def labels(self, content: Any) -> Sequence[str]:
        return [*self._base.labels(content[0]), *self._attributes.labels(content[1])]

    def plain(self, content: Any) -> Any:
        base, attributes = content
        return [
            self._base.plain(base),
            self._attributes.plain(attributes),
            len(self._base.values(base)),
        ]

    def content(self, plain: Any, values: Sequence[Any]) -> Any:
        base, attributes, count = plain
        return (
            self._base.content(base, values[:count]),
            self._attributes.content(attributes, values[count:]),
        )

    def nbytes(self, content: Any, before: Any) -> int:
        base, attributes = before or (None, None)
        return self._base.nbytes(content[0], base) + self._attributes.nbytes(content[1], attributes)


class _Inner:
    """A walk, to a kind whose content is only half of what the walk holds of a thing."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk

    def before(self, thing: Any) -> Any:
        before = self._walk.before(thing)
        return None if before is None else before[0]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._walk, name)


def attributes_of(class_: type) -> Kind | None:
    """Return the kind of a class whose instances are attributes only; None if they have none."""
    kind = _Attributes(class_)
    return kind if kind.names_any else None


def extended(base: Kind, class_: type) -> Kind:
    """Return the kind of a class that adds attributes to a known kind, or that kind."""
    attributes = _Attributes(class_)
    return _Extended(base, attributes) if attributes.names_any else base


def put_names(live: dict[str, Any], wanted: dict[str, Any], omitted: Collection[str] = ()) -> None:
    """Make a namespace hold what is wanted, with as few changes as that takes."""
    if [name for name in live if name not in omitted] == [*wanted]:
        for name, value in wanted.items():
            if live[name] is not value:
                live[name] = value
        return
    kept = {name: live[name] for name in omitted if name in live}
    dict.clear(live)
    dict.update(live, wanted)
    dict.update(live, kept)
