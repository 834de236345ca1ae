"""The arrays that kernels write into: how they lie in memory, and how long they are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import DTypeLike

from engine.nn.arrays import Array

W = TypeVar("W")

LINE = 64  # bytes of a line of the cache, and of the widest vector
NARROW = 8  # below so many values, NumPy adds a row's one after the other, wherever they lie
FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
MOST_SHAPES = 8  # a run has two, that of its batches and that of a smaller last one


def zeros(samples: int, width: int, dtype: DTypeLike) -> Array:
    """Allocate a matrix of zeros that begins at a line of the cache."""
    memory = np.zeros(samples * width * np.dtype(dtype).itemsize + LINE, np.uint8)
    return np.ndarray((samples, width), dtype, memory, -memory.ctypes.data % LINE)


def for_sums_of_rows(samples: int, width: int, dtype: DTypeLike) -> Array:
    """Allocate a matrix whose rows are to be reduced.

    Narrow ones lie column by column: a row of three classes is too short for the processor's
    vector units, a column of 300 samples is not, and the sums are the same to the bit.
    """
    return zeros(width, samples, dtype).T if width < NARROW else zeros(samples, width, dtype)


def is_matrix(array: Any) -> bool:
    """Whether it is a matrix of floats that lies row by row, as NumPy has it unless told not to.

    Any other order would be added up in another order by the formulas, and rounded differently.
    """
    return (
        type(array) is np.ndarray
        and array.ndim == 2
        and array.dtype in FLOATS
        and array.flags.c_contiguous
        and array.flags.aligned
        and array.size > 0
    )


def is_like(array: Any, other: Array) -> bool:
    """Whether it is such a matrix, of the same shape and dtype as another."""
    return is_matrix(array) and array.shape == other.shape and array.dtype == other.dtype


def share_memory(array: Array, *others: Array) -> bool:
    """Whether writing into one of the others might change an array."""
    return any(np.may_share_memory(array, other) for other in others)


class Workspaces(Generic[W]):
    """What a kernel needs for each shape of batch; made when the shape is first met.

    Parameters
    ----------
    make : callable
        Takes samples, width and dtype; returns a workspace, or None where the formula must run.
    """

    def __init__(self, make: Callable[[int, int, np.dtype[Any]], W | None]) -> None:
        self._make = make
        self._made: dict[tuple[int, int, np.dtype[Any]], W | None] = {}

    def of(self, array: Any) -> W | None:
        """Return the workspace for an array; None if it must go through the formula."""
        if not is_matrix(array):
            return None
        key = (*array.shape, array.dtype)
        if key not in self._made:
            if len(self._made) >= MOST_SHAPES:
                self._made.clear()
            self._made[key] = self._make(*key)
        return self._made[key]
