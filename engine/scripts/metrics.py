"""The numbers that a loop assigns: which there are, which are likely metrics, and their values."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, FrameType
from typing import Any

from engine.scripts.loops import Found
from engine.scripts.marks import RATE, inside
from engine.scripts.names import known, plain

LIKELY = re.compile(
    r"(?:.*_)?(?:loss|cost|acc|accuracy|err|error|score|mse|mae|rmse|f1|auc|r2|perplexity)(?:es)?"
    r"|(?:val|valid|validation|test)_\w+",
    re.IGNORECASE,
)


def assigned(loop: Found) -> list[str]:
    """Return the names and attributes that a loop assigns, in their order."""
    found = dict.fromkeys(
        ast.unparse(target)
        for node in inside(loop.node)
        for target in _targets(node)
        if isinstance(target, ast.Name | ast.Attribute)
    )
    found.pop(loop.counter, None)
    return list(found)


def _targets(node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.Assign():
            for target in node.targets:
                yield from _parts(target)
        case ast.AugAssign() | ast.AnnAssign() | ast.NamedExpr():
            yield node.target


def _parts(target: ast.expr) -> Iterator[ast.expr]:
    if isinstance(target, ast.Tuple | ast.List):
        for part in target.elts:
            yield from _parts(part)
    else:
        yield target


def is_likely(name: str) -> bool:
    """Whether a name is that of a metric, or of a learning rate."""
    last = name.rpartition(".")[2]
    return bool(LIKELY.fullmatch(last) or RATE.fullmatch(last))


def _none(value: Any) -> None:
    return None


def _of_array(value: Any) -> float | None:
    return float(plain(value)) if tuple(value.shape) == () else None


def _of_holder(value: Any) -> float | None:
    """Of a scalar that knows its gradient, as people write them."""
    data: Any = getattr(value, "data", None)
    return float(data) if type(data) in (int, float) else None


_CONVERSIONS: dict[type, Callable[[Any], float | None]] = {float: float, int: float}


def as_number(value: Any) -> float | None:
    """Return a value as a number; None if it is none."""
    kind = type(value)
    convert = _CONVERSIONS.get(kind)
    if convert is None:
        convert = _CONVERSIONS[kind] = _conversion(kind)
    try:
        return convert(value)
    except Exception:
        return None


def _conversion(kind: type) -> Callable[[Any], float | None]:
    if issubclass(kind, bool | complex | str | bytes):
        return _none
    if issubclass(kind, int | float):
        return float
    return _of_array if hasattr(kind, "shape") and hasattr(kind, "__float__") else _of_holder


class Metrics:
    """What is measured after each iteration of a loop.

    Parameters
    ----------
    loop : Found
    """

    def __init__(self, loop: Found) -> None:
        self._assigned = assigned(loop)
        self._plain: list[str] = []
        self._expressions: list[tuple[str, CodeType]] = []
        self.choose(filter(is_likely, self._assigned))

    def choose(self, names: Iterable[str]) -> None:
        """Measure these from now on: names, attributes or other expressions."""
        chosen = list(names)
        self._plain = [name for name in chosen if name.isidentifier()]
        self._expressions = [
            (name, compile(name, "<metric>", "eval")) for name in chosen if not name.isidentifier()
        ]

    @property
    def chosen(self) -> list[str]:
        """What is measured."""
        return [*self._plain, *(name for name, _code in self._expressions)]

    def measure(self, frame: FrameType) -> dict[str, float]:
        """Return what can be measured now, by name."""
        measured = {}
        variables = frame.f_locals
        for name in self._plain:
            if name in variables and (number := as_number(variables[name])) is not None:
                measured[name] = number
        for name, code in self._expressions:
            try:
                value = as_number(eval(code, frame.f_globals, variables))
            except Exception:
                continue
            if value is not None:
                measured[name] = value
        return measured

    def possible(self, frame: FrameType) -> dict[str, float]:
        """Return all numbers that could be measured: those assigned, and others in the frame."""
        names = known(frame)
        found = {}
        for name in self._assigned:
            try:
                value = as_number(eval(name, names))
            except Exception:
                continue
            if value is not None:
                found[name] = value
        return found
