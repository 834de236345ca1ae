"""Standardising: each feature shifted and scaled to mean 0 and deviation 1."""

from __future__ import annotations

import numpy as np

from engine.nn.arrays import Array

CONSTANT = 1e-13  # a deviation below so much of the largest value is only rounding
BLOCK = 2**18  # values that are worked on at a time, so that they stay in the processor's cache


def mean_and_deviation(X: Array) -> tuple[Array, Array]:
    """Return the mean and the standard deviation of each column.

    The deviation of a constant column is 0. Columns are divided by a power of two first, which is
    exact, so that no square overflows. The figures of blocks of rows are combined by the method of
    Chan, Golub and LeVeque.

    Parameters
    ----------
    X : array, shape (samples, features)
        Finite numbers.
    """
    largest, mean, squares = np.zeros((3, X.shape[1]))
    for rows in blocks(X):
        columns = _columns(X, rows)
        np.maximum(largest, np.maximum(columns.max(axis=1), -columns.min(axis=1)), out=largest)
    scale = _power_of_two(largest)
    samples = 0
    for rows in blocks(X):
        columns = _columns(X, rows)
        columns /= scale[:, None]
        count = columns.shape[1]
        samples += count
        own = columns.mean(axis=1)
        columns -= own[:, None]
        difference = own - mean
        mean += difference * (count / samples)
        squares += np.einsum("ij,ij->i", columns, columns)
        squares += difference**2 * (count * ((samples - count) / samples))
    deviation = np.sqrt(squares / samples)
    return mean * scale, np.where(deviation > CONSTANT, deviation, 0) * scale


def standardise(X: Array, mean: Array, deviation: Array) -> None:
    """Shift and scale each column, in place; what was constant becomes 0.

    Parameters
    ----------
    X : array of floats, shape (samples, features)
    mean, deviation : array, shape (features,)
        Those of the training set.
    """
    scale = _power_of_two(np.maximum(np.abs(mean), deviation))
    shift = mean / scale
    divisor = np.where(deviation > 0, deviation / scale, 1)
    constant = np.flatnonzero(deviation == 0)
    for rows in blocks(X):
        values = X[rows]
        values /= scale
        values -= shift
        values /= divisor
        values[:, constant] = 0


def _power_of_two(values: Array) -> Array:
    """Return the power of two next to each value; 1 for 0."""
    _, exponents = np.frexp(values)
    powers: Array = np.ldexp(1.0, np.clip(exponents, -1000, 1000))
    return powers


def blocks(X: Array) -> list[slice]:
    """Return slices of rows that are small enough to be copied."""
    step = max(1, BLOCK // X.shape[1])
    return [slice(first, first + step) for first in range(0, len(X), step)]


def _columns(X: Array, rows: slice) -> Array:
    """Return a copy of some rows in which each column is contiguous."""
    return np.array(X[rows].T, np.float64, order="C")
