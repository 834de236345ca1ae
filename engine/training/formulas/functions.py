"""What a function reads and writes, from its start to all of its ends."""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Sequence
from typing import Any

from engine.training.formulas.calls import Keywords
from engine.training.formulas.lookup import Frame
from engine.training.formulas.memory import NEW, Inner, Pack, Ref, Value
from engine.training.formulas.objects import is_library, own_names
from engine.training.formulas.source import Definition, Formula, NoSourceError, formula_of
from engine.training.formulas.statements import Statements

MOST_CALLS = 30  # within each other


class Functions(Statements):
    """Follows functions, into the functions that they call."""

    def __init__(self) -> None:
        super().__init__()
        self.running: list[tuple[types.CodeType, Value]] = []

    def run(
        self, function: Any, arguments: Sequence[Value], keywords: Keywords | None = None
    ) -> Value:
        """Follow a call of a function; return what it returns."""
        keywords = keywords or {}
        if type(function) is not types.FunctionType or len(self.running) == MOST_CALLS:
            self.memory.opaque = True
            return NEW
        wrapped = own_names(function).get("__wrapped__")
        if is_library(function.__globals__.get("__name__")):
            if type(wrapped) is types.FunctionType:  # as by contextlib.contextmanager
                return self.run(wrapped, arguments, keywords)
            return self.library(function, list(arguments), keywords)
        call = function.__code__, arguments[0] if arguments else NEW
        if call in self.running:
            return NEW
        try:
            formula = formula_of(function)
        except NoSourceError:
            self.memory.opaque |= any(ref.is_part for value in arguments for ref in value)
            self._use_all(arguments, keywords)
            return NEW
        self.running.append(call)
        names = self.bound(formula.node, arguments, keywords)
        frame = self.follow(function, formula, names)
        self.running.pop()
        return frame.returned

    def follow(
        self, function: types.FunctionType, formula: Formula, names: dict[str, Value]
    ) -> Frame:
        """Follow a function from its start to all of its ends."""
        memory, node = self.memory, formula.node
        outer, outer_names = self.frame, memory.names
        self.frame = frame = Frame(function, formula.class_name, next(iter(names), ""))
        memory.names = names
        start = memory.state
        if isinstance(node, ast.Lambda):
            frame.returned, frame.returns = self.value(node.body), True
            frame.exits.append(memory.state)
        elif self.block(node.body):
            frame.exits.append(memory.state)
        if inspect.isgeneratorfunction(function):  # how far it gets is for others to say
            frame.exits.append(start)
        memory.opaque |= isinstance(node, ast.AsyncFunctionDef)
        memory.join(frame.exits or [memory.state])
        for inner in frame.inner:  # what it finds in variables may have been assigned after it
            self._follow_inner(inner)
        self.frame, memory.names = outer, outer_names
        return frame

    def define(self, node: Definition) -> Value:
        """Follow a function within a function, which may run at any time."""
        self.frame.inner.append(node)
        return frozenset({Ref("", Inner(self._follow_inner(node)))})

    def _follow_inner(self, node: Definition) -> Value:
        memory, frame, names = self.memory, self.frame, self.memory.names

        def body() -> bool:
            self.frame = Frame(frame.function, frame.class_name, frame.first)
            memory.names |= self.bound(node, [], {})
            if isinstance(node, ast.Lambda):
                self.frame.returned = self.value(node.body)
            else:
                self.block(node.body)
            returned.append(self.frame.returned)
            return True

        returned: list[Value] = []

        memory.later += 1
        memory.branch(body, lambda: True)
        self.use(returned[0])
        memory.later -= 1
        self.frame, memory.names = frame, names
        return returned[0]

    def bound(
        self, node: Definition, arguments: Sequence[Value], keywords: Keywords
    ) -> dict[str, Value]:
        """Return what a function's parameters stand for, when it is called."""
        given = node.args
        positional = [a.arg for a in (*given.posonlyargs, *given.args)]
        names = dict.fromkeys([*positional, *(a.arg for a in given.kwonlyargs)], NEW)
        names |= dict(zip(positional, arguments, strict=False))
        names |= {name: value for name, value in keywords.items() if name in names}
        if given.vararg is not None:
            more = Pack(list(arguments[len(positional) :]), {})
            names[given.vararg.arg] = frozenset({Ref("", more)})
        if given.kwarg is not None:
            others = {name: value for name, value in keywords.items() if name not in names}
            names[given.kwarg.arg] = frozenset({Ref("", Pack([], others))})
        return names
