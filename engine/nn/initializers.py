"""First weights."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from engine.nn.signals import Array


class NormalSource(Protocol):
    """Whatever draws standard normal numbers: `numpy.random` or a `numpy.random.RandomState`."""

    def randn(self, *shape: int) -> Array:
        """Draw an array of that shape."""
        ...


def small_normal(n_inputs: int, n_neurons: int, random: NormalSource | None = None) -> Array:
    """Draw weights of shape (n_inputs, n_neurons) from a normal distribution of deviation 0.01.

    Parameters
    ----------
    random : NormalSource, optional
        Where to draw from; NumPy's global generator if not given.
    """
    source: NormalSource = np.random if random is None else random
    return 0.01 * source.randn(n_inputs, n_neurons)
