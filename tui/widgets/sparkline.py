"""A curve in one line of text."""

from __future__ import annotations

import math
from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float | None], logarithmic: bool = False) -> str:
    """Draw values as blocks between the least and the greatest; a blank where there is none.

    What is not above zero is at the bottom of a logarithmic curve.
    """
    if logarithmic:
        values = [v if v is None else math.log10(v) if v > 0 else -math.inf for v in values]
    finite = [v for v in values if v is not None and math.isfinite(v)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    return "".join(" " if v is None else _block(v, low, high) for v in values)


def _block(value: float, low: float, high: float) -> str:
    if high <= low:
        return BLOCKS[0]
    share = (max(value, low) - low) / (high - low)
    return BLOCKS[round(share * (len(BLOCKS) - 1))]
