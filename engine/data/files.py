"""A person's own rows, from CSV and NPZ files."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import numpy as np

from engine.data.dataset import DataError, Dataset
from engine.data.options import ReadingOptions
from engine.nn.arrays import Array

DEFAULT = ReadingOptions()


def load(path: Path, options: ReadingOptions = DEFAULT, seed: int = 0) -> Dataset:
    """Load a dataset from a file whose name ends in ``.csv`` or ``.npz``, and standardise it.

    Raises
    ------
    DataError
        With one line that says what is wrong, and where.
    """
    read = {".csv": _read_csv, ".npz": _read_npz}[path.suffix.lower()]
    try:
        X, labels = read(path)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    except (UnicodeDecodeError, zipfile.BadZipFile, csv.Error, EOFError):
        raise DataError(f"{path} is not a {path.suffix[1:].upper()} file") from None
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    try:
        names, y = np.unique(labels, return_inverse=True)
        data = Dataset(X, y.reshape(-1), path.name, [str(name) for name in names])
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    data.X = standardise(data.X)
    data.note = "features standardised"
    return data


def standardise(X: Array) -> Array:
    """Shift and scale each column to mean 0 and deviation 1; constant columns become 0."""
    deviation = X.std(axis=0)
    standardised: Array = (X - X.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    return standardised


def _read_csv(path: Path) -> tuple[Array, Array]:
    """Read the features and, from the last column, the labels; a first row of names is skipped."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = [(line, row) for line, row in enumerate(csv.reader(file), 1) if any(row)]
    if rows and not any(_is_number(cell) for cell in rows[0][1][:-1]):
        rows = rows[1:]
    if not rows:
        raise DataError("there are no rows")
    width = len(rows[0][1])
    if width < 2:
        raise DataError("a row needs at least one feature and a label, separated by commas")
    X = np.empty((len(rows), width - 1))
    for i, (line, row) in enumerate(rows):
        if len(row) != width:
            raise DataError(f"line {line} has {len(row)} columns, the first row has {width}")
        for j, cell in enumerate(row[:-1]):
            if not _is_number(cell):
                raise DataError(f"line {line}, column {j + 1}: {cell!r} is not a number")
            X[i, j] = float(cell)
        if not np.isfinite(X[i]).all():
            j = int(np.argmin(np.isfinite(X[i])))
            raise DataError(f"line {line}, column {j + 1}: {row[j]!r} is not a finite number")
        if not row[-1].strip():
            raise DataError(f"line {line} has no label in its last column")
    return X, _labels([row[-1].strip() for _, row in rows])


def _labels(cells: list[str]) -> Array:
    """Turn labels into numbers where all are, so that they sort as numbers do."""
    if all(_is_number(cell) for cell in cells):
        numbers = np.array([float(cell) for cell in cells])
        if np.isfinite(numbers).all():
            return numbers.astype(np.int64) if (numbers % 1 == 0).all() else numbers
    return np.array(cells)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _read_npz(path: Path) -> tuple[Array, Array]:
    """Read the arrays ``X`` and ``y``."""
    try:
        arrays = np.load(path, allow_pickle=False)
        if not isinstance(arrays, np.lib.npyio.NpzFile):
            raise DataError("it must hold two arrays, X and y")
        with arrays:
            missing = {"X", "y"} - set(arrays.files)
            if missing:
                held = ", ".join(arrays.files) or "none"
                raise DataError(f"it must hold the arrays X and y; it holds {held}")
            X, y = arrays["X"], arrays["y"]
    except ValueError as error:
        if isinstance(error, DataError):
            raise
        raise DataError("not an NPZ file of plain arrays") from None
    if y.ndim == 2 and y.shape[1] > 1:
        y = np.argmax(y, axis=1)
    y = y.reshape(-1)
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise DataError("y has values that are not finite numbers")
    return X.reshape(len(X), -1) if X.ndim > 2 else X, y
