"""True classes, in the forms that losses compute with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from engine.kernels.arrays import zeros
from engine.nn.labels import class_indices

NOTHING = object()  # what no labels are


class Labels:
    """The true classes of batches of one shape; computed when another array comes.

    Parameters
    ----------
    samples, classes : int
    dtype : float64 or float32

    Attributes
    ----------
    y_true : array
        The labels that it stands for. They are known by identity: who changes labels passes a
        new array.
    flat : array, shape (samples,)
        Where each sample's true class is, in probabilities row after row.
    minus_one_hot : array, shape (samples, classes)
        −1 for a sample's true class, and −0 for the others, which leaves what it is added to.
    """

    def __init__(self, samples: int, classes: int, dtype: np.dtype[Any]) -> None:
        self._starts = np.arange(0, samples * classes, classes)
        self._classes = np.arange(classes)
        self.y_true: object = NOTHING
        self.flat = np.zeros(samples, np.intp)
        self.minus_one_hot = zeros(samples, classes, dtype)

    def take(self, y_true: ArrayLike) -> bool:
        """Take these labels; return whether they are of this shape and within the classes."""
        indices = class_indices(y_true)
        if indices.shape != self.flat.shape:
            return False
        if not 0 <= indices.min() <= indices.max() < len(self._classes):
            return False
        np.add(self._starts, indices, self.flat)
        np.copyto(self.minus_one_hot, indices[:, None] == self._classes)
        np.negative(self.minus_one_hot, self.minus_one_hot)
        self.y_true = y_true if isinstance(y_true, np.ndarray) else NOTHING
        return True

    def forget(self) -> None:
        """Compute anew at the next pass."""
        self.y_true = NOTHING
