"""Paths to the parts of a state, and where two states differ."""

from __future__ import annotations

import types
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from engine.training.state.kinds import Kind
from engine.training.state.leaves import ABSENT, LEAVES, NumPyFunction, same
from engine.training.state.walk import Namespace, Record

# A path, from its end: a label, and the path that it continues.
Path = tuple[str, "Path | None"]


class Graph:
    """What a walk found: roots, namespaces, and a record of each thing by its ``id``."""

    def __init__(
        self, roots: dict[str, Any], records: dict[int, Record], namespaces: list[Namespace]
    ) -> None:
        self.roots, self.records, self.namespaces = roots, records, namespaces

    def names(self) -> dict[str, Any]:
        """Return what the names of namespaces stand for, by the paths that begin with them."""
        return {
            label + name: value
            for label, namespace in self.labelled().items()
            for name, value in namespace.values.items()
        }

    def labelled(self) -> dict[str, Namespace]:
        """Return the namespaces by their labels, in order."""
        found: dict[str, Namespace] = {}
        for namespace in self.namespaces:
            label, count = namespace.label, 1
            while label in found:
                count += 1
                label = f"{namespace.label[:-1]} ({count}){namespace.label[-1]}"
            found[label] = namespace
        return {label: found[label] for label in sorted(found)}

    def labels(self, kind: Kind, content: Any) -> list[str]:
        """Return where each value of a content stands, without the ids that a dict has as keys."""
        labels, values = list(kind.labels(content)), kind.values(content)
        for index, label in enumerate(labels):
            key = values[index]
            if type(key) is int and key in self.records and label.startswith(" key "):
                labels[index : index + 2] = f" key [<id {index}>]", f"[<id {index}>]"
        return labels

    def paths(self) -> Iterator[tuple[Path, Record]]:
        """Yield each record once, with a path of as few steps as possible, from a root if any."""
        seen: set[int] = set()
        queue: deque[tuple[Path, Any]] = deque()
        late = deque(self.names().items())
        queue.extend(((name, None), value) for name, value in self.roots.items())
        while queue or late:
            if not queue:
                name, value = late.popleft()
                queue.append(((name, None), value))
            path, thing = queue.popleft()
            record = self.records.get(id(thing))
            if record is None or id(thing) in seen:
                continue
            seen.add(id(thing))
            yield path, record
            kind, _, content = record
            values = kind.values(content)
            if LEAVES.issuperset(map(type, values)):
                continue
            for label, value in zip(self.labels(kind, content), values, strict=True):
                if type(value) not in LEAVES:
                    queue.append(((label, path), value))


def text_of(path: Path) -> str:
    """Return a path as it is written."""
    labels = []
    at: Path | None = path
    while at:
        label, at = at
        labels.append(label)
    return "".join(reversed(labels))


_NAMED = (
    type,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodWrapperType,
    NumPyFunction,
)


def token(thing: Any) -> str:
    """Return the name of a function or class, or of the class of another object."""
    named = thing if issubclass(type(thing), _NAMED) else type(thing)
    return f"{getattr(named, '__module__', None)}.{named.__qualname__}"


def difference(one: Graph, other: Graph) -> str | None:
    """Return the path to the first thing that differs; None if all is the same to the bit.

    Aliasing counts as well: what is one object in one state has to be one in the other.
    """
    pairs: deque[tuple[Path, Any, Any]] = deque()
    for starts, others in ((one.roots, other.roots), (one.names(), other.names())):
        for name in dict.fromkeys([*starts, *others]):
            pairs.append(((name, None), starts.get(name, ABSENT), others.get(name, ABSENT)))
    queue = deque(pairs.popleft() for _ in {**one.roots, **other.roots})
    seen: set[tuple[int, int]] = set()
    there: dict[int, int] = {}
    back: dict[int, int] = {}
    while queue or pairs:
        path, a, b = (queue or pairs).popleft()
        record, match = one.records.get(id(a)), other.records.get(id(b))
        if record is None or match is None:
            if record is not match or not same(a, b):
                return text_of(path)
            continue
        if (id(a), id(b)) in seen:
            continue
        seen.add((id(a), id(b)))
        (kind, _, content), (kind_b, _, content_b) = record, match
        alike = kind.name == kind_b.name and token(a) == token(b)
        if alike and not kind.frozen:
            alike = there.setdefault(id(a), id(b)) == id(b) and back.setdefault(id(b), id(a)) == id(
                a
            )
        if not alike:
            return text_of(path)
        kept = content is content_b or (kind is kind_b and kind.unchanged(content, content_b))
        if kept and LEAVES.issuperset(map(type, kind.values(content))):
            continue
        labels, labels_b = one.labels(kind, content), other.labels(kind, content_b)
        if labels != labels_b:
            return text_of((_first(labels, labels_b), path))
        if not same(kind.plain(content), kind.plain(content_b)):
            return text_of(path)
        values, values_b = _aligned(kind, kind.values(content), kind.values(content_b))
        for label, value, value_b in zip(labels, values, values_b, strict=True):
            if type(value) in LEAVES and type(value_b) in LEAVES:
                if not same(value, value_b):
                    return text_of((label.removeprefix(" key ").partition("{")[0], path))
            else:
                queue.append(((label, path), value, value_b))
    return None


def _first(labels: Sequence[str], others: Sequence[str]) -> str:
    """Return the first label that is not in both, or not in the same place."""
    mine, theirs = set(labels), set(others)
    for label in (*labels, *others):
        if (label in mine) != (label in theirs):
            return label.removeprefix(" key ").partition("{")[0]
    return next((a for a, b in zip(labels, others, strict=False) if a != b), "").removeprefix(
        " key "
    )


def _aligned(
    kind: Kind, values: Sequence[Any], others: Sequence[Any]
) -> tuple[Sequence[Any], Sequence[Any]]:
    """Return the values in corresponding order: the order of a set means nothing."""
    if kind.name not in ("set", "frozenset"):
        return values, others
    known = {*map(id, values)} == {*map(id, others)}

    def order(value: Any) -> tuple[int, str, int]:
        if type(value) in LEAVES:
            return 0, f"{type(value).__name__} {value!r}", 0
        return 1, "", id(value) if known else 0

    return sorted(values, key=order), sorted(others, key=order)


def described(leaf: Any) -> str:
    """Return what tells a leaf from others of its class, where that can be written."""
    if isinstance(leaf, types.ModuleType):
        return f"module {leaf.__name__}"
    return f"{token(leaf)} {leaf!r}" if type(leaf) in _WRITTEN else token(leaf)


_WRITTEN = LEAVES - {
    NumPyFunction,
    types.CodeType,
    types.FrameType,
    types.TracebackType,
    types.MappingProxyType,
    types.ModuleType,
}
