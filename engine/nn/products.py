"""Whether a product of matrices may take the biases in, and still round as the notebook does.

A layer's output is ``inputs · weights + biases``. One product, ``[inputs 1] · [weights; biases]``,
is the same sum in one pass over memory, and rounds the same if the multiplication adds its terms
one after the other, the biases last. Whether it does depends on which kernel the BLAS library
picks for the shape and the processor, and not on the values; so it is tried, on random ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import DTypeLike

from engine.nn.signals import Array

TRIALS = 4
# Multiply-adds: from so many on there is time to win, and enough sums to tell two orders apart;
# up to so many a trial takes milliseconds, and BLAS libraries stay on one thread.
LEAST, MOST = 2**12, 2**18


def _is_worth_trying(samples: int, n_inputs: int, n_neurons: int) -> bool:
    """Whether copying the inputs beside a one is much cheaper than adding the biases."""
    size = samples * (n_inputs + 1) * n_neurons
    return 4 * n_inputs <= n_neurons and LEAST <= size <= MOST


def _trials(samples: int, n_inputs: int, n_neurons: int, dtype: DTypeLike) -> Iterator[list[Array]]:
    """Draw inputs, the same with ones, a matrix [weights; biases], and slopes of the output."""
    random = np.random.default_rng(0)
    for _ in range(TRIALS):
        shapes = (samples, n_inputs), (n_inputs + 1, n_neurons), (samples, n_neurons)
        inputs, matrix, slopes = (random.standard_normal(s).astype(dtype) for s in shapes)
        yield [inputs, np.hstack([inputs, np.ones((samples, 1), dtype)]), matrix, slopes]


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
