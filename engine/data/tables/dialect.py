"""How a table is written: separator, decimal point, comments, and whether it has a header."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice

import msgspec

from engine.data.dataset import DataError
from engine.data.tables import cells
from engine.data.tables.header import Header, find_header
from engine.data.tables.records import COMMENTS, Record, is_comment, records_of
from engine.data.tables.text import TextFile

SEPARATORS = {"\t": "tabs", ";": "semicolons", "|": "pipes", ",": "commas", " ": "blanks"}
SAMPLE = 500  # rows that are looked at
TRIED = 100  # of them to try each separator on


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """How a table is written.

    Attributes
    ----------
    separator : str
        Runs of blanks are ``" "``.
    decimal, thousands : str
        The decimal point, and what groups thousands, or ``""``.
    comments : str
        The characters that begin a line of comment.
    """

    separator: str = ","
    decimal: str = "."
    thousands: str = ""
    comments: str = ""

    @property
    def number(self) -> re.Pattern[str]:
        """Matches a number."""
        return cells.number_pattern(self.decimal, self.thousands)

    def value(self, cell: str) -> float:
        """Return the number in a cell; NaN if there is none."""
        if not self.number.fullmatch(cell):
            return math.nan
        plain = cell.replace(self.thousands, "") if self.thousands else cell
        return float(plain.replace(self.decimal, "."))


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """Where the columns and rows of one file are.

    Attributes
    ----------
    dialect : Dialect
    header : Header
    first_line : int
        The line of the first row.
    width : int
        How many columns there are.
    trailing : bool
        Whether rows end with a separator.
    padded : bool
        Whether blanks follow separators.
    sample : list of list of str
        The first rows.
    """

    dialect: Dialect
    header: Header
    first_line: int
    width: int
    trailing: bool
    padded: bool
    sample: list[list[str]]


def find_layout(text: TextFile, like: Dialect | None = None, header: bool | None = None) -> Layout:
    """Find out how a table is written, from its first lines.

    Parameters
    ----------
    text : TextFile
    like : Dialect, optional
        Of a table of the same kind, whose decimal point is taken where this one leaves it open.
    header : bool, optional
        Whether there is a header, if that is known.

    Raises
    ------
    DataError
        If it is no table, or a line does not fit the others.
    """
    lines = [line + "\n" for line in text.head.removesuffix("\n").split("\n")]
    separator = _separator(lines, like)
    comments = _comments(lines, separator)
    records = list(islice(records_of(lines, separator, comments), SAMPLE + 1))
    if not text.complete and 1 < len(records) <= SAMPLE:
        records.pop()  # the end of a cell in quotes may be missing
    if not records:
        raise DataError("there are no rows")
    _refuse_what_is_no_table(records, lines if text.complete else [])
    above = _comment_above(lines, separator, comments)
    width, trailing = _width(records, above)
    decimal, thousands = _decimal(records, separator, like)
    dialect = Dialect(separator=separator, decimal=decimal, thousands=thousands, comments=comments)
    found = find_header(records, above, width, dialect.number, header)
    rows = records[found.lines :]
    if not rows:
        raise DataError("there are no rows")
    for line, row in rows:
        check_width(line, row, width)
    first = rows[0][0]
    return Layout(
        dialect=dialect,
        header=found,
        first_line=first,
        width=width,
        trailing=trailing,
        padded=separator + " " in text.head,
        sample=[row[:width] for _, row in rows],
    )


def _refuse_what_is_no_table(records: list[Record], lines: list[str]) -> None:
    """Refuse pairs of numbers and values, and a quote that is open at the end of the lines."""
    later = [cell for _, row in records for cell in row[1:] if cell]
    if later and all(map(cells.LIBSVM.fullmatch, later)):
        raise DataError("it is in the format of LIBSVM: save it as CSV, or its arrays as NPZ")
    last = records[-1][0]
    if last < len(lines) and "".join(lines[last - 1 :]).count('"') % 2:
        raise DataError(f"line {last} opens a quote that is never closed")


def check_width(line: int, row: list[str], width: int) -> None:
    """Refuse a row with more or fewer columns than the others; a separator at its end is none."""
    if len(row) != width and not (len(row) == width + 1 and not row[-1]):
        columns = "column" if len(row) == 1 else "columns"
        raise DataError(f"line {line} has {len(row)} {columns}, the others have {width}")


def _separator(lines: list[str], like: Dialect | None) -> str:
    """Return the separator that gives rows of the same width and cells that hold one value each.

    As other readers of unknown tables do, each candidate is tried on the first rows.
    """
    scores = {}
    for separator in SEPARATORS:
        try:
            rows = [row for _, row in islice(records_of(lines, separator, COMMENTS), TRIED)]
        except DataError:
            continue
        scores[separator] = _score(rows[1:] or rows, separator)
    best = max(scores, key=lambda separator: scores[separator], default=",")
    if scores.get(best):
        return best
    return like.separator if like is not None else ","


def _score(rows: list[list[str]], separator: str) -> float:
    """Return the share of rows of the commonest width, times that of cells with a single value."""
    rows = [row for row in rows if any(row)]
    if not rows:
        return 0
    width, count = Counter(len(row) for row in rows).most_common(1)[0]
    if width < 2:
        return 0
    values = [cell for row in rows for cell in row if cell]
    doubtful = sum(_holds_more(cell, separator) for cell in values)
    return count / len(rows) * (1 - doubtful / len(values))


def _holds_more(cell: str, separator: str) -> bool:
    """Whether a cell looks as if another separator parted it."""
    if cells.ANY_NUMBER.fullmatch(cell):
        return False
    if any(found != separator for found in cells.SEPARATION.findall(cell)):
        return True
    parts = cell.split()
    return len(parts) > 1 and cells.is_number(parts[0])


def _comments(lines: list[str], separator: str) -> str:
    """Return the characters that begin a line of comment.

    Where the first column is of text, a row of it may begin with such a character as well.
    """
    records = list(islice(records_of(lines, separator, COMMENTS), TRIED))
    if not records:
        return ""
    width = Counter(len(row) for _, row in records[1:] or records).most_common(1)[0][0]
    firsts = [row[0] for _, row in records[1:] if row[0] not in cells.MISSING]
    of_numbers = all(cells.ANY_NUMBER.fullmatch(cell) for cell in firsts)
    below = lines[records[0][0] :]
    comments = ""
    for character in COMMENTS:
        marked = [line for line in below if is_comment(line, character)]
        rows = records_of(marked, separator, "")
        fitting = sum(len(row) == width for _, row in rows)
        if of_numbers or not fitting:
            comments += character
    return comments


def _comment_above(lines: list[str], separator: str, comments: str) -> list[str]:
    """Return the cells of the comment just above the first row, as ``# a,b,label``."""
    above = ""
    for line in lines:
        if line.strip() and not is_comment(line, comments):
            break
        above = line.strip() or above
    text = above.lstrip(COMMENTS).strip(" ")
    return next(records_of([text], separator, ""), (0, []))[1]


