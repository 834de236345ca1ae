"""What an expression of a formula stands for, and what it reads."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from functools import partial

from engine.training.formulas.lookup import Lookup
from engine.training.formulas.memory import NEW, Ref, Value, union
from engine.training.formulas.objects import elements

MOST_STEPS = 20_000  # expressions and statements; a method of hundreds of lines has some thousands


class TooLongError(Exception):
    """A formula has more steps than can be followed at once."""


class Expressions(Lookup):
    """Evaluates expressions without running them."""

    @abstractmethod
    def call(self, node: ast.Call) -> Value:
        """Follow a call."""

    @abstractmethod
    def define(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Value:
        """Follow a function within a function, which may run at any time."""

    def value(self, node: ast.expr | None, quiet: bool = False) -> Value:
        """Evaluate an expression.

        Parameters
        ----------
        node : ast.expr, optional
        quiet : bool
            Whether an attribute is only looked up, so that what is in it is not read.
        """
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TooLongError
        match node:
            case None:
                return NEW
            case ast.Attribute():
                of = self.value(node.value, quiet=True)
                return self.attribute(of, self.mangled(node.attr), quiet)
            case ast.Subscript():
                return self._subscript(node, quiet)
            case ast.Name() | ast.Constant() | ast.NamedExpr() | ast.Starred():
                return self._named(node)
            case ast.Tuple() | ast.List() | ast.Set() | ast.Dict():
                return union([self.value(item) for item in _items(node)])
            case ast.BinOp() | ast.JoinedStr():
                return self._joined(node)
            case ast.IfExp() | ast.BoolOp() | ast.Compare() | ast.UnaryOp():
                return self._decided(node)
            case ast.Call():
                return self.call(node)
            case ast.Lambda():
                return self.define(node)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self._comprehension(node.generators, [node.elt])
            case ast.DictComp():
                return self._comprehension(node.generators, [node.key, node.value])
            case ast.Yield() | ast.YieldFrom():
                self.frame.returned |= self.value(node.value)
                return NEW
        return self._computed(node)

    def _computed(self, node: ast.expr) -> Value:
        """Use all that an expression is made of; what it gives is new."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.use(self.value(child))
        return NEW

    def _named(self, node: ast.Name | ast.Constant | ast.NamedExpr | ast.Starred) -> Value:
        match node:
            case ast.Name():
                return self.name(node.id)
            case ast.Constant():
                is_text = isinstance(node.value, str)
                return frozenset({Ref("", node.value)}) if is_text else NEW
            case ast.NamedExpr():
                named = self.value(node.value)
                self.memory.names[node.target.id] = named
                return named
            case ast.Starred():
                return self.memory.inside(self.value(node.value))

    def _decided(self, node: ast.IfExp | ast.BoolOp | ast.Compare | ast.UnaryOp) -> Value:
        """Evaluate what looks at whether something is true, or the same."""
        match node:
            case ast.IfExp():
                self.test(self.value(node.test))
                return self._either([node.body, node.orelse])
            case ast.BoolOp():
                first = self.value(node.values[0])
                self.test(first)
                rest = [self._either([n, None]) for n in node.values[1:]]
                return union([first, *rest])
            case ast.Compare() if all(isinstance(op, ast.Is | ast.IsNot) for op in node.ops):
                for side in (node.left, *node.comparators):
                    self.test(self.value(side))
                return NEW
            case ast.UnaryOp(op=ast.Not()):
                self.test(self.value(node.operand))
                return NEW
        return self._computed(node)

    def _either(self, nodes: Sequence[ast.expr | None]) -> Value:
        found: list[Value] = []

        def evaluate(node: ast.expr | None) -> bool:
            found.append(self.value(node))
            return True

        self.memory.branch(*(partial(evaluate, node) for node in nodes))
        return union(found)

    def _subscript(self, node: ast.Subscript, quiet: bool) -> Value:
        value = self.value(node.value, quiet)
        self.use(frozenset(ref for ref in value if ref.is_part or not quiet))
        index = node.slice.value if isinstance(node.slice, ast.Constant) else None
        self.use(self.value(node.slice))
        if len(value) == 1 and index is not None:
            (ref,) = value
            plain = type(ref.thing) in (dict, list, tuple) and ref.path not in self.memory.writes
            try:
                if plain:
                    return self.memory.element(ref, index, ref.thing[index])
            except (LookupError, TypeError):
                return frozenset({Ref(ref.path)})
        return self.memory.inside(value)

    def _joined(self, node: ast.expr) -> Value:
        """Join strings that are known, as ``"d" + name``; anything else is new."""
        parts = [c for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr)]
        texts = [""]
        for part in parts:
            inner = part.value if isinstance(part, ast.FormattedValue) else part
            value = self.value(inner)
            self.use(value)
            known = strings(value)
            texts = [a + b for a in texts for b in known][:100]
        if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Add):
            return NEW
        return frozenset(Ref("", text) for text in texts)

    def _comprehension(self, generators: list[ast.comprehension], results: list[ast.expr]) -> Value:
        found: list[Value] = []
        names = dict(self.memory.names)

        def each() -> bool:
            for generator in generators:
                self.bind(generator.target, self.each(generator.iter))
                for condition in generator.ifs:
                    self.test(self.value(condition))
            found.extend(self.value(result) for result in results)
            return True

        self.memory.branch(each, lambda: True)
        self.memory.names = names
        return union(found)

    def each(self, node: ast.expr) -> Value:
        """Return what a loop's variable stands for."""
        value = self.value(node)
        if isinstance(node, ast.Name | ast.Attribute):
            self.use(frozenset(r for r in value if elements(r.thing) is None))
        return self.memory.inside(value)

    def bind(self, target: ast.expr, value: Value) -> None:
        """Bind names and the like to a value; attributes are a matter of `Statements`."""
        match target:
            case ast.Name():
                self.memory.names[target.id] = value
            case ast.Tuple() | ast.List():
                for element in target.elts:
                    self.bind(element, self.memory.inside(value))
            case ast.Starred():
                self.bind(target.value, value)
            case _:
                self.store(target, value)

    @abstractmethod
    def store(self, target: ast.expr, value: Value) -> None:
        """Assign to an attribute or an element."""


def _items(node: ast.Tuple | ast.List | ast.Set | ast.Dict) -> Sequence[ast.expr | None]:
    return (*node.keys, *node.values) if isinstance(node, ast.Dict) else node.elts


def strings(value: Iterable[Ref]) -> list[str]:
    """Return the strings that a value may be; none, if it may be something else."""
    things = [ref.thing for ref in value]
    return things if all(type(thing) is str for thing in things) else []
