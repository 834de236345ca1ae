"""The names that a stopped frame knows: evaluated, and changed by statements."""

from __future__ import annotations

import ctypes
import math
import sys
from contextlib import AbstractContextManager, nullcontext
from types import FrameType
from typing import Any


def plain(value: Any) -> Any:
    """Return a scalar of an array library as Python's own; anything else as it is."""
    return value.item() if hasattr(value, "item") else value


def norm(*arrays: Any) -> float:
    """Return the length of all the numbers of arrays together."""
    return math.sqrt(sum(plain((array * array).sum()) for array in arrays))


WORDS: dict[str, Any] = {
    "isnan": lambda value: math.isnan(plain(value)),
    "isinf": lambda value: math.isinf(plain(value)),
    "isfinite": lambda value: math.isfinite(plain(value)),
    "norm": norm,
}


def quiet() -> AbstractContextManager[Any]:
    """Let NumPy say nothing of what is computed here and not by the script."""
    numpy = sys.modules.get("numpy")
    return numpy.errstate(all="ignore") if numpy else nullcontext()


def known(frame: FrameType) -> dict[str, Any]:
    """Return what a frame's names mean, and a few words beside them."""
    return {**WORDS, **frame.f_globals, **frame.f_locals}


def evaluate(expression: str, frame: FrameType) -> Any:
    """Return the value of an expression in a frame."""
    code = compile(expression.strip(), "<expression>", "eval")
    with quiet():
        return eval(code, known(frame))


def execute(statement: str, frame: FrameType) -> None:
    """Run statements in a frame, as pdb does; its local variables take their new values."""
    code = compile(statement, "<statement>", "exec", dont_inherit=True)
    variables = frame.f_locals
    exec(code, frame.f_globals, variables)
    if sys.version_info < (3, 13) and variables is not frame.f_globals:
        # Before, the local variables of a frame were given as a copy.
        to_fast = ctypes.pythonapi.PyFrame_LocalsToFast
        to_fast(ctypes.py_object(frame), ctypes.c_int(0))


def description(error: BaseException) -> str:
    """Return an error in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
