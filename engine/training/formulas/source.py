"""The text and the syntax tree of a function, if they are certain to be those of what runs."""

from __future__ import annotations

import ast
import functools
import linecache
import os
import types
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.training.formulas.objects import in_class, own_names

UNAVAILABLE = "# its source is not available"

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class NoSourceError(Exception):
    """There is no text of a function, or it is not the text of what runs; says why."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A function as it is written.

    Attributes
    ----------
    node : Definition
    class_name : str
        The name of the class around it, which Python puts into names such as ``__cache``.
    text : str
        Without the docstring, and without the indentation that all lines share.
    """

    node: Definition
    class_name: str
    text: str


def formula_source(method: object) -> str:
    """Return a method's text without its docstring, or a comment that says why there is none."""
    try:
        return formula_of(function_of(method)).text
    except NoSourceError as error:
        return f"{UNAVAILABLE}: {error}"


def place(method: object) -> str:
    """Return where a method is written, as ``layers.py:41``; empty if it is not written in Python.

    The line is that of the first of `formula_source`.
    """
    try:
        code = function_of(method).__code__
    except NoSourceError:
        return ""
    return f"{os.path.basename(code.co_filename)}:{code.co_firstlineno}"


def function_of(method: Any) -> types.FunctionType:
    """Return the function behind a method, a decorated function, a partial or a callable object.

    Raises
    ------
    NoSourceError
        If it is not written in Python.
    """
    for _ in range(100):  # more than anyone wraps; there may be a cycle
        kind, wrapped = type(method), own_names(method).get("__wrapped__")
        call = in_class(kind, "__call__")
        if kind is types.MethodType or kind in (staticmethod, classmethod):
            method = object.__getattribute__(method, "__func__")
        elif wrapped is not None:
            method = wrapped
        elif kind is types.FunctionType:
            return method  # type: ignore[no-any-return]
        elif kind in (functools.partial, functools.partialmethod):
            method = method.func
        elif call is not None and type(call.function) is types.FunctionType:
            method = call.function
        else:
            break
    raise NoSourceError("it is not written in Python")


def formula_of(function: types.FunctionType) -> Formula:
    """Find how a function is written.

    Raises
    ------
    NoSourceError
        If its text is not to be found, or is no longer what was compiled.
    """
    code = function.__code__
    linecache.lazycache(code.co_filename, function.__globals__)
    return _find(code, code.co_filename)


@functools.lru_cache(maxsize=1024)
def _find(code: types.CodeType, filename: str) -> Formula:
    for _ in range(2):
        text = "".join(linecache.getlines(filename))
        found = _functions(filename, text).get(code)
        if found is not None:
            return found
        linecache.checkcache(filename)
    if not text:
        raise NoSourceError(f"there is no file {filename}")
    raise NoSourceError(f"{os.path.basename(filename)} is not as it was when it was loaded")


@functools.lru_cache(maxsize=64)
def _functions(filename: str, text: str) -> dict[types.CodeType, Formula]:
    """Return the functions of a file, by what they are compiled to."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
            module = compile(text, filename, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    lines = text.split("\n")
    written: dict[tuple[str, int], list[tuple[Definition, str]]] = {}
    for node, class_name in _definitions(tree, ""):
        name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
        written.setdefault((name, _first_line(node)), []).append((node, class_name))
    found = {}
    for code in _codes(module):
        nodes = written.get((code.co_name, code.co_firstlineno), [])
        if len(nodes) == 1:  # two lambdas in a line cannot be told apart
            found[code] = Formula(*nodes[0], _text(nodes[0][0], lines))
    return found


def _definitions(tree: ast.AST, class_name: str) -> Iterator[tuple[Definition, str]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Definition):
            yield node, class_name
        inner = node.name if isinstance(node, ast.ClassDef) else class_name
        yield from _definitions(node, inner)


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _codes(constant)


def _first_line(node: Definition) -> int:
    """Return the line that a function's code counts from: that of its first decorator."""
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    return min(n.lineno for n in (node, *decorators))


def _text(node: Definition, lines: list[str]) -> str:
    if isinstance(node, ast.Lambda):
        return ast.get_source_segment("\n".join(lines), node) or ""
    first, last = _first_line(node) - 1, node.end_lineno or node.lineno
    kept = lines[first:last]
    docstring, *rest = node.body
    if rest and ast.get_docstring(node, clean=False) is not None:
        start, end = docstring.lineno - 1, docstring.end_lineno or docstring.lineno
        before = lines[start][: docstring.col_offset]
        if not before.strip() and end < rest[0].lineno:  # it has lines of its own
            del kept[start - first : end - first]
    indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
    return "\n".join(line.removeprefix(indent) for line in kept).rstrip()
