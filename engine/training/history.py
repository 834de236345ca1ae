"""What each epoch's metrics were, for all epochs, in constant memory.

Epochs are gathered in buckets of equal length, each with its minimum, mean and maximum, so no
spike is lost. When the buckets are full, neighbours are joined and each is twice as long.
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
MOST_READ = 2**17  # numbers that are read back at most, where buckets are too coarse


@dataclass(frozen=True, slots=True)
class Curve:
    """One metric over the epochs, at most as many points as asked for.

    Attributes
    ----------
    first : int
        The epoch at which the first point begins.
    span : float
        Epochs between two points; the first point stands for the first ``span`` epochs.
    lower, mean, upper : list of float
        Minimum, mean and maximum of the epochs of a point; NaN where there was no number.
    """

    first: int
    span: float
    lower: list[float]
    mean: list[float]
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
    source : callable or None
        Returns the metrics of the epochs from one to another again, of shape (n, metrics), as the
        sink has taken them; None where it cannot.
    """

    def __init__(self, capacity: int = 4096) -> None:
        self.capacity = capacity
        self.sink: Callable[[Array], None] | None = None
        self.source: Callable[[int, int], Array | None] | None = None
        self._read_back: tuple[tuple[int, int], Array] | None = None
        self.epochs = 0
        self.names: list[str] = []
        self.span = 1
        self._buckets = 0
        self._lower, self._mean, self._upper, self._count = np.empty((4, 0, 0))
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

    def extend(self, names: list[str], values: Array, whole: bool) -> None:
        """Take over the next epochs from a record.

        Parameters
        ----------
        values : array, shape (epochs, metrics)
        whole : bool
            Whether no epoch is missing, as NaN, so that a known one can be compared.
        """
        if len(names) > len(self.names):
            self._add(names)
        self.epochs += len(values)
        self._comparable &= whole
        self._gather(values)

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
        self._pad((0, len(names) - len(self.names)), (0, 0))
        self.names = names

    def _pad(self, metrics: tuple[int, int], buckets: tuple[int, int]) -> None:
        """Have room for more metrics or buckets, in which nothing has been measured."""
        self._lower, self._mean, self._upper = (
            np.pad(values, (metrics, buckets), constant_values=np.nan)
            for values in (self._lower, self._mean, self._upper)
        )
        self._count = np.pad(self._count, (metrics, buckets))

    def until(self, epoch: int) -> History:
        """Return a copy of the first ``epoch`` epochs, or of some less: of whole buckets only."""
        self.settle()
        copy = History(self.capacity)
        copy.span, copy._buckets = self.span, min(epoch, self.epochs) // self.span
        copy.epochs, copy.names = copy._buckets * self.span, self.names
        copy._lower, copy._mean, copy._upper, copy._count = (
            values[:, : copy._buckets].copy() for values in self._values
        )
        return copy

    @property
    def _values(self) -> tuple[Array, Array, Array, Array]:
        return self._lower, self._mean, self._upper, self._count

    @property
    def nbytes(self) -> int:
        """Bytes that it takes, about."""
        return sum(values.nbytes for values in self._values)

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
        if not self._pending:
            return
        waiting = np.array(self._pending, np.float64).reshape(-1, max(1, len(self.names)))
        self._pending.clear()
        if self.sink:
            self.sink(waiting)
            self._due = monotonic() + RECORD_EVERY
        self._gather(waiting)

    def _gather(self, waiting: Array) -> None:
        """Move the last epochs into buckets."""
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
            self._merge(values, buckets)
            self._buckets = int(buckets[-1]) + 1

    def _merge(self, values: Array, buckets: Array) -> None:
        """Add the values of some epochs to the buckets that they belong to."""
        starts = np.flatnonzero(np.diff(buckets, prepend=-1))
        at = buckets[starts]
        mean, count = _joined(values, np.isfinite(values) * 1.0, starts)
        both = np.stack([self._mean[:, at], mean], axis=2).reshape(len(mean), -1)
        counts = np.stack([self._count[:, at], count], axis=2).reshape(len(mean), -1)
        self._mean[:, at], self._count[:, at] = _joined(both, counts, np.arange(0, 2 * len(at), 2))
        for target, join in ((self._lower, np.fmin), (self._upper, np.fmax)):
            target[:, at] = join(target[:, at], join.reduceat(values, starts, axis=1))

    def _extend_to(self, buckets: int) -> None:
        """Have room for so many buckets, and for some more to come."""
        room = self._lower.shape[1]
        if buckets > room:
            self._pad((0, 0), (0, min(self.capacity, max(buckets, 2 * room)) - room))

    def _double(self) -> None:
        self._extend_to(self._buckets + self._buckets % 2)
        even, odd = slice(0, self._buckets, 2), slice(1, self._buckets + 1, 2)
        self._lower = np.fmin(self._lower[:, even], self._lower[:, odd])
        self._upper = np.fmax(self._upper[:, even], self._upper[:, odd])
        self._buckets = (self._buckets + 1) // 2
        pairs = slice(0, 2 * self._buckets)
        self._mean, self._count = _joined(
            self._mean[:, pairs], self._count[:, pairs], np.arange(0, 2 * self._buckets, 2)
        )
        self.span *= 2

    def curve(self, metric: str, points: int, until: int | None = None, first: int = 0) -> Curve:
        """Return a metric, reduced to ``points`` over the epochs from ``first`` to ``until``.

        Parameters
        ----------
        metric : str
            Its name. The curve of one that no epoch has is empty.
        points : int
            For the whole of these epochs; fewer are returned where fewer epochs are done.
        until, first : int, optional
            The epochs that ``points`` span; those done, if not given.
        """
        self.settle()
        end = self.epochs if until is None else min(until, self.epochs)
        if metric not in self.names or first >= end:
            return Curve(first, float(self.span), [], [], [])
        row = self.names.index(metric)
        width = ((self.epochs if until is None else until) - first) / points
        epochs = self._epochs(first, end) if width < self.span else None
        if epochs is not None:
            values = epochs[:, row]
            return _reduced((values, values, values, np.isfinite(values) * 1.0), first, 1, width)
        begin, stop = first // self.span, -(-end // self.span)
        width += (first - begin * self.span) / points
        parts = (values[row, begin:stop] for values in self._values)
        return _reduced(tuple(parts), begin * self.span, self.span, width)

    def _epochs(self, first: int, end: int) -> Array | None:
        """Return each epoch's metrics, finite or NaN, if they can be read back."""
        if self.source is None or (end - first) * len(self.names) > MOST_READ:
            return None
        window = first, end
        if self._read_back is None or self._read_back[0] != window:
            values = self.source(*window)
            if values is None or values.shape != (end - first, len(self.names)):
                return None
            self._read_back = window, np.where(np.isfinite(values), values, np.nan)
        return self._read_back[1]


