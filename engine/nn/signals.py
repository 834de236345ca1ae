"""What passes between two layers, and how it lies in memory.

This is the one place that decides the layout of an array. All operations write into arrays that
were allocated here once, so an epoch allocates nothing.

The mathematics speaks of matrices of shape (samples, width). In memory they lie features-first:
the values of one feature for all samples are neighbours. A row of three classes is too short for
the processor's vector units; a column of 300 samples is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]


def empty(samples: int, width: int, dtype: DTypeLike) -> Array:
    """Allocate a matrix of shape (samples, width)."""
    return np.empty((width, samples), dtype).T


def zeros(samples: int, width: int, dtype: DTypeLike) -> Array:
    """Allocate a matrix of zeros; as long as it is only read, it takes hardly any memory."""
    return np.zeros((width, samples), dtype).T


def with_ones(values: Array, dtype: DTypeLike) -> Array:
    """Copy a matrix, with a column of ones after its last."""
    return np.column_stack([values, np.ones(len(values))]).astype(dtype)


@dataclass(slots=True)
class Signal:
    """The values that one layer hands to the next, and the loss's derivative by them.

    Attributes
    ----------
    with_one : array, shape (samples, width + 1)
        The values and, as their last column, ones, so that one product of matrices multiplies
        by the weights and adds the biases: ``[inputs 1] · [weights; biases]``.
    gradient : array, shape (samples, width), or None
        Written by the layer above in its backward pass. None where nobody needs it:
        the data are not trained.
    """

    with_one: Array
    gradient: Array | None = None

    @classmethod
    def allocate(cls, samples: int, width: int, dtype: DTypeLike) -> Signal:
        """Allocate values and gradient for a batch of ``samples`` rows."""
        with_one = zeros(samples, width + 1, dtype)
        with_one[:, -1] = 1
        return cls(with_one, zeros(samples, width, dtype))

    @property
    def values(self) -> Array:
        """A view of shape (samples, width), written by the layer below in its forward pass."""
        return self.with_one[:, :-1]

    @property
    def samples(self) -> int:
        """Rows of the batch."""
        return int(self.with_one.shape[0])

    @property
    def width(self) -> int:
        """Values of each row."""
        return int(self.with_one.shape[1]) - 1
