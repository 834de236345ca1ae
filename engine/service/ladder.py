"""The ladder 1, 2, 5, 10, 20, 50, ... on which rates and speeds go up and down."""

from __future__ import annotations

import math

RUNGS = (1, 2, 5)


def step(value: float, steps: int) -> float:
    """Return the rung so many steps above ``value``, or below it if ``steps`` is negative.

    A value between two rungs goes to the next one in that direction. Beyond the largest float it
    is infinite, below the least one 0.
    """
    if not 0 < value < math.inf or steps == 0:
        return value
    lowest = len(RUNGS) * (math.floor(math.log10(value)) - 1)
    near = range(lowest, lowest + 4 * len(RUNGS))
    if steps > 0:
        return _rung(next(k for k in near if _rung(k) > value * (1 + 1e-9)) + steps - 1)
    return _rung(next(k for k in reversed(near) if _rung(k) < value * (1 - 1e-9)) + steps + 1)


def _rung(number: int) -> float:
    """Return a rung of the ladder; 1 is number 0."""
    power, k = divmod(number, len(RUNGS))
    return float(f"{RUNGS[k]}e{power}")
