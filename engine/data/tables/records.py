"""The rows of a table's text, with the numbers of their lines."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator

from engine.data.dataset import DataError

COMMENTS = "#%"
EXCEL_ERRORS = re.compile(r"#(N/?A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!)")

Record = tuple[int, list[str]]  # the number of its line, from 1 on, and its cells


def is_comment(line: str, comments: str) -> bool:
    """Whether a line begins with one of the characters, and is no row with an error of Excel's."""
    text = line.lstrip()
    return bool(text) and text[0] in comments and not EXCEL_ERRORS.match(text)


def records_of(lines: Iterable[str], separator: str, comments: str) -> Iterator[Record]:
    """Yield the rows; blank lines and comments are skipped.

    A cell in quotes may hold separators and ends of lines. Blanks around cells are left away.
    """
    number, between_rows = 0, True

    def rows() -> Iterator[str]:
        nonlocal number, between_rows
        for number, line in enumerate(lines, 1):  # noqa: B007 - read outside
            if between_rows and (not line.strip() or is_comment(line, comments)):
                continue
            between_rows = False
            yield line.replace("\t", " ").strip(" ") if separator == " " else line

    reader = csv.reader(rows(), delimiter=separator, skipinitialspace=True)
    while True:
        between_rows = True
        before = number
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise DataError(f"line {before + 1} cannot be read: {error}") from None
        if row is None:
            return
        ends = sum(cell.count("\n") for cell in row)
        yield number - ends, [cell.strip() for cell in row]
