"""By what one sees that code trains."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef
Loop = ast.For | ast.AsyncFor | ast.While
CALLS = {
    "apply_gradients", "backprop", "backpropagate", "backward", "fit", "minimize", "partial_fit",
    "step", "train_on_batch",
}  # fmt: skip
UPDATES = re.compile(r"update_\w+")
RATE = re.compile(r"(?:\w+_)?(?:lr|learning_rate|rate|alpha|eta|step_size)0?")


class Marks:
    """Which calls and updates train, in each piece of a file, the functions it calls included."""

    def __init__(self, tree: ast.Module) -> None:
        self._functions: dict[str, list[Function]] = {}
        for node in ast.walk(tree):
            if isinstance(node, Function):
                self._functions.setdefault(node.name, []).append(node)

    def of(self, nodes: list[ast.stmt]) -> frozenset[str]:
        """Return the marks of statements."""
        reached = self.reached(nodes)
        return frozenset(mark for node in (*nodes, *reached) for mark in _own(node))

    def reached(self, nodes: list[ast.stmt]) -> list[Function]:
        """Return the functions of the file that statements call, at any depth."""
        found: list[Function] = []
        left: list[ast.stmt] = list(nodes)
        while left:
            for name in set(_called(left.pop())):
                for function in self._functions.get(name, ()):
                    if function not in found:
                        found.append(function)
                        left.append(function)
        return found


def inside(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and what runs with it: not the bodies of functions that it defines."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (*Function.__args__, ast.Lambda)):
            yield from inside(child)


def _called(node: ast.AST) -> Iterator[str]:
    for child in inside(node):
        if isinstance(child, ast.Call) and (name := _last(child.func)):
            yield name


def _last(node: ast.AST) -> str:
    """The name itself, or that of the attribute."""
    return getattr(node, "id", "") or getattr(node, "attr", "")


def _own(node: ast.AST) -> Iterator[str]:
    for name in _called(node):
        if name in CALLS or UPDATES.fullmatch(name):
            yield name
    for child in inside(node):
        if isinstance(child, ast.Assign | ast.AugAssign) and _scales_by_rate(child.value):
            yield "update"


def _scales_by_rate(value: ast.expr) -> bool:
    """Whether a learning rate is multiplied by something in it."""
    return any(
        isinstance(product, ast.BinOp)
        and isinstance(product.op, ast.Mult)
        and any(RATE.fullmatch(_last(name).lower()) for name in ast.walk(product))
        for product in ast.walk(value)
    )
