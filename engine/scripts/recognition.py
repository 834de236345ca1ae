"""Whether a Python file is a training script, or builds a ``trainer`` for the engine."""

from __future__ import annotations

import ast
from pathlib import Path

from engine.scripts.loops import AmbiguousLoopError, LoopError, find_loop

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def is_script(path: Path, loop: int | None = None) -> bool:
    """Return whether a file has a loop that trains, and binds no ``trainer`` outside functions.

    Parameters
    ----------
    loop : int, optional
        The line of its loop, if somebody has said it.
    """
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, ValueError, SyntaxError):
        return False  # what is wrong is said when it is run
    if any(_binds_trainer(statement) for statement in tree.body):
        return False
    if loop is not None:
        return True
    try:
        find_loop(tree)
    except AmbiguousLoopError:
        return True
    except LoopError:
        return False
    return True


def _binds_trainer(node: ast.AST) -> bool:
    match node:
        case ast.Name(id="trainer", ctx=ast.Store()):
            return True
        case ast.alias(name=name, asname=bound):
            return (bound or name) in ("trainer", "*")
        case _ if isinstance(node, FUNCTIONS):
            return False
    return any(_binds_trainer(child) for child in ast.iter_child_nodes(node))