def _reduced(values: tuple[Array, ...], first: int, span: int, width: float) -> Curve:
    """Return the curve of lower, mean, upper and count, in columns of at least ``width`` epochs.

    Parameters
    ----------
    values : tuple of array, shape (n,)
        Each of so many times ``span`` epochs, from ``first`` on.
    """
    lower, mean, upper, count = values
    if width <= span:
        return Curve(first, float(span), lower.tolist(), mean.tolist(), upper.tolist())
    columns = ((np.arange(len(lower)) + 0.5) * span // width).astype(np.intp)
    starts = np.flatnonzero(np.diff(columns, prepend=-1))
    out = np.full((3, int(columns[-1]) + 1), np.nan)
    out[:, columns[starts]] = (
        np.fmin.reduceat(lower, starts),
        _joined(mean, count, starts)[0],
        np.fmax.reduceat(upper, starts),
    )
    return Curve(first, width, *out.tolist())


def _joined(mean: Array, count: Array, starts: Array) -> tuple[Array, Array]:
    """Return the mean of each run of buckets, and of how many epochs it is.

    Parameters
    ----------
    mean, count : array, shape (..., n)
        Of the buckets; a count of 0 where nothing was measured.
    starts : array, shape (runs,)
        Where the runs begin, from 0 on.
    """
    total = np.add.reduceat(count, starts, axis=-1)
    lengths = np.diff(starts, append=count.shape[-1])
    # Each is divided before they are added: a sum of very large numbers would overflow.
    share = count / np.repeat(np.maximum(total, 1), lengths, axis=-1)
    joined = np.add.reduceat(np.where(count > 0, mean * share, 0), starts, axis=-1)
    return np.where(total > 0, joined, np.nan), total
