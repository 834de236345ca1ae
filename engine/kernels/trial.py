"""Trials: whether a kernel leaves the same bits as its formula, on this machine.

In which order a sum is added depends on the shape, the processor and the BLAS library, and not
on the values. So random values of a shape show what holds for all values of that shape.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator

from engine.nn.arrays import Array

# Values that a trial draws at most: a larger matrix is tried with fewer rows. That is sound for
# what works on each value or each row by itself, where a row is rounded the same in any company.
MOST_VALUES = 2**17
SPECIAL = (0.0, -0.0, np.inf, -np.inf, np.nan, 1e-310, -1e-40, 1e300)


def tried_rows(samples: int, width: int) -> int:
    """Return how many rows a kernel that works row by row is tried with."""
    return max(1, min(samples, MOST_VALUES // width))


def draw(random: Generator, shape: tuple[int, ...], dtype: Any, special: bool = False) -> Array:
    """Draw normal numbers; with ``special``, some rows have a zero, an infinity or a NaN."""
    values: Array = random.standard_normal(shape, dtype)
    if special:
        for row, value in zip(values[len(values) // 2 :], SPECIAL, strict=False):
            with np.errstate(over="ignore"):
                row[random.integers(len(row))] = value
    return values


def agree(
    make: Callable[[], Any],
    kernel_of: Callable[[Any], Any],
    run: Callable[[Any], Any],
    run_formula: Callable[[Any], Any] | None = None,
) -> bool:
    """Return whether a kernel does to a part what the part's formulas do.

    Parameters
    ----------
    make : callable
        Returns a new part, the same each time.
    kernel_of : callable
        Returns the kernel of a part.
    run : callable
        Calls the methods of a part or of its kernel; what it returns is compared as well.
    run_formula : callable, optional
        The same for the part, if its methods are called otherwise.
    """
    part, copy = make(), make()
    with np.errstate(all="ignore"):
        returned = (run_formula or run)(part), run(kernel_of(copy))
    return same(*returned) and same(part, copy)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same to the bit, or two parts in all their attributes.

    One NaN is as good as another: its sign depends on the order of two operands.
    """
    if isinstance(one, np.ndarray | np.generic):
        return _same_arrays(np.asarray(one), np.asarray(other))
    if isinstance(one, float):
        return type(other) is float and _same_arrays(np.array(one), np.array(other))
    if hasattr(one, "__dict__"):
        names = vars(one).keys()
        return names == vars(other).keys() and all(
            same(vars(one)[name], vars(other)[name]) for name in names
        )
    return bool(one == other)


def _same_arrays(one: Array, other: Array) -> bool:
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    if one.dtype.kind != "f":
        return np.array_equal(one, other)
    return np.array_equal(one, other, equal_nan=True) and np.array_equal(
        np.signbit(one) & ~np.isnan(one), np.signbit(other) & ~np.isnan(other)
    )
