"""From arrays of NumPy to a dataset, and new rows of the same width to features."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from engine.data.array_files import Arrays, as_texts, read_arrays
from engine.data.building import Samples, build, split
from engine.data.classes import classes_of, given_names, known_classes, one_hot_classes
from engine.data.columns import find_column
from engine.data.dataset import DataError, Dataset
from engine.data.options import ReadingOptions
from engine.data.reading import Column, NewRows, Reading
from engine.data.wording import clean, counted, few
from engine.nn.arrays import Array

ANOTHER = "name another array with --label"


def load_arrays(path: Path, options: ReadingOptions, seed: int, share: float | None) -> Dataset:
    """Load a dataset from an NPZ file, or from an NPY file and the one with its labels.

    Parameters
    ----------
    path, options, seed
        See `engine.data.files.load`.
    share : float or None
        Of the samples to keep apart for validation, in place of those that the file names so.
    """
    arrays = read_arrays(path, options.label)
    X, labels = _features(arrays), _labels(arrays)
    columns = _columns(X, arrays, options)
    X = _chosen(X, columns)
    X, labels, remarks = _treat_missing(X, labels, arrays, columns, options)
    what = f"label {clean(arrays.label)!r}"
    found = classes_of(labels, what, ANOTHER, any_numbers=options.classes_from_numbers)
    classes, y = given_names(*found, arrays.class_names)
    reading = Reading(
        file=path.name,
        format={
            "format": path.suffix[1:].upper(),
            "features": f"{clean(arrays.name)}, {_shape(arrays.X)}",
        },
        label=clean(arrays.label),
        label_found=_shape(arrays.y),
        classes=classes,
        columns=columns,
        remarks=remarks,
        header=bool(arrays.feature_names),
        label_is_text=labels.dtype.kind == "U",
        array=True,
    )
    if share is not None:
        training, apart = split(y, share, seed)
        return build(reading, (X[training], y[training]), (X[apart], y[apart]))
    if arrays.validation is None:
        return build(reading, (X, y))
    second = _chosen(_features(arrays.validation), columns)
    reading = msgspec.structs.replace(reading, validation_from=clean(arrays.validation.name))
    return build(reading, (X, y), (second, _known_classes(arrays.validation, reading)))


def new_array_features(path: Path, reading: Reading) -> NewRows:
    """Read new rows of the same width; see `Reading.features_of`."""
    arrays = read_arrays(path, labelled=False)
    return NewRows(*_prepared(arrays, reading))


def new_array_samples(path: Path, reading: Reading) -> tuple[Samples, list[str]]:
    """Read samples of the same width and classes, prepared as the training set was."""
    arrays = read_arrays(path)
    X, remarks = _prepared(arrays, reading)
    return (X, _known_classes(arrays, reading)), remarks


def _features(arrays: Arrays) -> Array:
    """Return the features as rows of floats, NaN where one is missing."""
    X, name = arrays.X, clean(arrays.name)
    if X.dtype.kind not in "biuf":
        raise DataError(f"{name} holds text; features must be numbers")
    if X.size == 0:
        raise DataError(f"{name} has no values: its shape is {X.shape}")
    rows = X.reshape(len(X), -1).astype(np.float32 if X.dtype == np.float32 else np.float64)
    infinite = np.isinf(rows)
    if infinite.any():
        row, column = np.argwhere(infinite)[0]
        value = rows[row, column]
        raise DataError(f"{name}: row {row + 1}, column {column + 1} is {value}, no finite number")
    return rows


def _labels(arrays: Arrays) -> Array:
    """Return one label a sample, as numbers, truth values or text."""
    y, name = arrays.y, clean(arrays.label)
    assert y is not None
    if len(y) != len(arrays.X):
        raise DataError(
            f"{clean(arrays.name)} has {counted(len(arrays.X), 'sample')}, but {name} "
            f"has {len(y):,}"
        )
    if y.ndim > 1:
        y = y.reshape(len(y), -1)
        y = y[:, 0] if y.shape[1] == 1 else _one_hot(y, name)
    if y.dtype.kind == "S":
        y = as_texts(y)
    if y.dtype.kind == "f" and np.isinf(y).any():
        row = int(np.flatnonzero(np.isinf(y))[0])
        raise DataError(f"row {row + 1} of {name} is {y[row]}, not a finite number")
    return y


def _one_hot(y: Array, name: str) -> Array:
    if y.dtype.kind not in "biuf":
        raise DataError(f"{name} has the shape {y.shape}: labels are one value a sample")
    return one_hot_classes(y, name)


def _columns(X: Array, arrays: Arrays, options: ReadingOptions) -> list[Column]:
    """Return what each column of the features is."""
    names = arrays.feature_names
    if len(names) != X.shape[1]:
        names = [f"column {j + 1}" for j in range(X.shape[1])]
    drop = {find_column(names, name, "--drop") for name in options.drop}
    wanted = {find_column(names, name, "--features") for name in options.features}
    wanted = (wanted or set(range(len(names)))) - drop
    if not wanted:
        raise DataError("no column is left to learn from")
    missing = np.isnan(X).sum(axis=0)
    uses: dict[bool, Literal["feature", "left out"]] = {True: "feature", False: "left out"}
    return [
        Column(name=name, use=uses[j in wanted], missing=int(missing[j]))
        for j, name in enumerate(names)
    ]


def _chosen(X: Array, columns: list[Column]) -> Array:
    """Return the columns to learn from."""
    if X.shape[1] != len(columns):
        raise DataError(
            f"it has {counted(X.shape[1], 'feature')} a sample, the training set {len(columns):,}"
        )
    chosen = [j for j, column in enumerate(columns) if column.use == "feature"]
    return X if len(chosen) == len(columns) else np.ascontiguousarray(X[:, chosen])


def _treat_missing(
    X: Array, labels: Array, arrays: Arrays, columns: list[Column], options: ReadingOptions
) -> tuple[Array, Array, list[str]]:
    """Refuse rows with missing values (NaN), or leave them out, or say that they are filled."""
    missing = np.isnan(X)
    unlabelled = np.isnan(labels) if labels.dtype.kind == "f" else labels == ""
    count, incomplete = int(missing.sum()), missing.any(axis=1) | unlabelled
    if options.missing == "drop" and incomplete.any():
        left_out = counted(int(incomplete.sum()), "row")
        return X[~incomplete], labels[~incomplete], [f"{left_out} with missing values left out"]
    if unlabelled.any():
        raise DataError(
            f"{clean(arrays.label)} is missing in rows {_listed(unlabelled)}; "
            "leave them out with --missing drop"
        )
    if count and options.missing == "refuse":
        names = few([column.name for column in columns if column.missing])
        raise DataError(f"{clean(arrays.name)} is missing in rows {_listed(incomplete)} ({names})")
    return X, labels, [f"{counted(count, 'missing value')} filled with medians"] if count else []


def _listed(rows: Array) -> str:
    return few([f"{row + 1:,}" for row in np.flatnonzero(rows)], 4)


def _prepared(arrays: Arrays, reading: Reading) -> tuple[Array, list[str]]:
    X = _chosen(_features(arrays), reading.columns)
    remarks = [
        f"row {row + 1}: {reading.features[j].name} is missing, taken as the training set's median"
        for row, j in np.argwhere(np.isnan(X))
    ]
    reading.preparation.apply(X)
    return X, remarks


def _known_classes(arrays: Arrays, reading: Reading) -> Array:
    """Return the class of each sample of other arrays, which have no classes of their own."""
    found, y = np.unique(_labels(arrays), return_inverse=True)
    label = clean(arrays.label)
    return known_classes(
        found, y.reshape(-1), reading.classes, lambda row: f"row {row + 1} of {label}"
    )


def _shape(array: Array | None) -> str:
    if array is None:
        return ""
    return f"{' × '.join(f'{n:,}' for n in array.shape)} {array.dtype.name}"
