"""Rows of plain numbers, for a network whose data were not read from a file."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from engine.data.array_files import read_arrays
from engine.data.dataset import DataError
from engine.data.files import ARRAYS, errors_of
from engine.data.tables.text import TextFile
from engine.nn.arrays import Array

SEPARATOR = re.compile(r"\s*[,;\t]\s*|\s+")


def read_numbers(path: Path, features: int) -> Array:
    """Read rows of numbers; a first line of names is skipped.

    Parameters
    ----------
    path : Path
        Text with commas, semicolons, tabs or spaces between the numbers, or an array.
    features : int
        How many numbers a row has.

    Returns
    -------
    array of float64, shape (samples, features)

    Raises
    ------
    DataError
        With one line that says what is wrong, and where.
    """
    with errors_of(path):
        X = _from_array(path) if path.suffix.lower() in ARRAYS else _from_text(path, features)
        if X.ndim != 2 or X.shape[1] != features or not len(X):
            raise DataError(f"it must be rows of {features} numbers, but is of shape {X.shape}")
        if not np.isfinite(X).all():
            row, column = np.argwhere(~np.isfinite(X))[0]
            raise DataError(f"row {row + 1}, column {column + 1} is {X[row, column]}, not a number")
        return X


def _from_array(path: Path) -> Array:
    X = read_arrays(path, labelled=False).X
    if X.dtype.kind not in "biuf":
        raise DataError("it holds text, where numbers are expected")
    return X.reshape(len(X), -1).astype(np.float64)


def _from_text(path: Path, features: int) -> Array:
    text = TextFile(path)
    try:
        lines = [(number, line.strip()) for number, line in enumerate(text.lines(), 1)]
    finally:
        text.close()
    rows: list[list[float]] = []
    filled = [(number, line) for number, line in lines if line and not line.startswith("#")]
    for first, (number, line) in enumerate(filled):
        cells = SEPARATOR.split(line)
        if not first and not any(_is_number(cell) for cell in cells):
            continue
        if len(cells) != features:
            raise DataError(f"line {number} has {len(cells)} values; the network takes {features}")
        wrong = [cell for cell in cells if not _is_number(cell)]
        if wrong:
            raise DataError(f"line {number}: {wrong[0]!r} is not a number")
        rows.append([float(cell) for cell in cells])
    if not rows:
        raise DataError("there are no rows")
    return np.array(rows)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
