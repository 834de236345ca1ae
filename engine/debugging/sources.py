"""The text of formulas and kernels, as a person reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from types import MethodType
from typing import Any

from engine.training.formulas import formula_source, place

CALL = re.compile(r"\bself((?:\.\w+)+)\(")
MOST = 8  # methods of one operation


def sources(methods: Sequence[Callable[..., Any]]) -> tuple[str, str]:
    """Return where the first of some methods stands, and the text of all and of what they call.

    Returns
    -------
    place : str
        As ``layers.py:59``; empty if that is not known.
    text : str
    """
    found = list(_with_called(methods))[:MOST]
    first, *others = (formula_source(method) for method in found)
    titles = (f"# {method.__qualname__}, {place(method)}" for method in found[1:])
    return place(found[0]), "\n\n".join(
        [first, *(f"{title}\n{text}" for title, text in zip(titles, others, strict=True))]
    )


def kernel_source(kernel: Callable[..., Any] | None) -> tuple[str, str]:
    """Return the same of a kernel alone; nothing where there is none."""
    return (place(kernel), formula_source(kernel)) if kernel else ("", "")


def _with_called(methods: Sequence[Callable[..., Any]]) -> Iterator[Callable[..., Any]]:
    """Yield methods, and those of the same part, or of parts of it, that their text calls."""
    waiting, seen = list(methods), set()
    while waiting:
        method = waiting.pop(0)
        function = getattr(method, "__func__", method)
        key = id(getattr(method, "__self__", None)), function
        if key in seen:
            continue
        seen.add(key)
        yield method
        for path in CALL.findall(formula_source(method)):
            called = getattr(method, "__self__", None)
            for name in path[1:].split("."):
                called = getattr(called, name, None)
            if isinstance(called, MethodType):
                waiting.append(called)
