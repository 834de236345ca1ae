"""Which rows of the data a client sees, and what softmax says of them."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

import numpy as np

from engine.nn.arrays import Array
from engine.protocol import frames
from engine.protocol.commands import Order, Subscribe
from engine.service.telling import gaps

# Of all rows that are sent; with very many classes, fewer rows are sent than a client asks for.
MOST_PROBABILITIES = 100_000
MOST_LOOKED_AT = 2**14  # probabilities that are put in order at once, in about a millisecond


class Ordering:
    """Rows in the order that a client asks for.

    Attributes
    ----------
    rows : array, shape (n,)
        Which rows come first, second and so on; empty where they stay in the order of the data.
    wrong : int
        How many rows are predicted wrongly.
    """

    def __init__(self, said: Array, true: Array, order: Order) -> None:
        wrong = said.argmax(axis=1) != true
        self.wrong = int(np.count_nonzero(wrong))
        self.rows: Array = np.zeros(0, np.intp)
        if order == "wrong":
            self.rows = np.flatnonzero(wrong)
        elif order == "uncertain":
            self.rows = np.argsort(said.max(axis=1), kind="stable")


class Background:
    """Puts all rows of the latest state in order, one order at a time, in a thread.

    Parameters
    ----------
    wake : callable
        Called in that thread whenever it has ended.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._said: Array | None = None
        self._state = -1
        self._known: dict[Order, Ordering | None] = {}
        self._at_work = False

    def find(self, said: Array, true: Array, order: Order, state: int) -> Ordering | None:
        """Return all rows of a state in that order; None until the thread has worked it out."""
        if said is not self._said or state != self._state:
            self._said, self._state, self._known = said, state, {}
        if order in self._known:
            return self._known[order]
        if not self._at_work:
            self._known[order], self._at_work = None, True
            # A daemon, so that no process waits for it to end.
            Thread(target=self._work, args=(self._known, said, true, order), daemon=True).start()
        return None

    def _work(
        self, known: dict[Order, Ordering | None], said: Array, true: Array, order: Order
    ) -> None:
        try:
            known[order] = Ordering(said, true, order)  # if the state has changed, nobody reads it
        finally:
            self._at_work = False
            self._wake()


class SamplesView:
    """Looks at the rows in the order that a client asks for.

    Where there are very many, only one of every few rows is looked at, until the training stands
    still and all rows have been put in order in the background.

    Parameters
    ----------
    wake : callable
        Called in another thread when there is more to be seen than at the last look.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._background = Background(wake)

    def look(
        self, said: Array, true: Array, wanted: Subscribe, state: int | None, accuracy: float
    ) -> frames.Samples:
        """Return the rows that a client asked for.

        Parameters
        ----------
        said : array, shape (samples, classes)
            Probabilities.
        true : array, shape (samples,)
            The true classes.
        wanted : Subscribe
        state : int or None
            The number of a state in which these arrays do not change; None while the training
            goes on.
        accuracy : float
            Of all rows, from which the wrong ones are counted where not all are looked at.
        """
        every, ordering = max(1, said.size // MOST_LOOKED_AT), None
        if every > 1 and state is not None:
            ordering = self._background.find(said, true, wanted.order, state)
        if ordering:
            every = 1
        else:
            ordering = Ordering(said[::every], true[::every], wanted.order)
        wrong = ordering.wrong if every == 1 else round((1 - accuracy) * len(true))
        if wanted.order == "all":
            every = 1
        total = -(-len(true) // every) if wanted.order != "wrong" else len(ordering.rows)
        shown = min(wanted.rows, max(1, MOST_PROBABILITIES // said.shape[1]))
        first = max(0, min(wanted.first, total - shown))
        here = range(first, min(first + shown, total))
        rows = here if wanted.order == "all" else ordering.rows[here.start : here.stop] * every
        return frames.Samples(first, total, wrong, [_row(said, true, i) for i in rows], every)


def _row(said: Array, true: Array, row: int) -> frames.SampleRow:
    probabilities = said[row]
    return frames.SampleRow(
        int(row), int(true[row]), int(probabilities.argmax()), gaps(probabilities.tolist())
    )
