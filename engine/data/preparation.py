"""What is done to features before a network sees them, with the training set's figures."""

from __future__ import annotations

import msgspec
import numpy as np

from engine.data.scaling import mean_and_deviation, standardise
from engine.nn.arrays import Array


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
    """Return the median of the values that are there, or 0 if there are none."""
    known = column[~np.isnan(column)]
    if not len(known):
        return 0.0
    middle = (len(known) - 1) // 2
    known.partition((middle, len(known) // 2))
    low, high = float(known[middle]), float(known[len(known) // 2])
    return low / 2 + high / 2


def _fill(X: Array, medians: list[float]) -> None:
    for j, median in enumerate(medians):
        column = X[:, j]
        column[np.isnan(column)] = median
