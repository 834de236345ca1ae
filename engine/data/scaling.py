"""Standardising: each feature shifted and scaled to mean 0 and deviation 1."""

from __future__ import annotations

import numpy as np

from engine.nn.arrays import Array

CONSTANT = 1e-13  # a deviation below so much of the largest value is only rounding
BLOCK = 2**20  # values that are worked on at a time


def mean_and_deviation(X: Array) -> tuple[Array, Array]:
    """Return the mean and the standard deviation of each column.

    The deviation of a constant column is 0. Columns are divided by a power of two first, which is
    exact, so that no square overflows.

    Parameters
    ----------
    X : array, shape (samples, features)
        Finite numbers.
    """
    mean, deviation = np.zeros((2, X.shape[1]))
    for columns in _blocks(X):
        values = X[:, columns]
        scale = _power_of_two(np.maximum(values.max(axis=0), -values.min(axis=0)))
        scaled = values / scale
        deviations = scaled.std(axis=0, dtype=np.float64)
        mean[columns] = scaled.mean(axis=0, dtype=np.float64) * scale
        deviation[columns] = np.where(deviations > CONSTANT, deviations, 0) * scale
    return mean, deviation


def standardise(X: Array, mean: Array, deviation: Array) -> None:
    """Shift and scale each column, in place; what was constant becomes 0.

    Parameters
    ----------
    X : array of floats, shape (samples, features)
    mean, deviation : array, shape (features,)
        Those of the training set.
    """
    scale = _power_of_two(np.maximum(np.abs(mean), deviation))
    divisor = np.where(deviation > 0, deviation / scale, 1)
    for columns in _blocks(X):
        values = X[:, columns]
        values /= scale[columns]
        values -= (mean / scale)[columns]
        values /= divisor[columns]
        values[:, deviation[columns] == 0] = 0


def _power_of_two(values: Array) -> Array:
    """Return the power of two next to each value; 1 for 0."""
    _, exponents = np.frexp(values)
    powers: Array = np.ldexp(1.0, np.clip(exponents, -1000, 1000))
    return powers


def _blocks(X: Array) -> list[slice]:
    """Return slices of columns that are small enough to be copied."""
    step = max(1, BLOCK // max(1, len(X)))
    return [slice(first, first + step) for first in range(0, X.shape[1], step)]
