"""What the figures of the layers were, at some epochs of each branch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from engine.debugging.branches import Branch
from engine.debugging.layers import figures_of, layers_of
from engine.nn.arrays import Array
from engine.protocol.views.layers import FIGURES

if TYPE_CHECKING:
    from engine.debugging.trainer import Trainer

DENSITY = 128  # epochs are measured up to this one, then every second one, every fourth, and so on
MOST_KEPT = 2048  # measurements of a branch


class LayerHistory:
    """Measures the layers of a trainer now and then, each time at the end of an epoch.

    At which epochs depends on nothing but their number, so that going over known ground adds
    nothing; the later the rarer, so that it costs next to nothing.

    Parameters
    ----------
    trainer : Trainer
    """

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self._branches: WeakKeyDictionary[Branch, Series] = WeakKeyDictionary()

    @property
    def series(self) -> Series:
        """What was measured on this branch, and on those that it left."""
        branch = self.trainer.timeline.branch
        if branch not in self._branches:
            parent = self._branches.get(branch.parent) if branch.parent else None
            known = parent.until(branch.left.epoch) if parent else Series()
            self._branches[branch] = known
        return self._branches[branch]

    @property
    def due(self) -> int:
        """How many epochs are to be done when the layers are measured next."""
        distance = _distance(self.trainer.epoch)
        return (self.trainer.epoch // distance + 1) * distance

    def measure(self) -> None:
        """Measure all layers, where an epoch has just ended that is one of those to measure."""
        trainer = self.trainer
        epoch = trainer.epoch - 1
        if trainer.batch or trainer.operation or epoch <= self.series.last:
            return
        if trainer.epoch % _distance(trainer.epoch) == 0:
            self.series.add(epoch, self.now())

    def now(self) -> Array:
        """Return the figures of all layers as they are, of shape (layers, figures)."""
        layers = layers_of(self.trainer).values()
        return np.array([figures_of(layer, self.trainer) for layer in layers])


def _distance(done: int) -> int:
    """Return how many epochs lie between two measurements after so many epochs."""
    return 1 << (done // DENSITY).bit_length()


class Series:
    """Measurements in the order of their epochs."""

    def __init__(self) -> None:
        self.epochs: list[int] = []
        self.values: list[Array] = []

    @property
    def last(self) -> int:
        """The last epoch that was measured; -1 if there is none."""
        return self.epochs[-1] if self.epochs else -1

    def add(self, epoch: int, values: Array) -> None:
        """Add a measurement, and let go of every second one where there are too many."""
        self.epochs.append(epoch)
        self.values.append(values)
        if len(self.epochs) > MOST_KEPT:
            del self.epochs[1::2], self.values[1::2]

    def until(self, epoch: int) -> Series:
        """Return a copy of what was measured before that epoch."""
        copy = Series()
        count = int(np.searchsorted(self.epochs, epoch))
        copy.epochs, copy.values = self.epochs[:count], self.values[:count]
        return copy

    def curve(self, layer: int, figure: str, span: int, points: int) -> list[float]:
        """Return a figure of a layer at ``points`` over ``span`` epochs; NaN between."""
        curve = np.full(points, np.nan)
        k = FIGURES.index(figure)
        for epoch, values in zip(self.epochs, self.values, strict=True):
            if epoch < span and layer < len(values):
                curve[epoch * points // span] = values[layer, k]
        return curve.tolist()

    def since(self, layer: int, holds: Callable[[Array], bool]) -> tuple[int, bool] | None:
        """Return from which epoch on a rule has held until the last measurement.

        Returns
        -------
        tuple or None
            The epoch, and whether it is exact: whether the epoch before was measured as well.
            None if the rule does not hold.
        """
        first = len(self.epochs)
        while first and layer < len(self.values[first - 1]):
            if not holds(self.values[first - 1][layer]):
                break
            first -= 1
        if first == len(self.epochs):
            return None
        before = self.epochs[first - 1] if first else -1
        return self.epochs[first], self.epochs[first] == before + 1
