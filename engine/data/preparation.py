"""What is done to features before a network sees them, with the training set's figures."""

from __future__ import annotations

import msgspec
import numpy as np

from engine.data.scaling import mean_and_deviation, standardise
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
        _fill(X, self.medians)
        standardise(X, np.array(self.means), np.array(self.deviations))


def prepare(X: Array) -> Preparation:
    """Fill in and standardise a training set in place, and return how.

    Parameters
    ----------
    X : array of floats, shape (samples, features)
        NaN where a value is missing.
    """
    medians = [_median(X[:, j]) for j in range(X.shape[1])]
    _fill(X, medians)
    means, deviations = mean_and_deviation(X)
    standardise(X, means, deviations)
    return Preparation(medians=medians, means=means.tolist(), deviations=deviations.tolist())


def _median(column: Array) -> float:
    """Return the median of the values that are there, or 0 if there are none.

    Where none is missing, so that only new rows may need it, it is that of evenly spaced values
    if there are more than `MANY`.
    """
    missing = np.isnan(column)
    known = column[~missing] if missing.any() else column[:: len(column) // MANY + 1]
    return float(np.median(known / 2) * 2) if len(known) else 0.0


def _fill(X: Array, medians: list[float]) -> None:
    for j, median in enumerate(medians):
        missing = np.isnan(X[:, j])
        if missing.any():
            X[missing, j] = median
