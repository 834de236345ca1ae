"""One metric of one branch, as points of a chart."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.protocol.views.curves import CurveData

LEAST, MOST = 1e-200, 1e200  # beyond these, not even the limits of an axis are numbers
Point = tuple[float, float, float, float]  # an epoch, and the minimum, mean and maximum there


@dataclass(frozen=True, slots=True)
class Series:
    """A curve and how it is drawn.

    Attributes
    ----------
    name : str
        Written at its end; not written if empty.
    ink : str
    curve : CurveData
    """

    name: str
    ink: str
    curve: CurveData

    def runs(self, logarithmic: bool) -> Iterator[list[Point]]:
        """Yield the pieces between gaps: each point's epoch, minimum, mean and maximum."""
        curve, run = self.curve, list[Point]()
        for k, (low, mean, high) in enumerate(
            zip(curve.lower, curve.mean, curve.upper, strict=True)
        ):
            if low is None or mean is None or high is None or not _shows(low, high, logarithmic):
                if run:
                    yield run
                run = []
            else:
                run.append((curve.first + (k + 0.5) * curve.span, low, mean, high))
        if run:
            yield run

    def extent(self, logarithmic: bool) -> tuple[float, float] | None:
        """Return the least and the greatest value of the bulk of its points; None if it has none.

        A few points far beyond the others are left out: they would flatten all the rest.
        """
        points = [point for run in self.runs(logarithmic) for point in run]
        if not points:
            return None
        scale = math.log10 if logarithmic else float
        lows = sorted(scale(low) for _, low, _, _ in points)
        highs = sorted(scale(high) for _, _, _, high in points)
        rare = len(points) // RARE
        usual_low, usual_high = lows[rare], highs[-1 - rare]
        reach = FAR * (usual_high - usual_low)
        low = next(value for value in lows if value >= usual_low - reach)
        high = next(value for value in reversed(highs) if value <= usual_high + reach)
        back = (lambda value: 10**value) if logarithmic else float
        return back(low), back(high)

    def at(self, epoch: int) -> tuple[float, float, float] | None:
        """Return the minimum, mean and maximum of the point that an epoch belongs to."""
        curve = self.curve
        k = math.floor((epoch - curve.first) / curve.span)
        if not 0 <= k < len(curve.mean):
            return None
        low, mean, high = curve.lower[k], curve.mean[k], curve.upper[k]
        return None if low is None or mean is None or high is None else (low, mean, high)

    def spikes(self, logarithmic: bool) -> list[int]:
        """Return the epochs at which points begin that lie beyond the bulk of the others."""
        extent = self.extent(logarithmic)
        return [
            math.ceil(x - self.curve.span / 2)
            for run in self.runs(logarithmic)
            for x, low, _, high in run
            if extent and (high > extent[1] or low < extent[0])
        ]

    def gaps(self) -> list[int]:
        """Return the epochs from which on a value is no number."""
        mean = self.curve.mean
        broken = [k for k, value in enumerate(mean) if value is None]
        first = [k for k in broken if k == 0 or mean[k - 1] is not None]
        return [math.ceil(self.curve.first + k * self.curve.span) for k in first]


RARE = 50  # one point of so many may be beyond the axis,
FAR = 1.5  # if it is so many times the range of the others away from them


def _shows(low: float, high: float, logarithmic: bool) -> bool:
    return low >= (LEAST if logarithmic else -MOST) and high <= MOST