def _width(records: list[Record], above: list[str]) -> tuple[int, bool]:
    """Return the number of columns, and whether rows end with a separator."""
    names = above or records[0][1]
    rows = [row for _, row in records[1:] if any(row)]
    if above or not rows:
        rows = [row for _, row in records]
    widths = Counter(len(row) for row in rows)
    width = max(widths, key=lambda width: (widths[width], width == len(names)))
    unnamed = len(names) < width or not names[-1]
    if width > 2 and unnamed and all(not row[-1] for row in rows if len(row) == width):
        return width - 1, True
    return width, any(len(row) == width + 1 and not row[-1] for row in rows)


def _decimal(records: Sequence[Record], separator: str, like: Dialect | None) -> tuple[str, str]:
    """Return the decimal point and the separator of thousands."""
    values = [cell for _, row in records for cell in row if cell and not cell.isalnum()]

    def matching(pattern: re.Pattern[str]) -> list[str]:
        return [cell for cell in values if pattern.fullmatch(cell)]

    commas, points = matching(cells.COMMA_NUMBER), matching(cells.POINT_NUMBER)
    by_points, by_commas = matching(cells.GROUPED_BY_POINTS), matching(cells.GROUPED_BY_COMMAS)
    if matching(cells.ENGLISH):
        return ".", ","
    if matching(cells.CONTINENTAL):
        return ",", "."
    fractions = [cell for cell in points if not cells.GROUPED_BY_POINTS.fullmatch(cell)]
    if commas or by_commas:
        grouped = all(cells.GROUPED_BY_COMMAS.fullmatch(cell) for cell in commas)
        if fractions or (grouped and (separator == "," or len(by_commas) > len(commas))):
            return ".", "," if grouped else ""
        return ",", "." if by_points else ""
    if like is not None and not fractions:
        return like.decimal, like.thousands
    return ".", ""
