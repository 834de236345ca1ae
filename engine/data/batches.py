"""In which order an epoch goes over the rows."""

from __future__ import annotations

import numpy as np

from engine.nn.arrays import Array


def shuffled(samples: int, seed: int, epoch: int) -> Array:
    """Return the rows in the order of that epoch.

    It depends on the seed and the epoch alone, so an epoch can be told again without those
    before it.
    """
    return np.random.default_rng((seed, epoch)).permutation(samples)
