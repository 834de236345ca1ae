"""Axes whose limits are round numbers, and move rarely."""

from __future__ import annotations

import math
from bisect import bisect_left
from itertools import pairwise

# An axis of numbers that hardly differ spans at least this share of them.
LEAST_SPAN = 0.04


def round_up(value: float, steps: tuple[float, ...] = (1.0, 2.0, 5.0, 10.0)) -> float:
    """Return the least of ``steps``, times a power of ten, that is not below ``value`` > 0."""
    power = 10.0 ** math.floor(math.log10(value))
    at = bisect_left(steps, value / power * (1 - 1e-9))
    return steps[min(at, len(steps) - 1)] * power


def epochs_shown(epoch: int, epochs: int) -> int:
    """Return how many epochs an axis spans at ``epoch`` of ``epochs``."""
    ahead = round_up(max(epoch + 1, 100), (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0))
    return max(1, min(round(ahead), epochs))


def limits(
    lowest: float, highest: float, least: float | None = None, most: float | None = None
) -> tuple[float, float]:
    """Return limits around the values of a linear axis.

    They are the bounds ``least`` and ``most`` where no value is beyond those; otherwise round
    numbers, from 0 where that is near.
    """
    least = least if least is not None and least <= lowest else None
    most = most if most is not None and highest <= most else None
    span = max(highest - lowest, LEAST_SPAN * max(abs(highest), abs(lowest)), 1e-12)
    if 0 <= lowest < span:
        lowest, span = 0.0, max(span, highest)
    step = round_up(span / 4)
    low = math.floor(lowest / step + 1e-9) * step if least is None else least
    high = math.ceil(highest / step - 1e-9) * step if most is None else most
    if high - low >= step / 2 or (least is not None and most is not None):
        return low, high
    return (low, high + step) if most is None else (low - step, high)


def log_limits(lowest: float, highest: float) -> tuple[float, float]:
    """Return limits of 1, 2 or 5 times a power of ten around positive values."""
    low = 1 / round_up(1 / lowest)
    high = round_up(highest)
    return low, high if high > low * 1.5 else round_up(low * 1.5)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Return round places to mark on a linear axis, at most ``most``, but at least two."""
    step, marks = round_up((high - low) / (most + 1)), [low, high]
    while len(found := _multiples(step, low, high)) > 1:
        marks = found
        if len(found) <= most:
            break
        step = round_up(step * 1.5)
    return marks if len(marks) <= most else [marks[0], marks[-1]]


def _multiples(step: float, low: float, high: float) -> list[float]:
    first, last = math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6)
    return [k * step for k in range(first, last + 1)]


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Return places to mark on a logarithmic axis: 1, 2, 5 or whole powers of ten."""
    powers = range(math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9) + 1)
    fine = [float(f"{m}e{p}") for p in powers for m in (1, 2, 5)]
    marks = [x for x in fine if low * (1 - 1e-6) <= x <= high * (1 + 1e-6)]
    if len(marks) > most:
        every = max(1, math.ceil(len(powers) / max(1, most)))
        marks = [10.0**p for p in powers[::every] if low <= 10.0**p * (1 + 1e-6) <= high * 1.001]
    return marks if marks else [low, high]


def labels(marks: list[float]) -> list[str]:
    """Write the marks of an axis with as many decimals as tell them apart, in six characters."""
    gap = min((b - a for a, b in pairwise(marks)), default=abs(marks[0]) or 1)
    decimals = max(0, -math.floor(math.log10(gap) + 1e-9)) if gap > 0 else 0
    return [_label(mark, decimals) for mark in marks]


def log_labels(marks: list[float]) -> list[str]:
    """Write the marks of a logarithmic axis, each with as many decimals as it has itself."""
    return [labels([mark])[0] for mark in marks]


def _label(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    if len(text) <= 6 and abs(value) < 1e5:
        return text
    return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


def count(value: float) -> str:
    """Write a number of epochs briefly: 800, 15k, 2.5M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= max(size, 1e4):
            return f"{value / size:g}{unit}"
    return f"{value:g}"
