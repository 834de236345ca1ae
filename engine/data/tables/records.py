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
    start, between_rows = 0, True

    def rows() -> Iterator[str]:
        nonlocal start, between_rows
        for number, line in enumerate(lines, 1):
            if between_rows:
                if not line.strip() or is_comment(line, comments):
                    continue
                start, between_rows = number, False
            yield line.replace("\t", " ").strip(" ") if separator == " " else line

    reader = csv.reader(rows(), delimiter=separator, skipinitialspace=True)
    try:
        for row in reader:
            yield start, [cell.strip() for cell in row]
            between_rows = True
    except csv.Error as error:
        raise DataError(f"line {start} cannot be read: {error}") from None
