"""Products of matrices and sums of rows: which calls are soonest, and still round as a notebook's.

A layer's output is ``inputs · weights + biases``. One product, ``[inputs 1] · [weights; biases]``,
is the same sum in one pass over memory, and rounds the same if the multiplication adds its terms
one after the other, the biases last. Whether it does depends on which kernel the BLAS library
picks for the shape and the processor, and not on the values; so it is tried, on random ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from engine.nn.signals import Array, zeros

TRIALS = 4
SMALL = 2**14  # bytes that are cleared in less time than np.matmul takes to be called
# Values of a row: up to so many a product with ones is the soonest sum, and then np.einsum.
SHORT, WIDE = 16, 100
MANY = 64  # rows that tell two orders of adding apart
# Multiply-adds: from so many on there is time to win, and enough sums to tell two orders apart;
# up to so many a trial takes milliseconds, and OpenBLAS multiplies two matrices on one thread, so
# that a trial holds for any number of threads. It does not where one of them is a single row or
# column: these are not tried.
LEAST, MOST = 2**12, 2**18


def product_into(out: Array, dtype: DTypeLike) -> Callable[[Array, Array, Array], Any]:
    """Return what multiplies two matrices of that dtype into this one.

    np.dot is called sooner than np.matmul, but clears the result first, and never casts it.
    """
    return np.dot if out.nbytes <= SMALL and out.dtype == dtype else np.matmul


class SumOfRows:
    """Adds rows one after the other, as np.sum does, but sooner where they are short.

    A product with ones does so if the kernel adds in that order, and np.einsum does unless there
    is a single column.
    """

    def __init__(self, samples: int, width: int, dtype: np.dtype[Any]) -> None:
        self._ones: Array | None = None
        if ones_add_rows_in_order(samples, width, dtype):
            self._ones = np.ones((samples, 4), dtype)  # a kernel takes four as soon as one
            self._product = zeros(width, 4, dtype)
            self._sums = self._product[:, 0]

    def __call__(self, values: Array, out: Array) -> None:
        """Write the sum of the rows of ``values``."""
        if self._ones is not None:
            np.dot(values.T, self._ones, self._product)
            np.copyto(out, self._sums)
        elif 1 < len(out) < WIDE and out.dtype == values.dtype:
            np.einsum("ij->j", values, out=out)
        else:
            np.add.reduce(values, axis=0, out=out)


def beside_one(samples: int, n_inputs: int, dtype: DTypeLike) -> Array:
    """Allocate rows of inputs, a one after each; they lie column by column, to be copied fast."""
    rows = zeros(n_inputs + 1, samples, dtype).T
    rows[:, -1] = 1
    return rows


def _is_worth_trying(samples: int, n_inputs: int, n_neurons: int) -> bool:
    """Whether copying the inputs beside a one is much cheaper than adding the biases."""
    size = samples * (n_inputs + 1) * n_neurons
    return samples > 1 and 4 * n_inputs <= n_neurons and LEAST <= size <= MOST


def _trials(samples: int, n_inputs: int, n_neurons: int, dtype: DTypeLike) -> Iterator[list[Array]]:
    """Draw inputs, the same with ones, a matrix [weights; biases], and slopes of the output."""
    random = np.random.default_rng(0)
    for _ in range(TRIALS):
        shapes = (samples, n_inputs), (n_inputs + 1, n_neurons), (samples, n_neurons)
        inputs, matrix, slopes = (random.standard_normal(s).astype(dtype) for s in shapes)
        with_one = beside_one(samples, n_inputs, dtype)
        with_one[:, :-1] = inputs
        yield [inputs, with_one, matrix, slopes]


@cache
def adds_biases_last(samples: int, n_inputs: int, n_neurons: int, dtype: DTypeLike) -> bool:
    """Whether [inputs 1] · [weights; biases] is inputs · weights + biases, to the bit."""
    return _is_worth_trying(samples, n_inputs, n_neurons) and all(
        np.array_equal(with_one @ matrix, inputs @ matrix[:-1] + matrix[-1])
        for inputs, with_one, matrix, _ in _trials(samples, n_inputs, n_neurons, dtype)
    )


@cache
def adds_rows_in_order(samples: int, n_inputs: int, n_neurons: int, dtype: DTypeLike) -> bool:
    """Whether [inputs 1]ᵀ · slopes is [inputsᵀ · slopes; the sum of slopes], to the bit."""
    return _is_worth_trying(samples, n_inputs, n_neurons) and all(
        np.array_equal(with_one.T @ slopes, np.vstack([inputs.T @ slopes, slopes.sum(axis=0)]))
        for inputs, with_one, _, slopes in _trials(samples, n_inputs, n_neurons, dtype)
    )


@cache
def ones_add_rows_in_order(samples: int, width: int, dtype: np.dtype[Any]) -> bool:
    """Whether slopesᵀ · ones is the sum of slopes, to the bit."""
    worth_trying = 1 < width <= SHORT and MANY <= samples <= MOST // (4 * width)
    ones = np.ones((samples, 4), dtype)
    return worth_trying and all(
        np.array_equal(np.dot(slopes.T, ones)[:, 0], slopes.sum(axis=0))
        for _, _, _, slopes in _trials(samples, 1, width, dtype)
    )
