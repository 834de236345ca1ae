"""What each column of a table is, and how it becomes features."""

from __future__ import annotations

import math
import re

import numpy as np

from engine.data.classes import name_of
from engine.data.dataset import DataError
from engine.data.reading import Column, Kind
from engine.data.tables.cells import is_date, is_number
from engine.data.tables.table import Numbers, Table, Texts, Values
from engine.data.wording import column_named
from engine.nn.arrays import Array

MOST_CATEGORIES = 100  # of a text column that is one-hot encoded
FEW = 10  # so many categories are taken of any number of rows
MANY_ROWS = 20  # with fewer, numbers that count up may be a feature
TRUTH = ({"true": 1.0, "false": 0.0}, {"yes": 1.0, "no": 0.0})

_INDEX = re.compile(r"unnamed index|row names|unnamed: ?\d+|row[._ ]?names?|index|idx", re.I)
_ID = re.compile(r"(?i:(.*[^a-z])?(id|uuid|guid))|.*[a-z](Id|ID)")


def kind_of(values: Values, name: str, *, first: bool) -> Kind:
    """Return what a column is.

    Parameters
    ----------
    values : Numbers or Texts
    name : str
    first : bool
        Whether it is the first column, where numbers of rows stand.
    """
    if isinstance(values, Numbers):
        return _kind_of_numbers(values, name, first=first)
    known = len(values.codes) - int(values.missing.sum())
    count = len(values.texts)
    if not count:
        return "empty"
    if truth_of(values.texts):
        return "true or false"
    if all(is_date(text) for text in values.texts):
        return "date"
    if count == known == len(values.codes):
        if _INDEX.fullmatch(name):
            return "index"
        if _ID.fullmatch(name):
            return "id"
    all_different = count == known and count >= FEW / 2
    if all_different or count > MOST_CATEGORIES or (count > FEW and count > known / 2):
        return "free text"
    return "text"


def is_named_id(name: str) -> bool:
    """Whether a name is that of an id or of an index."""
    return (_INDEX.fullmatch(name) or _ID.fullmatch(name)) is not None


def _kind_of_numbers(numbers: Numbers, name: str, *, first: bool) -> Kind:
    if numbers.missing.all():
        return "empty"
    if _INDEX.fullmatch(name) and _all_different(numbers):
        return "index"
    if not numbers.are_whole:
        return "number"
    if _ID.fullmatch(name) and _all_different(numbers):
        return "id"
    values = numbers.values
    if not (np.diff(values[:MANY_ROWS].astype(np.float64)) > 0).all():
        return "number"
    steps = np.diff(values.astype(np.float64))
    counting = len(steps) > 0 and bool((steps == 1).all())
    if len(values) >= MANY_ROWS and (counting or (first and bool((steps > 0).all()))):
        return "id"
    if len(values) >= MANY_ROWS / 2 and first and counting:
        return "id"
    return "number"


def _all_different(numbers: Numbers) -> bool:
    return len(np.unique(numbers.values)) == len(numbers)


def truth_of(texts: list[str]) -> dict[str, float] | None:
    """Return the numbers that texts such as true and false stand for, if they do."""
    lower = {text.lower() for text in texts}
    return next((truth for truth in TRUTH if lower and lower <= truth.keys()), None)


def categories_in(values: Texts, rows: Array | slice) -> list[str]:
    """Return the categories of some rows; ``""`` stands for missing."""
    present = np.unique(values.codes[rows])
    return [values.texts[code] for code in present if code >= 0] + [""] * (-1 in present)


def write_texts(column: Column, values: Texts, rows: Array, out: Array) -> None:
    """Write the features of a column of text.

    Parameters
    ----------
    column : Column
    values : Texts
    rows : array of int
        Which rows are wanted.
    out : array, shape (rows, features of the column)
        Is set: 1 and 0 for true and false, NaN where they are missing, or one-hot rows. A text
        that is none of the categories is a row of zeros.
    """
    codes = values.codes[rows]
    if column.kind == "true or false":
        truth = next(t for t in TRUTH if values.texts[0].lower() in t) if values.texts else {}
        numbers = [truth.get(text.lower(), np.nan) for text in values.texts]
        out[:, 0] = np.array([*numbers, np.nan])[codes]
        return
    out[:] = 0
    category = category_numbers(column, values)[codes]
    known = np.flatnonzero(category >= 0)
    out[known, category[known]] = 1


def texts_of(values: Values) -> list[str]:
    """Return a column as text, ``""`` where a value is missing."""
    if isinstance(values, Texts):
        texts = [*values.texts, ""]
        return [texts[code] for code in values.codes]
    return ["" if math.isnan(value) else name_of(value) for value in values.values.tolist()]


def category_numbers(column: Column, values: Texts) -> Array:
    """Return which category each text is, and at the end what missing is; -1 is none."""
    numbers = {text: k for k, text in enumerate(column.categories)}
    return np.array([numbers.get(text, -1) for text in [*values.texts, ""]])


def check_numbers(table: Table, column: Column, values: Values) -> None:
    """Refuse what is no finite number in a column of numbers, naming its line."""
    name = column_named(column.name)
    if isinstance(values, Texts):
        wrong = _not_numbers(values, truth_only=column.kind == "true or false")
        if wrong:
            row = np.flatnonzero(np.isin(values.codes, wrong))[:1]
            text = values.texts[values.codes[row[0]]]
            what = "a number" if column.kind == "number" else "true or false"
            raise DataError(f"{table.place(row)}, {name}: {text!r} is not {what}")
    else:
        rows = np.flatnonzero(values.infinite)
        if len(rows):
            value = values.values[rows[0]]
            raise DataError(
                f"{table.place(rows[:1])}, {name}: {value} is not a finite number; "
                "mend it, or leave the cell empty"
            )


def _not_numbers(values: Texts, *, truth_only: bool) -> list[int]:
    if truth_only:
        return [k for k, text in enumerate(values.texts) if not truth_of([text])]
    return [k for k, text in enumerate(values.texts) if not is_number(text)]


def refuse_typing_errors(table: Table, column: str, values: Texts) -> None:
    """Refuse a column of numbers in which a few cells are text, naming the first one's line."""
    numeric = np.array([is_number(text) for text in values.texts] + [False])
    counts = np.bincount(values.codes + 1, minlength=len(values.texts) + 1)[1:]
    of_numbers = int(counts[numeric[:-1]].sum())
    if numeric.sum() > 2 * FEW and of_numbers >= 0.9 * counts.sum() and of_numbers < counts.sum():
        rows = np.flatnonzero((values.codes >= 0) & ~numeric[values.codes])
        text = values.texts[values.codes[rows[0]]]
        raise DataError(
            f"{table.place(rows[:1])}, {column_named(column)}: {text!r} is not a number, as the "
            f"others are; mend it, or leave the column out with --drop {column!r}"
        )
