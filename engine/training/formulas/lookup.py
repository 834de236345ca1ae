"""What a name or an attribute of a formula stands for."""

from __future__ import annotations

import ast
import functools
import types
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from engine.training.formulas.library import FACTS, METHODS, VIEWS
from engine.training.formulas.memory import NEW, Memory, Pack, Ref, State, Value, union
from engine.training.formulas.objects import (
    GENERATORS,
    UNKNOWN,
    elements,
    global_of,
    in_class,
    in_object,
    is_hooked,
    is_library,
    is_part,
    own_names,
)
from engine.training.formulas.uses import declaration

VIEW = object()  # a method that returns what is in its receiver


@dataclass(frozen=True, slots=True)
class Parent:
    """What ``super()`` returns."""

    child: Any
    after: type


@dataclass
class Frame:
    """A call of a function: where its names are looked up, and how it has ended so far."""

    function: Any = None  # a types.FunctionType
    class_name: str = ""
    first: str = ""  # its first parameter
    returned: Value = NEW
    returns: bool = False
    exits: list[State] = field(default_factory=list)
    jumps: list[State] = field(default_factory=list)  # by break and continue
    inner: list[ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda] = field(default_factory=list)


class Lookup(ABC):
    """Looks up names and attributes, and takes note of what is read."""

    def __init__(self) -> None:
        self.memory = Memory()
        self.frame = Frame()
        self.steps = 0

    @abstractmethod
    def run(
        self, function: Any, arguments: Sequence[Value], keywords: dict[str, Value] | None = None
    ) -> Value:
        """Follow a call of a function."""

    # -- what is done with a value ---------------------------------------------------------------

    def use(self, value: Value) -> None:
        """Take note that a value is given to something that may look at all of it."""
        for ref in value:
            if ref.is_part or any(is_part(thing) for thing in elements(ref.thing) or ()):
                self.memory.opaque = True  # it may do anything, as in its __repr__
            elif type(ref.thing) is types.FunctionType:
                if ref.thing.__code__.co_argcount > bool(ref.receiver):
                    self.memory.opaque = True  # it may be given anything, as by a partial
                self.memory.later += 1
                self.memory.branch(partial(self._invoke, ref), lambda: True)
                self.memory.later -= 1
            elif type(ref.thing) is Pack:
                self.use(ref.thing.all)
            elif ref.path and "." not in ref.path:
                self.memory.read(ref.path)

    def _invoke(self, ref: Ref) -> bool:
        self.run(ref.thing, [frozenset({ref.receiver})] if ref.receiver else [])
        return True

    def test(self, value: Value) -> None:
        """Take note that something depends on whether a value is true."""
        for ref in value:
            kind = type(ref.thing)
            if not ref.is_part or in_class(kind, "__bool__") or in_class(kind, "__len__"):
                self.use(frozenset({ref}))

    # -- names and attributes --------------------------------------------------------------------

    def name(self, name: str) -> Value:
        """Look up a variable."""
        if name in self.memory.names:
            return self.memory.names[name]
        function = self.frame.function
        if function is None or name in function.__code__.co_varnames:
            return NEW
        return self._global(name, global_of(function, name))

    def _global(self, name: str, thing: Any) -> Value:
        if is_part(thing) or isinstance(thing, np.ndarray) or elements(thing) is not None:
            return self.memory.at(name, thing)
        return frozenset({Ref("", thing)})

    def mangled(self, name: str) -> str:
        """Return the name that Python uses for a private one, such as ``__cache``, of a class."""
        if name.startswith("__") and not name.endswith("__") and self.frame.class_name:
            return f"_{self.frame.class_name.lstrip('_')}{name}"
        return name

    def attribute(
        self, value: Value, name: str, quiet: bool = False, called: bool = False
    ) -> Value:
        """Look up an attribute.

        Parameters
        ----------
        value : Value
            Of what.
        name : str
        quiet : bool
            Whether it is not read.
        called : bool
            Whether it is called at once, and so is a method.
        """
        return union([self._attribute(ref, name, quiet, called) for ref in value])

    def _attribute(self, ref: Ref, name: str, quiet: bool, called: bool) -> Value:
        thing, path = ref.thing, ref.path
        if type(thing) is Parent:
            found = in_class(type(thing.child.thing), name, thing.after)
            return self._of_class(thing.child, name, found.function if found else UNKNOWN, quiet)
        if ref.is_part:
            declared = declaration(type(thing), name)
            if declared is not None:
                return frozenset({Ref("", declared, ref)})
            return self._of_part(ref, name, quiet)
        if thing is UNKNOWN:
            if not path:
                return frozenset({ref})
            if name == "__dict__":
                self.memory.opaque = True
            if name not in (METHODS if called else FACTS):
                return self._load(f"{path}.{name}", UNKNOWN, quiet)
        elif issubclass(type(thing), type):
            method = in_class(thing, name)
            return self._of_class(ref, name, method.function if method else UNKNOWN, quiet)
        elif issubclass(type(thing), types.ModuleType):
            names = own_names(thing)
            if name not in names and is_library(names.get("__name__")):
                return NEW  # imported when it is asked for
            return self._global(name, names.get(name, UNKNOWN))
        if path:
            self.memory.read(path)
        if issubclass(type(thing), (*GENERATORS, np.ufunc)):
            if path:
                self.memory.mutate(path)
            method = in_class(type(thing), name)
            return frozenset({Ref("", method.function)}) if method and called else NEW
        if name not in VIEWS or not path:
            return NEW
        return frozenset({Ref("", VIEW, ref) if called else Ref(path)})

    def _of_part(self, ref: Ref, name: str, quiet: bool) -> Value:
        """Look up an attribute of an object whose class somebody wrote."""
        kind = type(ref.thing)
        if is_hooked(kind) or name == "__dict__":
            self.memory.opaque = True
        if name == "__class__":
            return frozenset({Ref("", kind)})
        path, found, thing = f"{ref.path}.{name}", in_class(kind, name), in_object(ref.thing, name)
        if found is not None:
            is_property = issubclass(type(found.function), property)
            if is_property or (thing is UNKNOWN and path not in self.memory.aliases):
                return self._of_class(ref, name, found.function, quiet)
        return self._load(path, thing, quiet)

    def _of_class(self, ref: Ref, name: str, thing: Any, quiet: bool) -> Value:
        """Look up what a class defines: a method, a property or a value."""
        path, kind = f"{ref.path}.{name}", type(thing)
        of_instance = not issubclass(type(ref.thing), type)
        if issubclass(kind, property) and of_instance:
            return self.run(thing.fget, [frozenset({ref})])
        if kind is functools.cached_property and of_instance:
            self.memory.read(path)
            self.memory.mutate(path)
            return self.run(thing.func, [frozenset({ref})])
        if kind is staticmethod:
            return frozenset({Ref("", thing.__func__)})
        if kind is classmethod:
            owner = type(ref.thing) if of_instance else ref.thing
            return frozenset({Ref("", thing.__func__, Ref("", owner))})
        if of_instance and in_class(kind, "__get__") and kind is not types.MemberDescriptorType:
            self.memory.opaque |= is_part(thing)  # it may do anything
            return frozenset({Ref("", thing, ref)})
        return self._load(path, thing, quiet) if of_instance else frozenset({Ref("", thing)})

    def _load(self, path: str, thing: Any, quiet: bool) -> Value:
        if not quiet:
            self.memory.read(path)
        return self.memory.at(path, thing)
