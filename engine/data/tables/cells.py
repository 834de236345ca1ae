"""What a single cell of a table is: missing, a number, a date, or other text."""

from __future__ import annotations

import re

MISSING = frozenset(
    ["", "?", "NA", "N/A", "n/a", "na", "#N/A", "#NA", "<NA>", "NaT", "null", "NULL", "Null"]
) | {"nan", "NaN", "NAN", "-nan", "-NaN"}
MISSING |= {"#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!"}  # as Excel writes errors
MISSING_NUMBERS = MISSING | {"None", "none", "-", "--", ".", "*", "**", "missing", "Missing"}

_TIME = r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s*([AaPp]\.?[Mm]\.?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?"
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATES = (
    r"\d{4}([-/.])\d{1,2}([-/.]\d{1,2})?",
    r"\d{1,2}([-/.])\d{1,2}[-/.](\d{4}|\d{2})",
    rf"\d{{1,2}}[-/. ]{_MONTH}[-/., ]+(\d{{4}}|\d{{2}})",
    rf"{_MONTH}[ -]\d{{1,2}},?[ -]+(\d{{4}}|\d{{2}})",
    rf"(mon|tue|wed|thu|fri|sat|sun)[a-z]*,? +.*{_MONTH}.*\d{{4}}.*",
)
_DATE = re.compile("|".join(rf"({date})([T ,]+{_TIME})?" for date in _DATES) + f"|{_TIME}", re.I)


def is_date(cell: str) -> bool:
    """Whether a cell is a date, a time of day, or both."""
    return _DATE.fullmatch(cell.strip()) is not None


def is_number(cell: str) -> bool:
    """Whether a cell is a number, with a point or a comma."""
    return ANY_NUMBER.fullmatch(cell) is not None


def number_pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    """Return what matches a number with this decimal point and thousands separator."""
    point = re.escape(decimal)
    whole = r"\d+"
    if thousands:
        whole = rf"(\d+|\d{{1,3}}({re.escape(thousands)}\d{{3}})+)"
    digits = rf"({whole}({point}\d*)?|{point}\d+)"
    return re.compile(rf"\s*[+-]?({digits}([eE][+-]?\d+)?|inf|infinity)\s*", re.I)


PLAIN_NUMBER = number_pattern(".", "")
ANY_NUMBER = re.compile(r"[+-]?(\d{1,3}([.,]\d{3})*|\d+)([.,]\d+|\.)?([eE][+-]?\d+)?")
COMMA_NUMBER = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
POINT_NUMBER = re.compile(r"[+-]?\d*\.\d*([eE][+-]?\d+)?")
GROUPED_BY_COMMAS = re.compile(r"[+-]?\d{1,3}(,\d{3})+")
GROUPED_BY_POINTS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+")
ENGLISH = re.compile(r"[+-]?\d{1,3}(,\d{3})+\.\d*")
CONTINENTAL = re.compile(r"[+-]?\d{1,3}(\.\d{3})+,\d+")
SEPARATION = re.compile(r"[\t;|,](?! )")  # what may part cells; in prose a blank follows it
LIBSVM = re.compile(r"\d+:[+-]?\d[\d.eE+-]*")
