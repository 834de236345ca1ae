"""How many rows' most probable class is the true one."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.arrays import Workspaces
from engine.nn.arrays import Array


class Predictions:
    """Arrays for batches of one shape."""

    def __init__(self, samples: int, width: int, dtype: np.dtype[Any]) -> None:
        self.classes = np.zeros(samples, np.intp)
        self.hits = np.zeros(samples, np.bool_)


class AccuracyKernel:
    """Counts correct predictions without allocating."""

    def __init__(self) -> None:
        self._workspaces = Workspaces(Predictions)
        self._output: Array | None = None
        self._y_true: Array | None = None
        self._work: Predictions | None = None

    def count(self, output: Array, y_true: Array) -> int:
        """Return the number of rows whose most probable class is the true one.

        Parameters
        ----------
        output : array, shape (samples, classes)
        y_true : array, shape (samples,)
            Class indices.
        """
        if output is not self._output or y_true is not self._y_true:
            self._output, self._y_true = output, y_true
            self._work = self._find(output, y_true)
        work = self._work
        if work is None:
            return int(np.count_nonzero(np.argmax(output, axis=1) == y_true))
        output.argmax(axis=1, out=work.classes)
        np.equal(work.classes, y_true, work.hits)
        return int(np.count_nonzero(work.hits))

    def _find(self, output: Array, y_true: Array) -> Predictions | None:
        fits = isinstance(y_true, np.ndarray) and y_true.shape == output.shape[:1]
        return self._workspaces.of(output) if fits else None
