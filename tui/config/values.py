"""Readers of single values; each raises ValueError with why a value is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from reprlib import repr as short
from typing import Any, TypeVar

Word = TypeVar("Word", bound=str)


def speed(value: Any) -> float:
    """Return epochs a second; 0 stands for ``max``."""
    if value == "max":
        return 0.0
    try:
        number = 0.0 if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = 0.0
    if not 0 < number < float("inf"):
        raise ValueError(f"{short(value)} must be 'max' or a number above 0")
    return number


def truth(value: Any) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise ValueError(f"{short(value)} must be true or false")
    return value


def one_of(choices: Sequence[Word]) -> Callable[[Any], Word]:
    """Return a reader of one of several words."""

    def read(value: Any) -> Word:
        if value not in choices:
            raise ValueError(f"{short(value)} must be one of {', '.join(choices)}")
        return choices[choices.index(value)]

    return read
