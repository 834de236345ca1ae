"""Hooks change nothing about a file but that they are called."""

import ast
import builtins
import inspect
import sysconfig
import types
import warnings
from itertools import zip_longest
from pathlib import Path

import pytest

from engine.scripts.loops import find_loop
from engine.scripts.rewriting import ARMED, BATCH, END, ITERATION, STATEMENT, rewritten

from ...thin import thinned

LIBRARY = Path(sysconfig.get_path("stdlib"))
FILES = sorted(path.relative_to(LIBRARY) for path in LIBRARY.glob("[a-z]*.py"))


def parsed(source):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def codes(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes(constant)


def outside(code):
    """All that a program may see of a piece of code, but for its lines."""
    return (
        code.co_qualname, code.co_firstlineno, code.co_flags, code.co_argcount, code.co_varnames,
        code.co_freevars, code.co_cellvars, code.co_consts[:1],
    )  # fmt: skip


def lines(code):
    return {line for _start, _end, line in code.co_lines() if line}


@pytest.mark.parametrize("path", thinned(FILES, 8), ids=str)
def test_a_file_is_the_same_from_outside(path):
    source = (LIBRARY / path).read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = compile(parsed(source), path, "exec", dont_inherit=True)
        hooked = compile(rewritten(parsed(source)), path, "exec", dont_inherit=True)
    statements = {node.lineno for node in ast.walk(parsed(source)) if isinstance(node, ast.stmt)}
    for one, other in zip_longest(codes(plain), codes(hooked)):
        if one.co_name != "<module>":
            assert outside(other) == outside(one)
        assert lines(one) <= lines(other)
        assert lines(other) - lines(one) <= statements


SOURCE = '''
"""Text."""
from __future__ import annotations
total = 0
for epoch in range(4):  # 5
    if epoch == 1:
        continue
    for batch in range(3):  # 8
        total -= lr * batch
        if batch == 1:
            break
    else:
        total = None
    if epoch == 2:
        break
print(total)
'''


@pytest.fixture
def called(monkeypatch):
    """The hooks that are called, each with its line."""
    calls = []

    def hook(name):
        def call():
            calls.append((name, inspect.currentframe().f_back.f_lineno))

        return call

    for name in (STATEMENT, ITERATION, BATCH, END):
        monkeypatch.setattr(builtins, name, hook(name), raising=False)
    monkeypatch.setattr(builtins, ARMED, False, raising=False)
    return calls


def run(source):
    tree = ast.parse(source)
    names = {"lr": 0.5, "print": lambda value: None}
    exec(compile(rewritten(tree, find_loop(tree)), "<script>", "exec"), names)
    return names


def test_hooks_are_called_at_iterations_batches_and_the_end_also_where_loops_are_left(called):
    assert run(SOURCE)["total"] == -1.0
    assert called == [
        (ITERATION, 6), (BATCH, 9), (BATCH, 9),
        (ITERATION, 6),
        (ITERATION, 6), (BATCH, 9), (BATCH, 9),
        (END, 5),
    ]  # fmt: skip


def test_each_statement_calls_when_armed(called, monkeypatch):
    monkeypatch.setattr(builtins, ARMED, True)
    run(SOURCE)
    armed = [line for name, line in called if name == STATEMENT]
    batches = [9, 10, 9, 10, 11]
    assert armed == [4, 5, 6, 8, *batches, 14, 6, 7, 6, 8, *batches, 14, 15, 16]


def test_a_function_that_is_compiled_by_others_is_left_as_it_is(called, monkeypatch):
    monkeypatch.setattr(builtins, ARMED, True)
    run("""
def njit(f): return f
def cached(f): return f
@njit
def fast(): x = 1
@cached
def slow(): x = 1
for epoch in range(1):
    w = lr * 2
fast()
slow()
""")
    assert [line for name, line in called if name == STATEMENT].count(5) == 0
    assert [line for name, line in called if name == STATEMENT].count(7) == 1
