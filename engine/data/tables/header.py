"""Whether the first line of a table names its columns."""

from __future__ import annotations

import re

import msgspec

from engine.data.dataset import DataError
from engine.data.tables.cells import MISSING, MISSING_NUMBERS

SHARE = 0.8  # of a column's cells that are numbers where it is one of numbers


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What stands above the rows.

    Attributes
    ----------
    names : list of str
        Of the columns; empty without a header.
    lines : int
        How many of the lines that are not comments it takes.
    class_names : list of str
        Of a first line with counts and names of classes, as scikit-learn's own files have it.
    row_names : bool
        Whether it names one column fewer, as R writes tables with names of rows.
    """

    names: list[str] = []
    lines: int = 0
    class_names: list[str] = []
    row_names: bool = False


def find_header(
    records: list[tuple[int, list[str]]],
    commented: list[str],
    width: int,
    number: re.Pattern[str],
    known: bool | None,
) -> Header:
    """Find out what the first line is.

    Parameters
    ----------
    records : list
        The first lines, with their numbers and cells.
    commented : list of str
        The cells of a comment above, which is a header if it looks like one.
    width : int
        The columns of a row.
    number : Pattern
        Matches a number.
    known : bool or None
        Whether there is a header, if that is known.
    """
    line, first = records[0]
    rest = [row for _, row in records[1:] if len(row) >= width]
    if len(commented) == width and known is not False:
        rows = [row for _, row in records if len(row) >= width]
        if known or _is_header(commented, rows, number, commented=True):
            return Header(names=commented)
    if len(first) == width + 1 and not first[-1]:
        first = first[:width]
    counts = _counts_and_classes(first, rest, width, number)
    if counts is not None and not known:
        return Header(class_names=counts, lines=1)
    if known is not None and len(first) == width:
        return Header(names=first, lines=1) if known else Header()
    if rest and len(first) == width - 1 and _is_header(first, [r[1:] for r in rest], number):
        return Header(names=["", *first], lines=1, row_names=True)
    if len(first) != width:
        columns = "column" if len(first) == 1 else "columns"
        raise DataError(
            f"line {line} has {len(first)} {columns}, the lines below it have {width}: "
            "remove it, or mend it"
        )
    if not rest:
        return Header(names=first, lines=1) if _all_text(first, number) else Header()
    if _is_header(first, rest, number, line=line):
        return Header(names=first, lines=1)
    return Header()


def _all_text(cells: list[str], number: re.Pattern[str]) -> bool:
    return not any(number.fullmatch(cell) for cell in cells)


def _counts_and_classes(
    first: list[str], rest: list[list[str]], width: int, number: re.Pattern[str]
) -> list[str] | None:
    """Return the names of classes of a line such as ``150,4,setosa,versicolor``, else None."""
    if len(first) < 2 or not (first[0].isdecimal() and first[1].isdecimal()):
        return None
    names = first[2:]
    if int(first[1]) != width - 1 or any(number.fullmatch(name) for name in names):
        return None
    if len(first) == width and not any(
        name and _is_of_numbers(column, number)
        for name, column in zip(names, list(zip(*rest, strict=False))[2:], strict=False)
    ):
        return None
    return names


def _is_of_numbers(column: tuple[str, ...], number: re.Pattern[str]) -> bool:
    known = [cell for cell in column if cell not in MISSING]
    return bool(known) and sum(map(bool, map(number.fullmatch, known))) >= SHARE * len(known)


def _is_header(
    first: list[str],
    rest: list[list[str]],
    number: re.Pattern[str],
    *,
    commented: bool = False,
    line: int = 0,
) -> bool:
    """Whether cells are names of the columns below them.

    A name above numbers speaks for a header, and a text that is found again in its column
    against one. Numbers may be names as long as they are whole, as 0, 1, 2 or years.
    """
    columns = list(zip(*(row[: len(first)] for row in rest), strict=False))
    of_numbers = [_is_of_numbers(column, number) for column in columns]
    named = unfit = again = 0
    for cell, column, numbers in zip(first, columns, of_numbers, strict=False):
        if numbers and not number.fullmatch(cell):
            again += cell in column
            named += cell not in MISSING_NUMBERS and cell not in column
        elif numbers:
            unfit += not cell.isdecimal()
        elif cell not in MISSING:
            again += cell in column
    if named and (unfit or named <= again):
        if line:
            bad = next(
                j for j, cell in enumerate(first) if of_numbers[j] and not number.fullmatch(cell)
            )
            raise DataError(
                f"line {line} is neither a header nor a row: {first[bad]!r} in column {bad + 1} is "
                "not a number as below it; mend it, or remove the line"
            )
        return False
    if named:
        return True
    if again or unfit or (commented and any(of_numbers)):
        return False
    if any(of_numbers):
        return _are_number_names(first, columns, of_numbers, number)
    return len(set(first)) == len(first)


def _are_number_names(
    first: list[str],
    columns: list[tuple[str, ...]],
    of_numbers: list[bool],
    number: re.Pattern[str],
) -> bool:
    """Whether a line with whole numbers above numbers can still be a header."""
    if first[0] == "" and all(cell.isdecimal() for cell in first[1:]) and first[1:]:
        return first[1:] == [str(k) for k in range(len(first) - 1)]
    above = [cell for cell, numbers in zip(first, of_numbers, strict=False) if numbers]
    if len(set(first)) < len(first) or not all(map(str.isdecimal, above)):
        return False
    counting = [int(cell) for cell in first if cell.isdecimal()]
    if first in ([str(k) for k in range(len(first))], [str(k + 1) for k in range(len(first))]):
        return len(first) > 3 or _are_fractions(columns, of_numbers)
    return (
        len(counting) > 1 and counting == sorted(counting) and _are_fractions(columns, of_numbers)
    )


def _are_fractions(columns: list[tuple[str, ...]], of_numbers: list[bool]) -> bool:
    """Whether the numbers are all written with a point, unlike whole numbers above them."""
    numbers = [column for column, yes in zip(columns, of_numbers, strict=False) if yes]
    return (
        all(not cell.isdecimal() for column in numbers for cell in column) and len(columns[0]) > 1
    )
