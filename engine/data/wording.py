"""How names, numbers and lists stand in a line that people read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.protocol.text import as_text, printable


def clean(name: str) -> str:
    """Return a name on one line, without what would control a terminal."""
    return printable(str(as_text(" ".join(name.split()))))


def few(names: Sequence[str], most: int = 3) -> str:
    """Return a list of names, shortened if there are many: ``a, b and 3 more``."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 1])} and {len(names) - most + 1:,} more"


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: ``1 sample``, ``178 samples``."""
    return f"{count:,} {noun}{'' if count == 1 else 'es' if noun.endswith('s') else 's'}"


def column_named(name: str) -> str:
    """Return how a line names a column: ``column 'width'``, or ``column 2`` if it has no name."""
    return name if re.fullmatch(r"column \d+", name) else f"column {name!r}"
