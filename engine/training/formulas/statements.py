"""What the statements of a formula read and write, whichever way it takes."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from engine.training.formulas.calls import Calls
from engine.training.formulas.expressions import MOST_STEPS, TooLongError
from engine.training.formulas.memory import NEW, Ref, Value, union
from engine.training.formulas.objects import UNKNOWN, in_class, is_hooked, is_part, own_names


class Statements(Calls):
    """Follows formulas, statement by statement."""

    def block(self, statements: Sequence[ast.stmt]) -> bool:
        """Follow statements; return whether what stands after them is reached."""
        return all(self.statement(statement) for statement in statements)

    def statement(self, node: ast.stmt) -> bool:
        """Follow a statement; return whether the next is reached."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TooLongError
        match node:
            case ast.Return() | ast.Break() | ast.Continue() | ast.Raise():
                self._leave(node)
                return False
            case ast.If():
                self.test(self.value(node.test))
                block = partial(self.block, node.body), partial(self.block, node.orelse)
                return self.memory.branch(*block)
            case ast.With() | ast.AsyncWith():
                return self._with(node)
            case ast.Try() | ast.TryStar():
                return self._try(node)
            case ast.Match():
                return self._match(node)
        self._pass_through(node)
        return True

    def _leave(self, node: ast.Return | ast.Break | ast.Continue | ast.Raise) -> None:
        """Follow a statement after which the next is not reached."""
        match node:
            case ast.Return():
                self.frame.returned |= self.value(node.value)
                self.frame.returns |= node.value is not None
                self.frame.exits.append(self.memory.state)
            case ast.Break() | ast.Continue():
                self.frame.jumps.append(self.memory.state)
            case ast.Raise():
                self.use(self.value(node.exc))

    def _pass_through(self, node: ast.stmt) -> None:
        """Follow a statement after which the next is always reached."""
        match node:
            case ast.Assign():
                self._assign(node.targets, node.value)
            case ast.AnnAssign() if node.value is not None:
                self._assign([node.target], node.value)
            case ast.AugAssign():
                self._augment(node)
            case ast.Expr():
                self.use(frozenset(r for r in self.value(node.value) if not r.is_part))
            case ast.For() | ast.AsyncFor() | ast.While():
                self._loop(node)
            case ast.Delete():
                for target in node.targets:
                    self._delete(target)
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case ast.Assert():
                self.memory.branch(partial(self._tested, node), lambda: True)
            case ast.Global() | ast.Nonlocal():
                self.memory.writes.update(dict.fromkeys(node.names))
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self._define_name(node)

    def _define_name(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        if isinstance(node, ast.ClassDef):
            self.memory.later += 1
            self.memory.branch(partial(self.block, node.body), lambda: True)
            self.memory.later -= 1
            return
        for decorator in node.decorator_list:
            self.use(self.value(decorator))
        self.memory.names[node.name] = self.define(node)

    def _assign(self, targets: list[ast.expr], node: ast.expr) -> None:
        if not isinstance(node, ast.Tuple) or any(isinstance(n, ast.Starred) for n in node.elts):
            value = self.value(node)
            for target in targets:
                self.bind(target, value)
            return
        values = [self.value(element) for element in node.elts]
        for target in targets:
            if isinstance(target, ast.Tuple) and len(target.elts) == len(values):
                for element, value in zip(target.elts, values, strict=True):
                    self.bind(element, value)
            else:
                self.bind(target, union(values))

    def store(self, target: ast.expr, value: Value) -> None:
        """Assign to an attribute or an element."""
        if isinstance(target, ast.Attribute):
            of = self.value(target.value, quiet=True)
            self.assign(of, self.mangled(target.attr), value, True)
        elif isinstance(target, ast.Subscript):
            self.change(self.value(target.value, quiet=True))
            self.use(self.value(target.slice))
            self.use(value)

    def assign(self, value: Value, name: str, to: Value, certain: bool) -> None:
        """Assign to an attribute of what an expression stands for."""
        for ref in to:
            if ref.path and "." not in ref.path and not ref.is_part:
                self.memory.read(ref.path)
        for ref in value:
            kind = type(ref.thing)
            found = in_class(kind, name) if ref.is_part else None
            if found is not None and issubclass(type(found.function), property):
                self.run(found.function.fset, [frozenset({ref}), to])
                continue
            if ref.is_part and (is_hooked(kind) or name in ("__dict__", "__class__")):
                self.memory.opaque = True
            if found is not None and is_part(found.function):  # it may have a __set__
                self.memory.opaque = True
            if ref.path:
                self.memory.assign(f"{ref.path}.{name}", to, certain and len(value) == 1)
            elif ref.thing is not UNKNOWN:
                self.memory.writes[f"{getattr(ref.thing, '__name__', '')}.{name}"] = None

    def _augment(self, node: ast.AugAssign) -> None:
        self.use(self.value(node.value))
        target = node.target
        value = self.value(target)
        self.use(value)
        if isinstance(target, ast.Subscript):
            self.change(self.value(target.value, quiet=True))
        else:
            self.change(value)
        if isinstance(target, ast.Attribute):
            of = self.value(target.value, quiet=True)
            self.assign(of, self.mangled(target.attr), value, certain=True)

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While) -> None:
        memory = self.memory
        jumps, self.frame.jumps = self.frame.jumps, []
        values = NEW if isinstance(node, ast.While) else self.each(node.iter)
        ends = [memory.state]
        for _ in range(2):  # what the first time assigns may be read the second time
            if isinstance(node, ast.While):
                self.test(self.value(node.test))
                ends[:1] = [memory.state]
            else:
                self.bind(node.target, values)
            if self.block(node.body):
                ends.append(memory.state)
            memory.join([*ends, *self.frame.jumps])
        self.frame.jumps = jumps
        memory.branch(partial(self.block, node.orelse), lambda: True)

    def _with(self, node: ast.With | ast.AsyncWith) -> bool:
        certain = True
        for item in node.items:
            value = self.value(item.context_expr)
            self.use(value)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, value)
            call = item.context_expr
            callee = self.value(call.func, quiet=True) if isinstance(call, ast.Call) else NEW
            certain &= {id(ref.thing) for ref in callee} == {id(np.errstate)}
        body = partial(self.block, node.body)
        return body() if certain else self.memory.branch(body, lambda: True)

    def _try(self, node: ast.Try | ast.TryStar) -> bool:
        memory = self.memory
        start = memory.state
        ended = self.block(node.body)
        body = memory.state
        memory.join([start, body])  # it may have stopped anywhere
        caught = memory.state

        def rest() -> bool:
            memory.state = body
            return ended and self.block(node.orelse)

        def handle(handler: ast.ExceptHandler) -> bool:
            memory.state = caught
            self.value(handler.type)
            return self.block(handler.body)

        reached = memory.branch(rest, *(partial(handle, h) for h in node.handlers))
        return self.block(node.finalbody) and reached

    def _delete(self, target: ast.expr) -> None:
        match target:
            case ast.Name():
                self.memory.names[target.id] = NEW
            case ast.Attribute():
                self.remove(self.value(target.value, quiet=True), self.mangled(target.attr))
            case ast.Subscript():
                self.change(self.value(target.value, quiet=True))
                self.use(self.value(target.slice))
            case ast.Tuple() | ast.List():
                for element in target.elts:
                    self._delete(element)

    def _match(self, node: ast.Match) -> bool:
        subject = self.value(node.subject)
        self.use(subject)

        def case(one: ast.match_case) -> bool:
            for pattern in ast.walk(one.pattern):
                name = getattr(pattern, "name", None) or getattr(pattern, "rest", None)
                if name:
                    self.memory.names[name] = self.memory.inside(subject) | subject
            if one.guard is not None:
                self.test(self.value(one.guard))
            return self.block(one.body)

        return self.memory.branch(*(partial(case, one) for one in node.cases), lambda: True)

    def _tested(self, node: ast.Assert) -> bool:
        self.test(self.value(node.test))
        self.use(self.value(node.msg))
        return True

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            name = alias.name if isinstance(node, ast.Import) else node.module or ""
            if alias.asname is None and isinstance(node, ast.Import):
                name = name.partition(".")[0]
            module: Any = sys.modules.get(name, UNKNOWN)
            if isinstance(node, ast.ImportFrom):
                module = own_names(module).get(alias.name, UNKNOWN)
            bound_name = alias.asname or alias.name.partition(".")[0]
            self.memory.names[bound_name] = frozenset({Ref("", module)})
