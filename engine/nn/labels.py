"""True classes, in the forms that people have them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from engine.nn.arrays import Array


def class_indices(labels: ArrayLike) -> Array:
    """Return labels as class indices of shape (samples,), whether sparse or one-hot.

    Whole numbers may be floats, as in a table that was read, and a single column.

    Raises
    ------
    ValueError
        If they are neither.
    """
    labels = np.asarray(labels)
    if labels.ndim == 1 and labels.dtype == np.intp:
        return labels
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.dtype.kind == "f" and labels.ndim == 1:
        broken = labels[~(np.isfinite(labels) & (labels == np.floor(labels)))]
        if len(broken):
            raise ValueError(f"labels must be whole numbers (class indices), not {broken[0]:g}")
        labels = labels.astype(np.intp)
    if labels.ndim == 2 and ((labels == 0) | (labels == 1)).all() and (labels.sum(1) == 1).all():
        indices: Array = np.argmax(labels, axis=1)
        return indices
    if labels.ndim == 1 and (labels.dtype.kind in "bui"):
        return labels.astype(np.intp)
    raise ValueError("labels must be class indices (whole numbers), or one-hot rows")
