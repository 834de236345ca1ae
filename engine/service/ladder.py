"""The ladder 1, 2, 5, 10, 20, 50, ... on which rates and speeds go up and down."""

from __future__ import annotations

import math

RUNGS = (1, 2, 5)


def step(value: float, steps: int) -> float:
    """Return the rung so many steps above ``value``, or below it if ``steps`` is negative.

    A value between two rungs goes to the next one in that direction.
    """
    if value <= 0 or steps == 0:
        return value
    exponent = math.floor(math.log10(value))
    rungs = [
        float(f"{rung}e{power}")
        for power in range(exponent - abs(steps), exponent + abs(steps) + 2)
        for rung in RUNGS
    ]
    if steps > 0:
        return [rung for rung in rungs if rung > value * (1 + 1e-9)][steps - 1]
    return [rung for rung in rungs if rung < value * (1 - 1e-9)][steps]
