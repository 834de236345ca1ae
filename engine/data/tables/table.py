"""A table in memory: columns of numbers and of text, and where each row stands in its file."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path

import numpy as np

from engine.data.tables.dialect import Layout, check_width
from engine.data.tables.records import Record, records_of
from engine.data.tables.text import TextFile
from engine.nn.arrays import Array


@dataclass
class Numbers:
    """A column of numbers, in parts as they were read; NaN is missing."""

    parts: list[Array]

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    @property
    def values(self) -> Array:
        """The whole column."""
        return self.parts[0] if len(self.parts) == 1 else np.concatenate(self.parts)

    @property
    def are_whole(self) -> bool:
        """Whether all are written as whole numbers, and none is missing."""
        return all(part.dtype.kind in "iu" for part in self.parts)

    @property
    def missing(self) -> Array:
        """Which rows have no value."""
        return np.concatenate([np.isnan(part) for part in self.parts])

    @property
    def infinite(self) -> Array:
        """Which rows have an infinite value."""
        return np.concatenate([np.isinf(part) for part in self.parts])

    def take(self, rows: Array | slice) -> Numbers:
        """Return some of the rows."""
        return Numbers([self.values[rows]])

    def between(self, first: int, last: int) -> Array:
        """Return the rows from one to another, which is not included, without a copy if it can."""
        pieces = []
        start = bisect_right(self._ends, first)
        for part, end in zip(self.parts[start:], self._ends[start:], strict=True):
            if end - len(part) >= last:
                break
            begin = end - len(part)
            pieces.append(part[max(first - begin, 0) : last - begin])
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)

    @cached_property
    def _ends(self) -> list[int]:
        """After which row each part ends."""
        return list(accumulate(map(len, self.parts)))


@dataclass
class Texts:
    """A column of text: for each row, which of the different texts it is; -1 is missing."""

    codes: Array
    texts: list[str]

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def missing(self) -> Array:
        """Which rows have no value."""
        return self.codes < 0

    def take(self, rows: Array | slice) -> Texts:
        """Return some of the rows."""
        return Texts(self.codes[rows], self.texts)


Values = Numbers | Texts


@dataclass
class Table:
    """Columns of equal length, by their names, and how the file is written."""

    path: Path
    names: list[str]
    columns: list[Values]
    format: dict[str, str]
    text: TextFile | None = None
    layout: Layout | None = None
    kept: Array | None = None  # which rows of the file these are, if some were empty

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.columns[0])

    def place(self, rows: Sequence[int] | Array, most: int = 3) -> str:
        """Return where rows are, as ``line 5`` or ``lines 3, 5, 8 and 2 more``."""
        first = [int(row) if self.kept is None else int(self.kept[row]) for row in rows[:most]]
        if self.text is None or self.layout is None:
            word, numbers = "row", [row + 1 for row in first]
        else:
            word, wanted = "line", set(first)
            skipped = self.layout.header.lines
            numbers = []
            for row, (line, _) in enumerate(self.records(), -skipped):
                if row in wanted:
                    numbers.append(line)
                if row >= max(wanted):
                    break
        more = f" and {len(rows) - most:,} more" if len(rows) > most else ""
        return f"{word}{'s' if len(rows) > 1 else ''} {', '.join(map(str, numbers))}{more}"

    def keep(self, rows: Array) -> None:
        """Keep some of the rows."""
        self.columns = [column.take(rows) for column in self.columns]
        self.kept = rows if self.kept is None else self.kept[rows]

    def check_widths(self) -> None:
        """Refuse rows that are shorter or longer than the others."""
        if self.layout is not None:
            for line, row in self.records(self.layout.header.lines):
                check_width(line, row, self.layout.width)

    def records(self, first: int = 0) -> Iterator[Record]:
        """Yield what stands in the file, from a record on; the header is one as well."""
        assert self.text is not None
        assert self.layout is not None
        dialect = self.layout.dialect
        records = records_of(self.text.lines(), dialect.separator, dialect.comments)
        for i, record in enumerate(records):
            if i >= first:
                yield record

    def close(self) -> None:
        """Close the file."""
        if self.text is not None:
            self.text.close()
