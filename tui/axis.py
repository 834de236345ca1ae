"""Axes whose limits are round numbers, and move rarely."""

from __future__ import annotations

import math

STEPS = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


def round_up(value: float) -> float:
    """Return the least round number that is not below ``value``."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next((s * power for s in STEPS if s * power >= value * (1 - 1e-9)), 10 * power)


def epochs_shown(epoch: int, epochs: int) -> int:
    """Return how many epochs an axis spans at ``epoch`` of ``epochs``."""
    return max(1, min(int(round_up(max(epoch + 1, 100))), max(epochs, 1)))


def limits(lowest: float, highest: float, logarithmic: bool) -> tuple[float, float]:
    """Return round limits around values: from 0, or from powers of ten."""
    if logarithmic:
        low = 10.0 ** math.floor(math.log10(lowest))
        return low, max(10.0 ** math.ceil(math.log10(highest)), 10 * low)
    return 0.0, round_up(highest)


def ticks(low: float, high: float, count: int, logarithmic: bool) -> list[float]:
    """Return about ``count`` places to mark."""
    if logarithmic:
        first, last = round(math.log10(low)), round(math.log10(high))
        every = max(1, math.ceil((last - first) / max(1, count)))
        return [10.0**power for power in range(first, last + 1, every)]
    parts = max(1, count)
    return [low + (high - low) * k / parts for k in range(parts + 1)]


def label(value: float) -> str:
    """Write a tick in at most six characters."""
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e5:
        return f"{value:.4g}"
    return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e")
