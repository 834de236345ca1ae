"""Draws the toy datasets of the catalogue: those of "Neural Networks from Scratch", and others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from nnfs.datasets import spiral_data, vertical_data
from numpy.random import RandomState

from engine.data.building import split
from engine.data.catalogue import TOYS
from engine.data.dataset import DataError, Dataset
from engine.nn.arrays import Array

INNER = 0.5  # the radius of the inner circle; the outer one's is 1


def toy(
    name: str,
    samples: int,
    classes: int,
    random: RandomState,
    noise: float | None = None,
) -> Dataset:
    """Draw a toy dataset.

    Parameters
    ----------
    name : str
        One of `TOYS`.
    samples : int
        Of each class.
    classes : int
    random : RandomState
    noise : float, optional
        The standard deviation of what is added to each feature; that of the catalogue if not
        given. ``spiral`` and ``vertical`` are noisy without it.

    Raises
    ------
    DataError
        If the dataset does not have so many classes.
    """
    kind = TOYS[name]
    if kind.most_classes is not None and classes != kind.most_classes:
        raise DataError(f"{name} has {kind.most_classes} classes, not {classes}")
    noise = kind.noise if noise is None else noise
    X, y = DRAW[name](samples, classes, random)
    if noise:
        X = X + noise * random.standard_normal(X.shape)
    return Dataset(X, y, name, [str(k) for k in range(classes)])


def with_validation(data: Dataset, share: float, seed: int) -> Dataset:
    """Return a dataset of which a share of each class is kept apart for validation.

    DataError, if that leaves no sample for it.
    """
    training, validation = split(data.y, share, seed)
    parts = [
        Dataset(data.X[rows], data.y[rows], data.name, data.class_names)
        for rows in (training, validation)
    ]
    parts[0].note = f"{len(training):,} samples + {len(validation):,} for validation"
    parts[0].validation = parts[1]
    return parts[0]


Points = tuple[Array, Array]


def _of_nnfs(draw: Callable[..., Points]) -> Callable[[int, int, RandomState], Points]:
    """Let a function of nnfs draw from a generator.

    It draws from NumPy's global one. That is lent the state of ``random`` for the draw, which goes
    on after it, and then has its own back.
    """

    def points(samples: int, classes: int, random: RandomState) -> Points:
        own = np.random.get_state()
        np.random.set_state(random.get_state())
        try:
            drawn = draw(samples=samples, classes=classes)
            random.set_state(np.random.get_state())
        finally:
            np.random.set_state(own)
        return drawn

    return points


def _circles(samples: int, classes: int, random: RandomState) -> Points:
    angles = random.uniform(0, 2 * np.pi, (2, samples))
    circles = np.stack([np.cos(angles), np.sin(angles)], axis=2)
    circles[1] *= INNER
    return circles.reshape(-1, 2), _labels(samples, classes)


def _moons(samples: int, classes: int, random: RandomState) -> Points:
    upper, lower = random.uniform(0, np.pi, (2, samples))
    X = [
        np.column_stack([np.cos(upper), np.sin(upper)]),
        np.column_stack([1 - np.cos(lower), 0.5 - np.sin(lower)]),
    ]
    return np.concatenate(X), _labels(samples, classes)


def _gaussians(samples: int, classes: int, random: RandomState) -> Points:
    """Return the centres, on a circle: the noise makes clouds of them."""
    y = _labels(samples, classes)
    angles = 2 * np.pi * y / classes
    return np.column_stack([np.cos(angles), np.sin(angles)]), y


def _xor(samples: int, classes: int, random: RandomState) -> Points:
    y = _labels(samples, classes)
    X = random.uniform(0, 1, (len(y), 2))
    left = random.uniform(size=len(y)) < 0.5
    X[left, 0] *= -1
    X[left != (y == 1), 1] *= -1
    return X, y


def _labels(samples: int, classes: int) -> Array:
    return np.repeat(np.arange(classes), samples)


DRAW: dict[str, Callable[[int, int, RandomState], Points]] = {
    "spiral": _of_nnfs(spiral_data),
    "vertical": _of_nnfs(vertical_data),
    "circles": _circles,
    "moons": _moons,
    "gaussians": _gaussians,
    "xor": _xor,
}
