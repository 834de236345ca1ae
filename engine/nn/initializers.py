"""First weights."""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState

from engine.nn.signals import Array


def small_normal(n_inputs: int, n_neurons: int, random: RandomState | None = None) -> Array:
    """Draw weights of shape (n_inputs, n_neurons) from a normal distribution of deviation 0.01.

    Parameters
    ----------
    random : RandomState, optional
        Where to draw from; NumPy's global generator if not given.
    """
    draw = np.random.randn if random is None else random.randn
    weights: Array = 0.01 * draw(n_inputs, n_neurons)
    return weights
