"""The state of a training: a copy of all that its next step depends on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Any, Self

import numpy as np

from engine.training.state import comparison, storage
from engine.training.state.comparison import Graph, text_of
from engine.training.state.kinds import DATA, UNKNOWN
from engine.training.state.loading import load
from engine.training.state.renewal import Renewal
from engine.training.state.stateful import ITERATOR
from engine.training.state.storage import StateError
from engine.training.state.walk import Record, Walk


class State:
    """A copy of everything that can change and is reachable from some roots.

    It is put back into the same objects, so that what refers to them, or to a part of them, goes
    on to do so: an optimizer that holds the arrays of the layers, or a view of an array.

    Walked are attributes, slots, containers, arrays, generators of random numbers and closures;
    of a user's own code also the globals that its functions name, and the attributes of its
    classes. Not walked are modules, and the functions and classes of libraries. A user's
    ``__getattr__``, ``__eq__`` or property is never called. Iterators as of ``itertools`` are
    replaced by new ones wherever they are held.

    Attributes
    ----------
    nbytes : int
        About how many bytes keeping this state takes, besides those of ``previous``: copies that
        it does not share with that state, and arrays that are new since then, since it may be
        the only one to keep these alive. Without ``previous``, the copies alone.
    """

    def __init__(self, graph: Graph, nbytes: int) -> None:
        self._graph = graph
        self.nbytes = nbytes
        self._iterators = any(kind is ITERATOR for kind, _, _ in graph.records.values())

    @classmethod
    def capture(
        cls,
        roots: Mapping[str, object],
        omit: Callable[[Any], Collection[str]] | None = None,
        *,
        skip: tuple[type, ...] = (),
        previous: State | None = None,
    ) -> Self:
        """Copy what is reachable now.

        Parameters
        ----------
        roots : Mapping of str to object
            Where to begin, each by the name with which its paths begin.
        omit : callable, optional
            Returns the names of attributes of an object that need not be kept: they are neither
            walked nor copied, and stay as they are when this state is restored.
        skip : tuple of type
            Instances of these are left alone altogether.
        previous : State, optional
            Shares its copies of arrays whose bits did not change since.
        """
        before = previous._graph.records if previous else {}
        walk = Walk(roots, omit, skip, before)
        graph = Graph({**roots}, walk.records, [*walk.namespaces.values()])
        return cls(graph, _nbytes(graph, before))

    @classmethod
    def load(
        cls,
        data: bytes,
        roots: Mapping[str, object],
        omit: Callable[[Any], Collection[str]] | None = None,
        *,
        skip: tuple[type, ...] = (),
    ) -> Self:
        """Return a stored state of these roots, which another process may have stored.

        Objects, functions and classes are found in the roots, by path, and have to be there.
        Arrays, containers, numbers and generators of random numbers are made where they are not.
        Nothing is executed. Nothing changes before ``restore``.

        Raises
        ------
        StateError
            If the state does not fit the roots; the line names the path.
        """
        stored, live = storage.decode(data), cls.capture(roots, omit, skip=skip)
        try:
            graph = load(stored, live._graph)
        except StateError:
            raise
        except Exception as error:  # whatever may be wrong with bytes that someone changed
            raise StateError(f"the stored state is damaged: {error}") from error
        return cls(graph, _nbytes(graph, {}))

    def restore(self) -> None:
        """Put everything back.

        Raises
        ------
        StateError
            If something cannot be put back, after all else has been.
        """
        renewed = Renewal(self._graph.records) if self._iterators else None
        refused: list[tuple[Any, Exception]] = []
        for kind, thing, content in self._graph.records.values():
            try:
                kind.put(thing, renewed.content(kind, content) if renewed else content)
            except Exception as error:
                refused.append((thing, error))
        for namespace in self._graph.namespaces:
            values = namespace.values
            namespace.put(renewed.names(values) if renewed else values)
        if refused:
            thing, cause = refused[0]
            path = next(p for p, (_, t, _) in self._graph.paths() if t is thing)
            raise StateError(f"{text_of(path)} cannot be put back: {cause}") from cause

    def difference(self, other: State) -> str | None:
        """Return the path to the first thing that differs; None if all is equal to the bit.

        NaN equals a NaN of the same bits. What is one object in one state has to be one in the
        other as well. Parts that are unknown or data are not compared.
        """
        return comparison.difference(self._graph, other._graph)

    def digest(self) -> str:
        """Return a digest that is the same for states between which there is no difference."""
        return storage.digest(self._graph)

    def to_bytes(self) -> bytes:
        """Return all of it as bytes, for `load`.

        Raises
        ------
        StateError
            If a part cannot be stored, as an iterator; the line names its path.
        """
        return storage.encode(self._graph)

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        """The paths of parts that cannot be copied: files, locks, generator iterators.

        They are left alone. If training depends on one, it does not go on as it did.
        """
        return tuple(
            text_of(path) for path, (kind, _, _) in self._graph.paths() if kind.name == UNKNOWN.name
        )

    @cached_property
    def data(self) -> tuple[str, ...]:
        """The paths of arrays that are regarded as data and left alone.

        These are arrays of more than 1 MB that nothing but a module's globals holds.
        """
        return tuple(text_of(path) for path, (kind, _, _) in self._graph.paths() if kind is DATA)


def _nbytes(graph: Graph, before: Mapping[int, Record]) -> int:
    """Return about how many bytes a graph takes, besides one from before."""
    records = graph.records
    total = sys.getsizeof(records) + 1000  # and what is there once
    total += sum(250 + sys.getsizeof(namespace.values) for namespace in graph.namespaces)
    for key, (kind, thing, content) in records.items():
        known = before.get(key)
        if known and known[2] is content:
            continue
        total += 64
        if type(content) is np.ndarray:
            total += 112 + (content.nbytes if content.base is None else 0)
            if before and not known and thing.base is None:
                total += thing.nbytes
        else:
            total += kind.nbytes(content, known and known[2])
    return total
