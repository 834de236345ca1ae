"""Numbers as text of a width that does not change while they do."""

from __future__ import annotations

import math

WIDTH = 9
NARROW = 7  # columns where there is not as much room


def figure(value: float | None, scale: float = 1.0, whole: bool = False, width: int = WIDTH) -> str:
    """Write a number in so many columns, with as many decimals as suit numbers up to ``scale``."""
    if value is None:
        return "–".rjust(width)
    if not math.isfinite(value):
        return f"{value:>{width}}"
    if whole:
        text = f"{value:.0f}"
    elif 1e-4 <= scale < 1e7:
        text = f"{value:.{max(0, min(width - 3, 4 - math.floor(math.log10(scale))))}f}"
    else:
        text = f"{value:.2e}"
    if value and not text.strip("-0."):
        text = f"{value:.2e}"  # no zero, however small
    for digits in (1, 0):
        if len(text) > width:
            text = f"{value:.{digits}e}"
    return text.rjust(width)


def share(value: float | None) -> str:
    """Write a share as a percentage in seven columns."""
    if value is None or math.isnan(value):
        return f"{'–':>7}"
    percent = 100 * value
    text = f"{percent:.1f} %" if percent >= 1 or percent == 0 else f"{percent:.2g} %"
    return f"{text if len(text) <= 7 else f'{percent:.0e} %':>7}"
