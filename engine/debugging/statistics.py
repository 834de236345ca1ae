"""An array in few figures: its statistics, a histogram, and levels for a heatmap."""

from __future__ import annotations

import math

import numpy as np

from engine.nn.arrays import Array
from engine.protocol.views.inside import LEVELS, NOT_A_NUMBER, ArrayStatistics

MOST_EXACT = 1 << 20  # values of an array that are all looked at while the training stands,
MOST_SAMPLED = 1 << 17  # and how many of a larger array, or of any while it goes on
ROUND = (1, 1.5, 2, 3, 5, 7, 10)  # times a power of ten
NOTHING = (math.nan, math.nan, math.nan, math.nan)
INFINITE = LEVELS + 1
# Roundings of the deviation below which a mean is what rounding left of values that cancel each
# other out, as a gradient's do: it differs from processor to processor, and means zero.
CANCELLED = 256


@np.errstate(all="ignore")  # values near the largest there is have no sum
def statistics(values: Array) -> ArrayStatistics:
    """Return the figures of the finite values, and count those that are not.

    They are NaN where there is no finite value.
    """
    finite, not_numbers = _finite(values), _not_numbers(values)
    infinite = values.size - finite.size - not_numbers
    zeros = int(np.count_nonzero(values == 0)) / values.size if values.size else 0.0
    if not finite.size:
        return ArrayStatistics(*NOTHING, zeros, not_numbers, infinite)
    mean, deviation = mean_and_deviation(finite)
    return ArrayStatistics(
        float(finite.min()),
        mean,
        float(finite.max()),
        deviation,
        zeros,
        not_numbers,
        infinite,
    )


def mean_and_deviation(values: Array) -> tuple[float, float]:
    """Return the mean, which is 0 where it is only rounding, and the standard deviation."""
    mean, deviation = (float(f(values, dtype=np.float64)) for f in (np.mean, np.std))
    noise = CANCELLED * np.finfo(values.dtype).eps * deviation
    return (0.0 if abs(mean) < noise else mean), deviation


def _finite(values: Array) -> Array:
    """Return the finite values, flat, in no order."""
    flat = values.ravel(order="K")
    if flat.dtype.kind != "f":
        return flat.astype(np.float64)
    finite = np.isfinite(flat)
    kept: Array = flat if finite.all() else flat[finite]
    return kept


def _not_numbers(values: Array) -> int:
    return int(np.count_nonzero(np.isnan(values))) if values.dtype.kind == "f" else 0


def part_of(values: Array, exact: bool = False) -> Array:
    """Return the values that figures are of: all, or a sample of a large array.

    Parameters
    ----------
    values : array
    exact : bool
        Whether figures are of all values, unless those are so many that they would hold up keys.
    """
    every = exact and values.size <= MOST_EXACT
    return values if every else sample(values, MOST_SAMPLED)


def sample(values: Array, most: int) -> Array:
    """Return at most about so many values, whole rows of them where there are rows."""
    step = -(-values.size // max(1, most))
    return values if step <= 1 or values.ndim == 0 else values[::step]


def round_up(value: float) -> float:
    """Return the next of `ROUND` that is no less; 1 for what is no number above 0."""
    if not (math.isfinite(value) and value > 1e-300):
        return 1.0
    power = math.floor(math.log10(value))
    for digits in ROUND:
        step = float(f"{digits}e{power}")
        if step >= value:
            return step
    return float(f"1e{power + 1}")


def scale_of(figures: ArrayStatistics) -> float:
    """Return a round number that no finite value exceeds, so that it seldom changes."""
    return round_up(max(abs(figures.minimum), abs(figures.maximum)))


def histogram(values: Array, bins: int, low: float, high: float) -> list[int]:
    """Count the finite values in ``bins`` equal parts of ``low`` to ``high``."""
    finite = _finite(values)
    if not bins or not finite.size or not math.isfinite(high - low):
        return [0] * bins
    counts, _ = np.histogram(finite.astype(np.float64), bins, (low, high))
    return [int(n) for n in counts]


@np.errstate(all="ignore")
def levels(values: Array, scale: float) -> Array:
    """Return −8 to 8 for values from −scale to scale; only a zero has level 0.

    Infinite values have ±9, and NaN 127.
    """
    values = values.astype(np.float64)
    steps = np.clip(np.ceil(np.abs(values) / scale * LEVELS), 0, LEVELS)
    steps = np.where(values == 0, 0, np.maximum(steps, 1))
    steps = np.where(np.isinf(values), INFINITE, steps) * np.sign(values)
    found: Array = np.where(np.isnan(values), NOT_A_NUMBER, steps).astype(np.int8)
    return found
