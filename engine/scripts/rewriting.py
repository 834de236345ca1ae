"""Calls of hooks put into a file's syntax tree; its lines stay what they are.

Before each statement stands ``if __nntui_armed__: __nntui_statement__()``, which takes a few
nanoseconds as long as nothing is to stop there. The hooks are found among the builtins, so that
no name is added to the person's modules.
"""

from __future__ import annotations

import ast

from engine.scripts.loops import Found
from engine.scripts.marks import Function

ARMED = "__nntui_armed__"
STATEMENT, ITERATION, BATCH, END = (
    f"__nntui_{name}__" for name in ("statement", "iteration", "batch", "end")
)
# What compiles a function reads it as it stands.
COMPILERS = ("jit", "compile", "vectorize", "kernel", "stencil")


def rewritten(tree: ast.Module, loop: Found | None = None) -> ast.Module:
    """Put hooks into a tree: before each statement, and into the loop that trains."""
    _Rewriter(loop).visit(tree)
    # Declared global, a name is looked up faster in a module.
    at = 0
    while at < len(tree.body) and _must_come_first(tree.body[at], at):
        at += 1
    tree.body.insert(at, _here(ast.Global([ARMED]), 1))
    return ast.fix_missing_locations(tree)


def _must_come_first(node: ast.stmt, at: int) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == "__future__"
    return at == 0 and _is_text(node)


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


class _Rewriter(ast.NodeVisitor):
    def __init__(self, loop: Found | None) -> None:
        self._loop = loop.node if loop else None
        self._batches = loop.batches if loop else []

    def generic_visit(self, node: ast.AST) -> None:
        if isinstance(node, Function) and any(map(_compiles, node.decorator_list)):
            return
        for name, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    self.visit(child)
            if _holds_statements(value) and not isinstance(node, ast.ClassDef):
                setattr(node, name, self._hooked(value))
        if node is self._loop:
            node.body.insert(0, _call(ITERATION, node.body[0].lineno))
        elif node in self._batches:
            node.body.insert(0, _call(BATCH, node.body[0].lineno))

    def _hooked(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        hooked: list[ast.stmt] = []
        for statement in statements:
            if not (
                isinstance(statement, ast.Global | ast.Nonlocal)
                or _is_text(statement)
                or (isinstance(statement, ast.ImportFrom) and statement.module == "__future__")
            ):
                hooked.append(_stop(statement))
            if statement is self._loop:
                ends = [_call(END, statement.lineno)]
                statement = _here(ast.Try([statement], [], [], ends), statement.lineno)
            hooked.append(statement)
        return hooked


def _holds_statements(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], ast.stmt)


def _compiles(decorator: ast.expr) -> bool:
    named = ast.unparse(decorator).partition("(")[0].rpartition(".")[2]
    return any(word in named for word in COMPILERS)


def _stop(statement: ast.stmt) -> ast.stmt:
    decorators = getattr(statement, "decorator_list", [])
    line = min([statement.lineno, *(d.lineno for d in decorators)])
    test = ast.Name(ARMED, ast.Load())
    return _here(ast.If(test, [_call(STATEMENT, line)], []), line)


def _call(hook: str, line: int) -> ast.stmt:
    return _here(ast.Expr(ast.Call(ast.Name(hook, ast.Load()), [], [])), line)


def _here(node: ast.stmt, line: int) -> ast.stmt:
    node.lineno = node.end_lineno = line
    node.col_offset = node.end_col_offset = -1  # nothing to underline in a traceback
    return node
