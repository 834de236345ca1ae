"""What is done to features before a network sees them, with the training set's figures."""

from __future__ import annotations

import msgspec
import numpy as np

from engine.data.scaling import blocks, mean_and_deviation, standardise
from engine.nn.arrays import Array

MANY = 100_000  # values whose median is exact where none is missing


class Preparation(msgspec.Struct, frozen=True, kw_only=True):
    """What takes the place of missing values, and how each feature is standardised.

    Attributes
    ----------
    medians, means, deviations : list of float
        Of each feature, in the training set.
    """

    medians: list[float]
    means: list[float]
    deviations: list[float]

    @property
    def features(self) -> int:
        """Number of features."""
        return len(self.means)

    def apply(self, X: Array) -> None:
        """Fill in what is missing (NaN), and standardise, in place."""
        _fill(X, self.medians, _incomplete(X))
        standardise(X, np.array(self.means), np.array(self.deviations))


def prepare(X: Array) -> Preparation:
    """Fill in and standardise a training set in place, and return how.

    Parameters
    ----------
    X : array of floats, shape (samples, features)
        NaN where a value is missing.
    """
    incomplete = _incomplete(X)
    medians = _medians(X, incomplete)
    _fill(X, medians, incomplete)
    means, deviations = mean_and_deviation(X)
    standardise(X, means, deviations)
    return Preparation(medians=medians, means=means.tolist(), deviations=deviations.tolist())


def _incomplete(X: Array) -> list[int]:
    """Return the columns in which a value is missing."""
    found = np.zeros(X.shape[1], bool)
    for rows in blocks(X):
        missing = np.isnan(X[rows])
        if missing.any():
            found |= missing.any(axis=0)
    columns: list[int] = np.flatnonzero(found).tolist()
    return columns


def _medians(X: Array, incomplete: list[int]) -> list[float]:
    """Return the median of each column's values, or 0 if there are none.

    Where none is missing, so that only new rows may need it, it is that of evenly spaced values
    if there are more than `MANY`.
    """
    medians = np.median(X[:: len(X) // MANY + 1] / 2, axis=0) * 2  # halved, none overflows
    for j in incomplete:
        column = X[:, j]
        known = column[~np.isnan(column)]
        medians[j] = np.median(known / 2) * 2 if len(known) else 0
    found: list[float] = medians.tolist()
    return found


def _fill(X: Array, medians: list[float], columns: list[int]) -> None:
    for j in columns:
        column = X[:, j]
        column[np.isnan(column)] = medians[j]
