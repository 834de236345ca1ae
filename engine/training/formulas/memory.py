"""What has been read and written at a point of a formula, and what its names stand for there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from engine.training.formulas.objects import UNKNOWN, elements, is_part


@dataclass(frozen=True, slots=True, eq=False)
class Ref:
    """Something that an expression may stand for.

    Attributes
    ----------
    path : str
        Where it was found, as ``self.weights``; empty if that does not matter, as for a module.
    thing : object
        What is there before the formula runs, or UNKNOWN.
    receiver : Ref, optional
        What a method is called on.
    """

    path: str = ""
    thing: Any = UNKNOWN
    receiver: Ref | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ref) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((self.path, id(self.thing)))

    def _key(self) -> tuple[str, int, Ref | None]:
        return self.path, id(self.thing), self.receiver

    @property
    def is_part(self) -> bool:
        """Whether it is an object with attributes and methods that somebody wrote."""
        return self.path == "self" or is_part(self.thing)


# All that an expression may stand for; nothing, if that is new and nowhere else.
Value = frozenset[Ref]
NEW: Value = frozenset()
State = tuple[dict[str, Value], frozenset[str], dict[str, Value]]


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """What a function gets as ``*args`` or ``**kwargs``."""

    arguments: list[Value]
    keywords: dict[str, Value]

    @property
    def all(self) -> Value:
        """What is in it."""
        return union([*self.arguments, *self.keywords.values()])


@dataclass(frozen=True, slots=True, eq=False)
class Inner:
    """A function that is defined within a formula, and has been followed there."""

    returned: Value


def is_within(path: str, other: str) -> bool:
    """Whether a path is another, or that of something in it."""
    return path == other or path.startswith((f"{other}.", f"{other}["))


def union(values: Iterable[Value]) -> Value:
    """Return what any of the values may be."""
    return NEW.union(*values)


@dataclass
class Memory:
    """What a formula has done so far.

    Attributes
    ----------
    names : dict
        What the local variables stand for.
    assigned : frozenset of str
        The paths that have been bound anew by now, whichever way the formula has taken.
    aliases : dict
        What was assigned to a path, if that is something that has a path itself.
    reads, writes : dict
        Paths in order; the values do not matter.
    needs : set of str
        The paths of which something is needed that was there before.
    opaque : bool
        Whether something was met whose effect cannot be known.
    later : int
        More than 0 in a function that may run at any time, such as a lambda.
    """

    names: dict[str, Value] = field(default_factory=dict)
    assigned: frozenset[str] = frozenset()
    aliases: dict[str, Value] = field(default_factory=dict)
    reads: dict[str, None] = field(default_factory=dict)
    writes: dict[str, None] = field(default_factory=dict)
    needs: set[str] = field(default_factory=set)
    opaque: bool = False
    later: int = 0
    paths: dict[int, str] = field(default_factory=dict)

    # -- paths ---------------------------------------------------------------------------------

    def read(self, path: str) -> None:
        """Take note that a value is read."""
        if not self._is_new(path):
            self.reads[path] = None
            self.needs.add(path)

    def mutate(self, path: str) -> None:
        """Take note that a value is changed in place."""
        self.writes[path] = None
        if not self._is_new(path):
            self.needs.add(path)

    def assign(self, path: str, value: Value, certain: bool = True) -> None:
        """Take note that a path is bound to a value."""
        self.writes[path] = None
        if not certain or self.later:
            self.aliases[path] = value | self.aliases.get(path, frozenset({Ref(path)}))
            return
        self.assigned |= {path}
        self.aliases = {p: v for p, v in self.aliases.items() if not is_within(p, path)}
        self.aliases[path] = frozenset(ref for ref in value if ref.path or ref.thing is not UNKNOWN)

    def delete(self, path: str) -> None:
        """Take note that an attribute is deleted."""
        self.mutate(path)
        self.needs.add(path)
        self.assigned -= {path}

    def _is_new(self, path: str) -> bool:
        if self.later or not self.assigned:
            return False
        return any(is_within(path, p) for p in self.assigned)

    # -- values --------------------------------------------------------------------------------

    def at(self, path: str, thing: Any) -> Value:
        """Return what is at a path, where ``thing`` was before the formula ran."""
        if path in self.aliases:
            known = self.aliases[path]
            parts = known and all(ref.is_part for ref in known)
            return known if parts else known | {Ref(path)}
        if thing is None:
            thing = UNKNOWN  # most likely, it is something else when it is used
        if is_part(thing):  # an object has one path, whichever way it is reached
            path = self.paths.setdefault(id(thing), path)
        return frozenset({Ref(path, thing)})

    def inside(self, value: Value) -> Value:
        """Return what is in a container, or the container itself for its arrays and numbers."""
        found: set[Ref] = set()
        for ref in value:
            if type(ref.thing) is Pack:
                found |= ref.thing.all
                continue
            things = elements(ref.thing)
            if things is None:
                found.add(ref)
                continue
            if ref.path in self.writes:
                found.add(Ref(ref.path))
            for k, thing in enumerate(things):
                found |= self.element(ref, k, thing)
        return frozenset(found)

    def element(self, ref: Ref, key: object, thing: Any) -> Value:
        """Return what an element of a container is."""
        if is_part(thing):
            return self.at(f"{ref.path}[{key!r}]", thing)
        return frozenset({Ref("" if isinstance(thing, str) else ref.path, thing)})

    # -- ways ----------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """What holds at this point only."""
        return dict(self.names), self.assigned, dict(self.aliases)

    @state.setter
    def state(self, state: State) -> None:
        names, self.assigned, aliases = state
        self.names, self.aliases = dict(names), dict(aliases)

    def join(self, states: list[State]) -> None:
        """Let that hold which may hold, where several ways meet."""
        all_names, all_assigned, all_aliases = zip(*states, strict=True)
        self.assigned = frozenset.intersection(*all_assigned)
        self.names = {
            name: union(names.get(name, NEW) for names in all_names)
            for name in dict.fromkeys(name for names in all_names for name in names)
        }
        self.aliases = {
            path: union(aliases.get(path, frozenset({Ref(path)})) for aliases in all_aliases)
            for path in dict.fromkeys(path for aliases in all_aliases for path in aliases)
        }

    def branch(self, *ways: Callable[[], bool]) -> bool:
        """Follow several ways from here to where they meet; return whether any gets there."""
        start, ends = self.state, []
        for way in ways:
            self.state = start
            if way():
                ends.append(self.state)
        self.join(ends or [start])
        return bool(ends)
