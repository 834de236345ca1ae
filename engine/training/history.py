"""What each epoch's metrics were, for all epochs, in constant memory.

Epochs are gathered in buckets of equal length, each with its minimum and maximum, so no spike
is lost. When the buckets are full, neighbours are joined and each is twice as long.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic

import numpy as np

from engine.nn.arrays import Array

PENDING = 1024  # numbers that wait at most to be gathered and recorded,
RECORD_EVERY = 0.05  # and for so many seconds at most
LEAST_CAPACITY = 512  # buckets that still make a curve as wide as a screen


@dataclass(frozen=True, slots=True)
class Curve:
    """One metric over the epochs, at most as many points as asked for.

    Attributes
    ----------
    span : float
        Epochs between two points; the first point stands for the first ``span`` epochs.
    lower, upper : list of float
        Minimum and maximum of the epochs of a point; NaN where there was no number.
    """

    span: float
    lower: list[float]
    upper: list[float]


class History:
    """The metrics of all epochs from the first on.

    Parameters
    ----------
    capacity : int, even
        The most buckets that are kept.

    Attributes
    ----------
    epochs : int
        How many are recorded.
    names : list of str
        The metrics. One that was added later on is NaN in the epochs before.
    sink : callable or None
        Takes the metrics of the epochs, many at a time, of shape (n, metrics).
    """

    def __init__(self, capacity: int = 4096) -> None:
        self.capacity = capacity
        self.sink: Callable[[Array], None] | None = None
        self.epochs = 0
        self.names: list[str] = []
        self.span = 1
        self._buckets = 0
        self._lower = np.empty((0, 0))
        self._upper = self._lower.copy()
        self._pending: list[float] = []
        self._due = 0.0
        self._comparable = True

    def append(self, epoch: int, metrics: Mapping[str, float]) -> bool:
        """Record an epoch, if it is the next one; return False if it was known as another.

        That is found out once: what follows an epoch that was another is another as well.

        Parameters
        ----------
        epoch : int
        metrics : mapping of str to float
            Those of the epochs before, in the same order, and perhaps more. The first, which is
            the loss, tells whether a known epoch is the same again.
        """
        if epoch < self.epochs:
            return self._repeats(epoch, next(iter(metrics.values())))
        if len(metrics) > len(self.names):
            self._add(list(metrics))
        self._pending += metrics.values()
        self.epochs += 1
        if len(self._pending) >= PENDING or (self.sink and monotonic() >= self._due):
            self.settle()
        return True

    def _repeats(self, epoch: int, loss: float) -> bool:
        """Whether a loss may be that which was recorded, as far as the buckets tell."""
        if not self._comparable:
            return True
        self.settle()
        bucket = epoch // self.span
        self._comparable = self._may_be(loss, self._lower[0, bucket], self._upper[0, bucket])
        return self._comparable

    def _may_be(self, value: float, lower: float, upper: float) -> bool:
        """Whether a value may be one of a bucket's, which is NaN where none is finite."""
        if math.isfinite(value):
            return bool(lower <= value <= upper)
        return self.span > 1 or not math.isfinite(lower)

    def _add(self, names: list[str]) -> None:
        """Have room for more metrics, which are NaN in the epochs before."""
        self.settle()
        more = ((0, len(names) - len(self.names)), (0, 0))
        self._lower, self._upper = (
            np.pad(values, more, constant_values=np.nan) for values in (self._lower, self._upper)
        )
        self.names = names

    def until(self, epoch: int) -> History:
        """Return a copy of the first ``epoch`` epochs, or of some less: of whole buckets only."""
        self.settle()
        copy = History(self.capacity)
        copy.span, copy._buckets = self.span, min(epoch, self.epochs) // self.span
        copy.epochs, copy.names = copy._buckets * self.span, self.names
        copy._lower = self._lower[:, : copy._buckets].copy()
        copy._upper = self._upper[:, : copy._buckets].copy()
        return copy

    @property
    def nbytes(self) -> int:
        """Bytes that it takes, about."""
        return self._lower.nbytes + self._upper.nbytes

    def thin(self) -> bool:
        """Keep half as many buckets, each twice as long; return whether that could be done."""
        if self.capacity // 2 < LEAST_CAPACITY or self._buckets < LEAST_CAPACITY:
            return False
        self.settle()
        self._double()
        self.capacity //= 2
        return True

    def settle(self) -> None:
        """Move the epochs that wait into buckets, and hand them to the sink."""
        waiting = np.array(self._pending, np.float64).reshape(-1, max(1, len(self.names)))
        self._pending.clear()
        if self.sink and len(waiting):
            self.sink(waiting)
            self._due = monotonic() + RECORD_EVERY
        while len(waiting):
            first = self.epochs - len(waiting)
            if first // self.span >= self.capacity:
                self._double()
                continue
            room = self.capacity * self.span - first
            part, waiting = waiting[:room], waiting[room:]
            values = part.T.copy()
            values[~np.isfinite(values)] = np.nan
            buckets = np.arange(first, first + len(part)) // self.span
            self._extend_to(int(buckets[-1]) + 1)
            starts = np.flatnonzero(np.diff(buckets, prepend=-1))
            at = buckets[starts]
            self._merge(self._lower, np.fmin, values, starts, at)
            self._merge(self._upper, np.fmax, values, starts, at)
            self._buckets = int(at[-1]) + 1

    @staticmethod
    def _merge(target: Array, join: np.ufunc, values: Array, starts: Array, at: Array) -> None:
        target[:, at] = join(target[:, at], join.reduceat(values, starts, axis=1))

    def _extend_to(self, buckets: int) -> None:
        """Have room for so many buckets, and for some more to come."""
        room = self._lower.shape[1]
        if buckets > room:
            more = (0, min(self.capacity, max(buckets, 2 * room)) - room)
            self._lower, self._upper = (
                np.pad(values, ((0, 0), more), constant_values=np.nan)
                for values in (self._lower, self._upper)
            )

    def _double(self) -> None:
        self._extend_to(self._buckets + self._buckets % 2)
        even, odd = slice(0, self._buckets, 2), slice(1, self._buckets + 1, 2)
        self._lower = np.fmin(self._lower[:, even], self._lower[:, odd])
        self._upper = np.fmax(self._upper[:, even], self._upper[:, odd])
        self.span *= 2
        self._buckets = (self._buckets + 1) // 2

    def curve(self, metric: str, points: int, until: int | None = None) -> Curve:
        """Return a metric, reduced to ``points`` over epochs 0 to ``until``.

        Parameters
        ----------
        metric : str
            Its name. The curve of one that no epoch has is empty.
        points : int
            For the whole of ``until`` epochs; fewer are returned where fewer epochs are done.
        until : int, optional
            The epochs that ``points`` span; those done, if not given.
        """
        self.settle()
        if metric not in self.names:
            return Curve(float(self.span), [], [])
        row = self.names.index(metric)
        lower, upper = self._lower[row, : self._buckets], self._upper[row, : self._buckets]
        span = max((until or self.epochs) / points, self.span)
        if not self._buckets or span <= self.span:
            return Curve(float(self.span), lower.tolist(), upper.tolist())
        columns = ((np.arange(self._buckets) + 0.5) * self.span // span).astype(np.intp)
        starts = np.flatnonzero(np.diff(columns, prepend=-1))
        count = math.floor(columns[-1]) + 1
        out_lower, out_upper = np.full(count, np.nan), np.full(count, np.nan)
        out_lower[columns[starts]] = np.fmin.reduceat(lower, starts)
        out_upper[columns[starts]] = np.fmax.reduceat(upper, starts)
        return Curve(span, out_lower.tolist(), out_upper.tolist())
