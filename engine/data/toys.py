"""The toy datasets of "Neural Networks from Scratch"."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from nnfs.datasets import spiral_data, vertical_data

from engine.data.dataset import Dataset

TOYS: dict[str, Callable[..., tuple[object, object]]] = {
    "spiral": spiral_data,
    "vertical": vertical_data,
}


def toy(name: str, samples: int, classes: int, random: np.random.RandomState) -> Dataset:
    """Draw a toy dataset.

    nnfs draws from NumPy's global generator. It is lent the state of ``random`` for the draw,
    which goes on after it, and then has its own back.

    Parameters
    ----------
    name : str
        ``spiral`` or ``vertical``.
    samples : int
        Rows of each class.
    classes : int
    random : RandomState
    """
    own = np.random.get_state()
    np.random.set_state(random.get_state())
    try:
        X, y = TOYS[name](samples=samples, classes=classes)
        random.set_state(np.random.get_state())
    finally:
        np.random.set_state(own)
    return Dataset(X, y, name, [str(k) for k in range(classes)])  # type: ignore[arg-type]
