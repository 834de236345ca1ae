"""Which rows of the data a client sees, and what softmax says of them."""

from __future__ import annotations

import numpy as np

from engine.nn.signals import Array
from engine.protocol import events
from engine.protocol.commands import Order, Subscribe
from engine.service.telling import gaps

# Of all rows that are sent; with very many classes, fewer rows are sent than a client asks for.
MOST_PROBABILITIES = 100_000
MOST_LOOKED_AT = 2**14  # probabilities that are put in order at each frame of a running training


class SamplesView:
    """Looks at the rows in the order that a client asks for.

    All of them are put in order where the training stands still, once for each state; while it
    goes on, no more than takes about a millisecond.
    """

    def __init__(self) -> None:
        self._known: tuple[int, Order] | None = None
        self._rows: Array = np.zeros(0, np.intp)
        self._wrong = 0

    def look(
        self, said: Array, true: Array, wanted: Subscribe, state: int | None, accuracy: float
    ) -> events.Samples:
        """Return the rows that a client asked for.

        Parameters
        ----------
        said : array, shape (samples, classes)
            Probabilities.
        true : array, shape (samples,)
            The true classes.
        wanted : Subscribe
        state : int or None
            The number of a state that stays for a while; None while the training goes on.
        accuracy : float
            Of all rows, from which the wrong ones are counted where not all are looked at.
        """
        every = 1 if state is not None else max(1, said.size // MOST_LOOKED_AT)
        if state is None or self._known != (state, wanted.order):
            self._put_in_order(said[::every], true[::every], wanted.order)
            self._known = (state, wanted.order) if state is not None else None
        wrong = self._wrong if every == 1 else round((1 - accuracy) * len(true))
        if wanted.order == "all":
            every = 1
        total = -(-len(true) // every) if wanted.order != "wrong" else len(self._rows)
        shown = min(wanted.rows, max(1, MOST_PROBABILITIES // said.shape[1]))
        first = max(0, min(wanted.first, total - shown))
        here = range(first, min(first + shown, total))
        rows = here if wanted.order == "all" else self._rows[here.start : here.stop] * every
        return events.Samples(first, total, wrong, [_row(said, true, i) for i in rows], every)

    def _put_in_order(self, said: Array, true: Array, order: Order) -> None:
        wrong = said.argmax(axis=1) != true
        self._wrong = int(np.count_nonzero(wrong))
        if order == "wrong":
            self._rows = np.flatnonzero(wrong)
        elif order == "uncertain":
            self._rows = np.argsort(said.max(axis=1), kind="stable")


def _row(said: Array, true: Array, row: int) -> events.SampleRow:
    probabilities = said[row]
    return events.SampleRow(
        int(row), int(true[row]), int(probabilities.argmax()), gaps(probabilities.tolist())
    )
