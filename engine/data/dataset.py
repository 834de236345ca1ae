"""Rows to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from engine.nn.arrays import Array
from engine.nn.labels import class_indices

if TYPE_CHECKING:
    from engine.data.reading import Reading


class DataError(ValueError):
    """Data that no network can learn from; its text is one line for the person who gave them."""


@dataclass
class Dataset:
    """Features and their true classes.

    Parameters
    ----------
    X : array_like, shape (samples, features)
    y : array_like, shape (samples,), (samples, 1) or (samples, classes)
        Class indices, which may be floats; names of classes; or one-hot rows.
    name : str
    class_names : sequence of str, optional
        The names among the labels, or ``0``, ``1``, ..., if not given.
    note : str
        What the data are and what was done to them, in one line.
    validation : Dataset or (X, y), optional
        Samples of the same kind that are not trained on. Classes that have names are matched by
        these.
    reading : Reading, optional
        How the file was read that they come from.

    Raises
    ------
    DataError
        If there is nothing to learn from, or the validation set has other features or classes.
    """

    X: Array
    y: Array
    name: str = "data"
    class_names: Sequence[str] = field(default_factory=list)
    note: str = ""
    validation: Dataset | None = None
    reading: Reading | None = None

    def __post_init__(self) -> None:
        self.X = _features(self.X)
        try:
            self.y, names = _labels(self.y)
        except ValueError as error:
            raise DataError(str(error)) from None
        if len(self.X) != len(self.y):
            raise DataError(f"{len(self.X)} rows of features, but {len(self.y)} labels")
        if self.y.min() < 0:
            raise DataError("a label is negative; classes count from 0")
        classes = int(self.y.max()) + 1
        if len(self.class_names) < 2 and len(np.unique(self.y)) < 2:
            raise DataError("all rows have the same label; a classifier needs two classes or more")
        if len(self.class_names) < classes:
            self.class_names = names or _numbered(classes)
        if self.validation is not None:
            self.validation = _matched(self.validation, self)

    @property
    def samples(self) -> int:
        """Number of rows."""
        return len(self.X)

    @property
    def features(self) -> int:
        """Numbers a row."""
        return int(self.X.shape[1])

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)


def _numbered(classes: int) -> list[str]:
    """Return the names of classes that have none."""
    return [str(k) for k in range(classes)]


def _matched(validation: Dataset | Sequence[Any], data: Dataset) -> Dataset:
    """Return a validation set with the classes of the training set; DataError if it cannot be."""
    if not isinstance(validation, Dataset):
        if not isinstance(validation, tuple | list) or len(validation) != 2:
            raise DataError("validation must be a Dataset, or a pair of arrays (X, y)")
        X, y = validation
        try:
            validation = Dataset(X, y, data.name)
        except DataError as error:
            raise DataError(f"the validation set: {error}") from None
    if validation.features != data.features:
        raise DataError(
            f"the validation set has {validation.features} features, but the training set"
            f" {data.features}"
        )
    names, known = list(validation.class_names), list(data.class_names)
    if names == _numbered(len(names)):  # they have none of their own
        names = known + names[len(known) :]
    unknown = [names[k] for k in np.unique(validation.y) if names[k] not in known]
    if unknown:
        raise DataError(
            f"the validation set has the class {unknown[0]!r}, but the training set only"
            f" {', '.join(known[:10])}{', ...' * (len(known) > 10)}"
        )
    index_of = np.array([known.index(name) if name in known else -1 for name in names])
    return replace(validation, y=index_of[validation.y], class_names=known)


def _labels(y: ArrayLike) -> tuple[Array, list[str]]:
    """Return class indices, and the classes' names in order if the labels are names."""
    labels = np.asarray(y)
    if labels.dtype == object:
        labels = np.array(labels.tolist())
    if labels.dtype.kind not in "US":
        return class_indices(labels), []
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8")
    names, indices = np.unique(labels, return_inverse=True)
    return class_indices(indices.reshape(labels.shape)), names.tolist()


def _features(X: ArrayLike) -> Array:
    X = np.asarray(X)
    if X.dtype.kind not in "fiub":
        raise DataError("features must be numbers")
    X = np.ascontiguousarray(X, np.float32 if X.dtype == np.float32 else np.float64)
    if X.ndim != 2 or 0 in X.shape:
        raise DataError(f"features must be rows and columns of numbers, not of shape {X.shape}")
    if not np.isfinite(X).all():
        row, column = np.argwhere(~np.isfinite(X))[0]
        raise DataError(f"row {row + 1}, column {column + 1} is {X[row, column]}, not a number")
    return X
