"""Which samples a client sees, and what the network predicts for them."""

from __future__ import annotations

import math
from collections.abc import Callable
from threading import Thread

import numpy as np

from engine.data.dataset import Dataset
from engine.nn.arrays import Array
from engine.protocol.views.samples import Order, SampleRow, Samples, SamplesQuery
from engine.service.answers.curves import gaps

# Of all rows that are sent; with very many classes, fewer rows are sent than a client asks for.
MOST_PROBABILITIES = 100_000
SMALLEST = 1e-7  # probability of the true class, as in the cross-entropy of the engine
MOST_LOOKED_AT = 2**14  # probabilities that are put in order at once, in about a millisecond


class Ordering:
    """Samples in the order that a client asks for.

    Attributes
    ----------
    rows : array, shape (n,)
        Which come first, second and so on; empty where they stay in the order of the data.
    wrong : int
        How many are predicted wrongly. Where a probability is not a number, nothing is predicted.
    """

    def __init__(self, said: Array, true: Array, order: Order, only_wrong: bool) -> None:
        likeliest = said.max(axis=1)
        wrong = (said.argmax(axis=1) != true) | np.isnan(likeliest)
        self.wrong = int(np.count_nonzero(wrong))
        self.rows: Array = np.flatnonzero(wrong) if only_wrong else np.zeros(0, np.intp)
        if order != "data":
            rows = self.rows if only_wrong else np.arange(len(said))
            key = likeliest[rows] if order == "uncertain" else said[rows, true[rows]]
            self.rows = rows[np.argsort(np.where(np.isnan(key), -1, key), kind="stable")]


class Background:
    """Puts all samples of the latest state in order, one order at a time, in a thread.

    Parameters
    ----------
    wake : callable
        Called in that thread whenever it has ended.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._said: Array | None = None
        self._state = -1
        self._known: dict[tuple[Order, bool], Ordering | None] = {}
        self._at_work = False

    def find(self, said: Array, true: Array, wanted: SamplesQuery, state: int) -> Ordering | None:
        """Return all samples of a state in order; None until the thread has worked it out."""
        if said is not self._said or state != self._state:
            self._said, self._state, self._known = said, state, {}
        order = wanted.order, wanted.only_wrong
        if order in self._known:
            return self._known[order]
        if not self._at_work:
            self._known[order], self._at_work = None, True
            # A daemon, so that no process waits for it to end.
            Thread(target=self._work, args=(self._known, said, true, *order), daemon=True).start()
        return None

    def _work(
        self,
        known: dict[tuple[Order, bool], Ordering | None],
        said: Array,
        true: Array,
        order: Order,
        only_wrong: bool,
    ) -> None:
        try:
            # If the state has changed, nobody reads it.
            known[order, only_wrong] = Ordering(said, true, order, only_wrong)
        finally:
            self._at_work = False
            self._wake()


class SamplesView:
    """Looks at the samples in the order that a client asks for.

    Where there are very many, only one of every few is looked at, until the training stands still
    and all have been put in order in the background.

    Parameters
    ----------
    wake : callable
        Called in another thread when there is more to be seen than at the last look.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._background = Background(wake)

    def look(
        self, said: Array, data: Dataset, wanted: SamplesQuery, state: int | None, accuracy: float
    ) -> Samples:
        """Return the samples that a client asked for.

        Parameters
        ----------
        said : array, shape (samples, classes)
            Probabilities.
        data : Dataset
        wanted : SamplesQuery
        state : int or None
            The number of a state in which these arrays do not change; None while the training
            goes on.
        accuracy : float
            Of all samples, from which the wrong ones are counted where not all are looked at.
        """
        true, in_order = data.y, wanted.order == "data" and not wanted.only_wrong
        every, ordering = max(1, said.size // MOST_LOOKED_AT), None
        if every > 1 and state is not None:
            ordering = self._background.find(said, true, wanted, state)
        if ordering:
            every = 1
        else:
            ordering = Ordering(said[::every], true[::every], wanted.order, wanted.only_wrong)
        wrong = ordering.wrong if every == 1 else round((1 - accuracy) * len(true))
        if in_order:
            every = 1
        total = len(true) if in_order else len(ordering.rows)
        shown = min(wanted.rows, max(1, MOST_PROBABILITIES // said.shape[1]))
        first = max(0, min(wanted.first, total - shown))
        here = range(first, min(first + shown, total))
        rows = here if in_order else ordering.rows[here.start : here.stop] * every
        seen = [_row(said, data, i, wanted.features) for i in rows]
        return Samples(first, total, wrong, seen, every)


def _row(said: Array, data: Dataset, row: int, features: int) -> SampleRow:
    probabilities, true = said[row], int(data.y[row])
    known = not np.isnan(probabilities).any()
    loss = (
        -math.log(min(max(float(probabilities[true]), SMALLEST), 1 - SMALLEST)) if known else None
    )
    return SampleRow(
        int(row),
        true,
        int(probabilities.argmax()) if known else None,
        loss,
        gaps(probabilities.tolist()),
        data.X[row, :features].tolist(),
    )
