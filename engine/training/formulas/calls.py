"""What a call within a formula does, by following it."""

from __future__ import annotations

import ast
import types
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from engine.training.formulas.expressions import Expressions, strings
from engine.training.formulas.library import (
    CHANGES,
    CHANGES_FIRST,
    VIEWS,
    is_of_library,
    position_of_out,
)
from engine.training.formulas.lookup import VIEW, Parent
from engine.training.formulas.memory import NEW, Inner, Pack, Ref, Value, union
from engine.training.formulas.objects import callable_of, elements, in_class
from engine.training.formulas.uses import Declared, Uses

SPECIAL = {
    id(function): function.__name__
    for function in (getattr, hasattr, setattr, delattr, vars, dir, exec, eval, globals, locals)
}
SPECIAL |= {id(super): "super", id(type): "type", id(isinstance): "isinstance", id(id): "id"}

Keywords = dict[str, Value]


class Calls(Expressions):
    """Follows calls into the functions that somebody wrote; knows those of Python and NumPy."""

    @abstractmethod
    def assign(self, value: Value, name: str, to: Value, certain: bool) -> None:
        """Assign to an attribute."""

    def call(self, node: ast.Call) -> Value:
        """Follow a call."""
        if isinstance(node.func, ast.Name) and node.func.id not in self.memory.names:
            ref = next(iter(self.name(node.func.id)), Ref())
            if id(ref.thing) in SPECIAL:
                return self._special(SPECIAL[id(ref.thing)], node)
        callee = self._callee(node)
        out = next((position_of_out(ref.thing) for ref in callee), None)
        arguments, keywords = self._arguments(node, out)
        if not callee:
            self._use_all(arguments, keywords)
        return union([self._follow(ref, arguments, keywords) for ref in callee])

    def _callee(self, node: ast.Call) -> Value:
        if not isinstance(node.func, ast.Attribute):
            return self.value(node.func)
        value, name = self.value(node.func.value, quiet=True), self.mangled(node.func.attr)
        if name in CHANGES:
            self.change(frozenset(ref for ref in value if not ref.is_part))
        return self.attribute(value, name, called=True)

    def _arguments(self, node: ast.Call, out: int | None) -> tuple[list[Value], Keywords]:
        """Evaluate arguments; those of which the number is not known are only used."""
        arguments: list[Value] = []
        keywords: Keywords = {}
        certain = True
        for k, argument in enumerate(node.args):
            if isinstance(argument, ast.Starred):
                value = self.value(argument.value)
                packs = [ref.thing for ref in value if type(ref.thing) is Pack]
                if certain and len(packs) == len(value) == 1:
                    arguments += packs[0].arguments
                    continue
                certain = False
                self.use(self.memory.inside(value))
            elif certain:
                arguments.append(self.value(argument, quiet=k == out))
            else:
                self.use(self.value(argument))
        for keyword in node.keywords:
            value = self.value(keyword.value, quiet=keyword.arg == "out")
            if keyword.arg is not None:
                keywords[keyword.arg] = value
            for ref in value if keyword.arg is None else ():
                if type(ref.thing) is Pack:
                    keywords |= ref.thing.keywords
                else:
                    self.use(self.memory.inside(value))
        return arguments, keywords

    def _use_all(self, arguments: Sequence[Value], keywords: Keywords) -> None:
        for value in arguments:
            self.use(value)
        for name, value in keywords.items():
            (self.change if name == "out" else self.use)(value)

    def _follow(self, ref: Ref, arguments: list[Value], keywords: Keywords) -> Value:
        thing = ref.thing
        receiver = [frozenset({ref.receiver})] if ref.receiver else []
        if type(thing) is Declared:
            return self._declared(ref, arguments, keywords)
        function = callable_of(thing)
        if type(thing) is types.MethodType and is_of_library(thing.__func__):
            return self.library(thing.__func__, arguments, keywords)  # as np.random.binomial
        if type(thing) is types.MethodType:
            owner = self.memory.at(ref.path, thing.__self__)
            return self.run(thing.__func__, [owner, *arguments], keywords)
        if function is not None:
            return self.run(function, [*receiver, *arguments], keywords)
        call = in_class(type(thing), "__call__")
        if ref.is_part and call is not None:
            return self.run(call.function, [frozenset({ref}), *arguments], keywords)
        if is_of_library(thing):
            if ref.receiver and ref.receiver.is_part and thing.__name__ != "__init__":
                self.memory.opaque = True  # as object.__setattr__ of the object
            return self.library(thing, arguments, keywords)
        self._use_all(arguments, keywords)
        if thing is VIEW:
            return self.memory.inside(*receiver)
        if type(thing) is Inner:
            return union([thing.returned, *arguments, *keywords.values()])
        if not issubclass(type(thing), type):
            self.memory.opaque = True
        return NEW

    def _declared(self, ref: Ref, arguments: list[Value], keywords: Keywords) -> Value:
        """Do what a class declares of a method."""
        declared: Declared = ref.thing
        roots = {"self": frozenset({ref.receiver or ref})}
        roots |= dict(zip(declared.parameters, arguments, strict=False)) | keywords
        uses = declared.uses
        if not isinstance(uses, Uses):  # its arguments are not known here
            self.memory.opaque = True
            return NEW
        self.memory.opaque |= uses.opaque
        for name in (*uses.reads, *uses.writes):
            root, dot, rest = name.partition(".")
            for path in (f"{r.path}{dot}{rest}" for r in roots.get(root, NEW) if r.path):
                if name in uses.reads:
                    self.memory.read(path)
                if name in uses.overwrites:
                    self.memory.assign(path, NEW)
                elif name in uses.writes:
                    self.memory.mutate(path)
        return NEW

    def library(self, thing: Any, arguments: list[Value], keywords: Keywords) -> Value:
        """Do what a function of NumPy or Python does to its arguments."""
        name = getattr(thing, "__name__", "")
        changed = 0 if name in CHANGES_FIRST else position_of_out(thing)
        found = keywords.get("out", NEW)
        for k, value in enumerate(arguments):
            if k == changed:
                found |= value
                self.change(value)
            elif name in VIEWS or name == "len":
                self.use(frozenset(r for r in value if elements(r.thing) is None))
            else:
                self.use(value)
        self._use_all([], keywords)
        return union([*arguments, *keywords.values()]) if name in VIEWS else found

    def change(self, value: Value) -> None:
        """Take note that a value is changed in place."""
        for ref in value:
            if ref.is_part:
                self.memory.opaque = True
            elif ref.path and type(ref.thing) not in (int, float, complex, str, tuple, bool):
                self.memory.mutate(ref.path)

    # -- functions of Python that look at, or into, an object --------------------------------------

    def _special(self, name: str, node: ast.Call) -> Value:
        values = [self.value(n, quiet=k == 0) for k, n in enumerate(node.args)]
        values += [self.value(keyword.value) for keyword in node.keywords]
        first = values[0] if values else NEW
        if name == "super":
            return self._super(values)
        if name in ("getattr", "hasattr", "setattr", "delattr"):
            return self._by_name(name, first, values)
        if name in ("exec", "eval", "globals", "locals", "vars", "dir"):
            anything = name not in ("vars", "dir") or not values
            self.memory.opaque |= anything or any(ref.path or ref.is_part for ref in first)
        if name == "type":
            return frozenset(Ref("", type(ref.thing)) for ref in first if ref.is_part)
        for value in values:
            self.use(frozenset(ref for ref in value if not ref.is_part))
        return NEW

    def _super(self, values: list[Value]) -> Value:
        if values:
            kinds, children = values[0], values[1] if len(values) > 1 else NEW
        else:
            kinds = self.name("__class__")
            children = self.memory.names.get(self.frame.first, NEW)
        pairs = [(a, b) for a in kinds for b in children if issubclass(type(a.thing), type)]
        if not pairs:
            self.memory.opaque = True
        return frozenset(Ref("", Parent(child, kind.thing)) for kind, child in pairs)

    def _by_name(self, function: str, value: Value, values: list[Value]) -> Value:
        names = strings(values[1]) if len(values) > 1 else []
        for rest in values[2:]:
            if function != "setattr":
                self.use(frozenset(ref for ref in rest if not ref.is_part))
        if not names:
            self.memory.opaque |= any(ref.path or ref.is_part for ref in value)
            return NEW
        found = NEW
        for name in names:
            if function == "setattr":
                self.assign(value, name, values[2], certain=len(names) == 1)
            elif function == "delattr":
                self.remove(value, name)
            else:
                found |= self.attribute(value, name)
        return union([found, *values[2:]]) if function == "getattr" else NEW

    def remove(self, value: Value, name: str) -> None:
        """Take note that an attribute is deleted."""
        for ref in value:
            if ref.path:
                self.memory.delete(f"{ref.path}.{name}")
