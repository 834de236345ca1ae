"""Products of matrices and sums of rows: which calls are the fastest, and may round the same.

A dense layer's output is ``inputs · weights + biases``. One product,
``[inputs 1] · [weights; biases]``, is the same sum in one pass over memory, and rounds the same if
the multiplication adds its terms one after the other, the biases last. Whether it does depends on
which kernel the BLAS library picks for the shape and the processor. So all that stands here is
only a candidate, to be tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from engine.kernels.arrays import zeros
from engine.nn.arrays import Array

Product = Callable[[Array, Array, Array], Any]
Sum = Callable[[Array, Array], Any]

SMALL = 2**14  # bytes that are cleared in less time than np.matmul takes to be called
# Values of a row: up to so many a product with ones is the fastest sum, and then np.einsum.
SHORT, WIDE = 16, 100
MANY = 64  # rows that tell two orders of adding apart
# Multiply-adds: from so many on there is time to win, and enough sums to tell two orders apart;
# up to so many, OpenBLAS multiplies two matrices on one thread, so that a trial holds for any
# number of threads. It does not where one of them is a single row or column.
LEAST, MOST = 2**12, 2**18


@dataclass(frozen=True)
class Calls:
    """Which calls of NumPy compute a dense layer.

    Attributes
    ----------
    adds_biases, adds_rows : bool
        Whether the product of the forward pass adds the biases, and that of the backward pass
        adds up the rows of ``dvalues``.
    sum_of_rows : callable
        Makes what adds up rows otherwise, for samples, width and dtype.
    dot : bool
        Whether small results are computed by np.dot, which is called faster than np.matmul, but
        clears the result first. It is not used for a single row or column, whose zeros it may
        skip: a zero times infinity would be lost.
    """

    adds_biases: bool
    adds_rows: bool
    sum_of_rows: Callable[[int, int, DTypeLike], Sum]
    dot: bool

    def product_into(self, out: Array) -> Product:
        """Return what multiplies two matrices into this one."""
        return np.dot if self.dot and out.nbytes <= SMALL else np.matmul


def with_ones(samples: int, width: int, dtype: DTypeLike) -> Sum:
    """Add up rows by a product with ones."""
    ones = np.ones((samples, 4), dtype)  # BLAS takes four columns in the time of one
    product = zeros(width, 4, dtype)
    sums = product[:, 0]

    def add(rows: Array, out: Array) -> None:
        np.dot(rows.T, ones, product)
        np.copyto(out, sums)

    return add


def with_einsum(samples: int, width: int, dtype: DTypeLike) -> Sum:
    """Add up rows by np.einsum, one after the other."""
    return lambda rows, out: np.einsum("ij->j", rows, out=out)


def as_formula(samples: int, width: int, dtype: DTypeLike) -> Sum:
    """Add up rows as np.sum does."""
    return lambda rows, out: np.add.reduce(rows, axis=0, out=out)


PLAIN = Calls(False, False, as_formula, dot=False)  # those of the formula


def candidates(samples: int, n_inputs: int, n_neurons: int) -> Iterator[Calls]:
    """Yield what may be tried for a shape, the fastest first."""
    size = samples * (n_inputs + 1) * n_neurons
    in_one = samples > 1 and 4 * n_inputs <= n_neurons and LEAST <= size <= MOST
    dot = min(samples, n_inputs, n_neurons) > 1
    sums = list(_sums(samples, n_neurons))
    if in_one:
        yield Calls(True, True, as_formula, dot)
        yield from (Calls(True, False, add, dot) for add in sums)
    yield from (Calls(False, False, add, dot) for add in sums)
    yield PLAIN


def _sums(samples: int, width: int) -> Iterator[Callable[[int, int, DTypeLike], Sum]]:
    if 1 < width <= SHORT and MANY <= samples <= MOST // (4 * width):
        yield with_ones
    if 1 < width < WIDE:
        yield with_einsum
    yield as_formula


def beside_one(samples: int, n_inputs: int, dtype: DTypeLike) -> Array:
    """Allocate rows of inputs, a one after each; they lie column by column, to be copied fast."""
    rows = zeros(n_inputs + 1, samples, dtype).T
    rows[:, -1] = 1
    return rows
