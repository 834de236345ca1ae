"""What passes between two layers, and how it lies in memory.

This is the one place that decides the layout of an array. All operations write into arrays that
were allocated here once, so an epoch allocates nothing: the last argument of a call of NumPy is
where its result goes.

A matrix of shape (samples, width) lies row by row, as NumPy has it unless told otherwise. So each
product of matrices and each sum is the very call that a notebook makes, and rounds the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]

LINE = 64  # bytes of a line of the cache, and of the widest vector
NARROW = 8  # below so many values, NumPy adds a row's one after the other, wherever they lie


def zeros(samples: int, width: int, dtype: DTypeLike) -> Array:
    """Allocate a matrix of zeros; as long as it is only read, it takes hardly any memory."""
    memory = np.zeros(samples * width * np.dtype(dtype).itemsize + LINE, np.uint8)
    return np.ndarray((samples, width), dtype, memory, -memory.ctypes.data % LINE)


def for_sums_of_rows(samples: int, width: int, dtype: DTypeLike) -> Array:
    """Allocate a matrix whose rows are to be reduced.

    Narrow ones lie column by column: a row of three classes is too short for the processor's
    vector units, a column of 300 samples is not, and the sums are the same to the bit.
    """
    return zeros(width, samples, dtype).T if width < NARROW else zeros(samples, width, dtype)


@dataclass(slots=True)
class Signal:
    """The values that one layer hands to the next, and the loss's derivative by them.

    Attributes
    ----------
    values : array, shape (samples, width)
        Written by the layer below in its forward pass.
    gradient : array, shape (samples, width), or None
        Written by the layer above in its backward pass. None where nobody needs it:
        the data are not trained.
    """

    values: Array
    gradient: Array | None = None

    @classmethod
    def allocate(cls, samples: int, width: int, dtype: DTypeLike) -> Signal:
        """Allocate values and gradient for a batch of ``samples`` rows."""
        return cls(zeros(samples, width, dtype), zeros(samples, width, dtype))

    @property
    def samples(self) -> int:
        """Rows of the batch."""
        return int(self.values.shape[0])

    @property
    def width(self) -> int:
        """Values of each row."""
        return int(self.values.shape[1])
