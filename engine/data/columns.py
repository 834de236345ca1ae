"""Finding a column by what a person calls it."""

from __future__ import annotations

import difflib

from engine.data.dataset import DataError
from engine.data.wording import few


def find_column(names: list[str], wanted: str, option: str) -> int:
    """Return the column of a name or of a number from 1 on.

    Raises
    ------
    DataError
        If there is none; it lists the columns, the most similar first.
    """
    if wanted in names:
        return names.index(wanted)
    lower = [name.lower() for name in names]
    if lower.count(wanted.strip().lower()) == 1:
        return lower.index(wanted.strip().lower())
    if wanted.isdecimal() and 1 <= int(wanted) <= len(names):
        return int(wanted) - 1
    close = difflib.get_close_matches(wanted, names, 3, 0.5)
    listed = few([*close, *(name for name in names if name not in close)], 8)
    raise DataError(f"{option}: there is no column {wanted!r}; the columns are {listed}")
