"""What passes between two layers, and how it lies in memory.

This is the one place that decides the layout of an array. All operations write into arrays
that were allocated here once, so an epoch allocates nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]

# Rows shorter than this are too short for the processor's vector units: operations along a
# row of three classes cost four times as much as the same operations down three columns.
# It is also where NumPy begins to add pairwise, so below it both layouts give the same bits.
NARROW = 8


def empty(samples: int, width: int, dtype: DTypeLike, by_column: bool = False) -> Array:
    """Allocate a matrix of ``samples`` rows; ``by_column`` lays narrow ones out by column.

    What goes into a product of matrices is laid out by row: other layouts take other paths
    through BLAS, whose results differ in the last bit.
    """
    return np.empty((samples, width), dtype, order="F" if by_column and width < NARROW else "C")


@dataclass(slots=True)
class Signal:
    """The values that one layer hands to the next, and the loss's derivative by them.

    Attributes
    ----------
    values : array, shape (samples, width)
        Written by the layer below in its forward pass.
    gradient : array of the same shape, or None
        Written by the layer above in its backward pass. None where nobody needs it:
        the data are not trained.
    """

    values: Array
    gradient: Array | None

    @classmethod
    def allocate(
        cls, samples: int, width: int, dtype: DTypeLike, by_column: bool = False
    ) -> Signal:
        """Allocate values and gradient for a batch of ``samples`` rows."""
        return cls(*(empty(samples, width, dtype, by_column) for _ in range(2)))

    @property
    def samples(self) -> int:
        """Rows of the batch."""
        return int(self.values.shape[0])

    @property
    def width(self) -> int:
        """Values of each row."""
        return int(self.values.shape[1])
