"""A stored state, joined with the objects that are there."""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np

from engine.training.state import arrays
from engine.training.state.classification import creatable, kind_of
from engine.training.state.comparison import Graph, Path, described, text_of, token
from engine.training.state.functions import CLASS
from engine.training.state.kinds import Kind
from engine.training.state.storage import (
    Node,
    StateError,
    Stored,
    decode_leaf,
    decode_type,
    labels_of,
)
from engine.training.state.walk import Namespace, Record

NOTHING = object()
# Classes that a state may name though they are not here: as the factory of a defaultdict.
_CLASSES = {
    token(class_): class_
    for class_ in (bool, int, float, complex, str, bytes, list, dict, set, tuple, deque)
}


def load(stored: Stored, live: Graph) -> Graph:
    """Return the graph of a stored state, whose things are live ones where that is possible.

    Raises
    ------
    StateError
        If something is not there, and cannot be made.
    """
    return _Loading(stored, live).graph()


class _Loading:
    def __init__(self, stored: Stored, live: Graph) -> None:
        self._stored, self._nodes, self._live = stored, stored.nodes, live
        # The live or new thing of each node, and the live values of what is no node, by the
        # number of the node that holds it and the place in it.
        self._things: dict[int, Any] = {}
        self._leaves: dict[tuple[int | str, int], Any] = {}
        self._taken: set[int] = set()
        self._tuples: dict[int, Any] = {}  # live ones, for the nodes that stand where they do
        self._most = 1 + sum(len(node.values) for node in stored.nodes)
        self._pair()

    # -- finding what is there -----------------------------------------------------------------

    def _pair(self) -> None:
        """Walk through what is stored and what is live together, by path."""
        roots, here = self._stored.roots, self._live.roots
        for name in roots.keys() ^ here.keys():
            where = "not here" if name in roots else "not in the stored state"
            raise StateError(f"{name} is {where}: {_ANOTHER}")
        queue: deque[tuple[Any, Any, tuple[int | str, int]]] = deque()
        live = here | self._live.names()
        queue.extend((v, live.get(name, NOTHING), (name, 0)) for name, v in self._starts())
        visited: set[int] = set()
        while queue:
            value, thing, place = queue.popleft()
            match value:
                case ["same", text]:
                    if thing is not NOTHING and described(thing) == text:
                        self._leaves[place] = thing
                    continue
                case ["ref", number]:
                    pass
                case _:
                    continue
            if number in self._things:
                continue
            node, record = self._nodes[number], self._live.records.get(id(thing))
            children: dict[str, Any] = {}
            if record and record[0].name == node.kind and token(thing) == node.token:
                kind, _, content = record
                children = dict(
                    zip(self._live.labels(kind, content), kind.values(content), strict=True)
                )
                if node.kind in ("tuple", "frozenset"):
                    self._tuples.setdefault(number, thing)
                elif self._fits(kind, node, thing):
                    self._things[number] = thing
                    self._taken.add(id(thing))
            if number in visited and not children:
                continue
            visited.add(number)
            for index, (label, child) in enumerate(zip(labels_of(node), node.values, strict=True)):
                queue.append((child, children.get(label, NOTHING), (number, index)))

    def _starts(self) -> Iterator[tuple[str, Any]]:
        """Yield the paths of roots and names, and what is stored of each."""
        yield from self._stored.roots.items()
        for label, values in self._stored.namespaces.items():
            for name, value in values.items():
                yield label + name, value

    def _fits(self, kind: Kind, node: Node, thing: Any) -> bool:
        """Whether the content of a node can be put into a live thing."""
        if id(thing) in self._taken:
            return False
        if kind is arrays.ELEMENTS:
            descr, shape = node.plain[1:3]
            return bool(thing.dtype == decode_type(descr) and list(thing.shape) == shape)
        if kind is arrays.OBJECTS:
            return list(thing.shape) == list(decode_leaf(node.plain))
        if node.kind == "deque":
            return bool(thing.maxlen == decode_leaf(node.plain))
        if node.kind == "bit generator":
            return bool(thing.state["bit_generator"] == decode_leaf(node.plain)["bit_generator"])
        return True

    # -- making what is not --------------------------------------------------------------------

    def graph(self) -> Graph:
        """Return the joined graph."""
        frozen, views = [], []
        for number, node in enumerate(self._nodes):
            if node.kind == CLASS.name and node.token in _CLASSES:
                self._things.setdefault(number, _CLASSES[node.token])
            if number in self._things:
                continue
            kind = None if number in self._tuples else self._creatable(node)
            if kind is None or kind.frozen:
                frozen.append(number)
            elif isinstance(node.plain, list) and node.plain[0] == "view":
                views.append(number)
            else:
                self._things[number] = self._made(kind, node, ())
        for number in views:
            self._things[number] = self._view(self._nodes[number])
        for number in frozen:
            if number not in self._things:
                self._make_frozen(number)
        contents: dict[int, Any] = {}
        records: dict[int, Record] = {}
        for number in range(len(self._nodes)):
            thing = self._things[number]
            known = self._live.records.get(id(thing))
            kind = known[0] if known else kind_of(thing)
            if kind is None:
                continue
            plain = self._plain(number, contents)
            contents[number] = kind.content(plain, [*self._values(number)])
            records[id(thing)] = kind, thing, contents[number]
        roots = {name: self._value(value, (name, 0)) for name, value in self._stored.roots.items()}
        return Graph(roots, records, self._namespaces())

    def _creatable(self, node: Node) -> Kind:
        kind = creatable(node.token, node.kind)
        if kind is None:
            raise StateError(
                f"{self._path(node)} is {node.kind} {node.token} in the stored state, and not "
                f"here: {_ANOTHER}"
            )
        return kind

    def _made(self, kind: Kind, node: Node, values: tuple[Any, ...]) -> Any:
        made = kind.create(decode_leaf(node.plain), values)
        if made is None:
            raise StateError(f"{self._path(node)} ({node.kind}) is not here, and cannot be made")
        return made

    def _make_frozen(self, first: int) -> None:
        """Make a tuple or the like, after those within it."""
        stack = [first]
        while stack:
            number = stack[-1]
            node = self._nodes[number]
            missing = [
                value[1]
                for value in node.values
                if isinstance(value, list)
                and value[0] in ("ref", "id")
                and value[1] not in self._things
            ]
            if missing:
                stack += missing
                if len(stack) > self._most:
                    raise StateError("the stored state is damaged: a tuple holds itself")
                continue
            stack.pop()
            if number not in self._things:
                values = (*self._values(number),)
                self._things[number] = self._frozen(number, values)

    def _frozen(self, number: int, values: tuple[Any, ...]) -> Any:
        live, node = self._tuples.get(number), self._nodes[number]
        if live is None:
            return self._made(self._creatable(node), node, values)
        if len(live) == len(values) and all(map(operator.is_, live, values)):
            return live
        base = tuple if node.kind == "tuple" else frozenset
        return base.__new__(type(live), values)  # a named tuple, say

    def _view(self, node: Node) -> Any:
        """Make a view of the array of which it was one."""
        descr, shape, strides, _, offset, number = node.plain[1:]
        owner = self._things.get(number)
        if owner is None or not owner.flags.c_contiguous:
            return np.empty(shape, decode_type(descr))
        return np.ndarray(shape, decode_type(descr), owner, offset, strides)

    def _plain(self, number: int, contents: dict[int, Any]) -> Any:
        plain = self._nodes[number].plain
        if not (isinstance(plain, list) and plain[0] == "view"):
            return decode_leaf(plain)
        descr, shape, strides, writeable, offset, owner = plain[1:]
        if owner not in contents:
            contents[owner] = decode_leaf(self._nodes[owner].plain)
        part: Any = np.ndarray(shape, decode_type(descr), contents[owner], offset, strides)
        if part.flags.writeable and not writeable:
            part.flags.writeable = False
        return part

    def _values(self, number: int) -> Iterator[Any]:
        node = self._nodes[number]
        for index, value in enumerate(node.values):
            yield self._value(value, (number, index))

    def _value(self, value: Any, place: tuple[int | str, int]) -> Any:
        match value:
            case ["ref", number]:
                return self._things[number]
            case ["id", number]:
                return id(self._things[number])
            case ["same", text]:
                if place not in self._leaves:
                    at, index = place
                    path = at if isinstance(at, str) else self._path(self._nodes[at], index)
                    raise StateError(f"{path} is {text} in the stored state, and not here")
                return self._leaves[place]
        return decode_leaf(value)

    def _path(self, wanted: Node, index: int | None = None) -> str:
        """Return the path to a stored node, or to one of its values."""
        queue: deque[tuple[Path, Any]] = deque(((n, None), v) for n, v in self._starts())
        seen: set[int] = set()
        while queue:
            path, value = queue.popleft()
            if not isinstance(value, list) or value[0] != "ref" or value[1] in seen:
                continue
            seen.add(value[1])
            node = self._nodes[value[1]]
            if node is wanted:
                return text_of(path if index is None else (labels_of(node)[index], path))
            for label, inner in zip(labels_of(node), node.values, strict=True):
                queue.append(((label, path), inner))
        return "?"

    def _namespaces(self) -> list[Namespace]:
        here = self._live.labelled()
        for label in self._stored.namespaces.keys() - here.keys():
            raise StateError(f"{label[:-1]} is not here: {_ANOTHER}")
        found = []
        for label, values in self._stored.namespaces.items():
            found.append(made := Namespace(here[label].owner))
            made.values = {n: self._value(v, (label + n, 0)) for n, v in values.items()}
        return found


_ANOTHER = "the network or the file is another one"
