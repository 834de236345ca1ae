"""The features of a table's rows, as matrices of floats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.data.dataset import DataError
from engine.data.reading import Column
from engine.data.tables.columns import write_texts
from engine.data.tables.table import Numbers, Table, Texts
from engine.nn.arrays import Array

STEP = 2**13  # rows that are written at a time, so that they stay in the processor's cache


def matrices_of(table: Table, columns: list[Column], parts: Sequence[Array | slice]) -> list[Array]:
    """Return the features of some rows, NaN where a number is missing.

    Parameters
    ----------
    table : Table
        Is emptied, so that there is no second copy of it.
    columns : list of Column
        What the table's columns are, in its order.
    parts : sequence
        Rows, as ascending numbers or as a slice.
    """
    wanted = [np.arange(table.rows)[part] for part in parts]
    width = sum(column.width for column in columns)
    matrices = [np.empty((len(rows), width)) for rows in wanted]
    numbers: dict[int, Numbers] = {}
    first = 0
    for column, values in zip(columns, table.columns, strict=True):
        if not column.width:
            continue
        if isinstance(values, Texts):
            for rows, X in zip(wanted, matrices, strict=True):
                write_texts(column, values, rows, X[:, first : first + column.width])
        elif column.kind == "text":
            raise DataError(f"column {column.name!r} has numbers, not texts as before")
        else:
            numbers[first] = values
        first += column.width
    for rows, X in zip(wanted, matrices, strict=True):
        _write_numbers(numbers, rows, X)
    table.columns.clear()
    return matrices


def _write_numbers(columns: dict[int, Numbers], rows: Array, X: Array) -> None:
    """Write columns of numbers, some rows of all of them at a time."""
    for first in range(0, int(rows[-1]) + 1 if len(rows) else 0, STEP):
        out = slice(*np.searchsorted(rows, (first, first + STEP)))
        own: Array | slice = rows[out] - first
        if len(rows[out]) == STEP:
            own = slice(None)  # which needs no copy
        for j, numbers in columns.items():
            X[out, j] = numbers.between(first, first + STEP)[own]
