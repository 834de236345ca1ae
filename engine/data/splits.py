"""Which samples are kept apart for validation."""

from __future__ import annotations

import math

import numpy as np

from engine.nn.arrays import Array


def stratified(y: Array, share: float, seed: int) -> tuple[Array, Array]:
    """Return the samples to train on and those to validate with, in their order.

    Each class gives its share, up to rounding, but keeps at least one sample to train on.

    Parameters
    ----------
    y : array of int, shape (samples,)
        Class indices.
    share : float
        Between 0 and 1. The validation set has ``ceil(share * samples)`` samples.
    seed : int
    """
    random = np.random.default_rng((seed, len(y)))
    classes, counts = np.unique(y, return_counts=True)
    training = len(y) - math.ceil(share * len(y))
    kept = np.maximum(1, _shares(counts, training, random))
    is_training = np.zeros(len(y), bool)
    for k, count in zip(classes, kept, strict=True):
        is_training[random.permutation(np.flatnonzero(y == k))[:count]] = True
    return np.flatnonzero(is_training), np.flatnonzero(~is_training)


def _shares(counts: Array, total: int, random: np.random.Generator) -> Array:
    """Divide ``total`` in proportion to the counts, by the largest remainders.

    Equal remainders are put in an order that is drawn.
    """
    exact = counts * (total / counts.sum())
    shares: Array = np.floor(exact).astype(np.intp)
    order = np.lexsort((random.permutation(len(counts)), shares - exact))
    shares[order[: total - shares.sum()]] += 1
    return shares
