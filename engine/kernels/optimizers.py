"""Optimizers: one call for all parameters of all layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.kernels.arena import GRADIENTS, PARAMETERS, Arena
from engine.nn.activations import ReLU, Softmax
from engine.nn.optimizers import GradientDescent

WITHOUT_PARAMETERS = (ReLU, Softmax)


class GradientDescentKernel:
    """`GradientDescent` over an arena; layers without a place there get the formula.

    Parameters
    ----------
    optimizer : GradientDescent
    layers : sequence
        All that are to be trained.
    arena : Arena
    """

    def __init__(self, optimizer: GradientDescent, layers: Sequence[Any], arena: Arena) -> None:
        self.optimizer, self.layers, self.arena = optimizer, layers, arena
        self._others = [
            layer
            for layer in layers
            if arena.slot(layer) is None and type(layer) not in WITHOUT_PARAMETERS
        ]
        self._bound = [
            (vars(slot.layer), name, view)
            for slot in arena.slots
            for name, view in slot.views.items()
        ]
        self._step = np.empty_like(arena.parameters)
        self._rate: float | None = None
        self._minus_rate = np.zeros((), arena.parameters.dtype)

    def update(self) -> None:
        """Move all parameters one step."""
        if (
            self.optimizer.learning_rate is not self._rate and not self._take_rate()
        ) or not self._is_bound():
            for layer in self.layers:
                self.optimizer.update_parameters(layer)
            return
        parameters, step = self.arena.parameters, self._step
        np.multiply(self.arena.gradients, self._minus_rate, step)
        np.add(parameters, step, parameters)
        for layer in self._others:
            self.optimizer.update_parameters(layer)

    def _take_rate(self) -> bool:
        """Convert another learning rate; return whether it is a plain number.

        One of NumPy's own numbers would decide the precision of the formula's step.
        """
        rate = self.optimizer.learning_rate
        if type(rate) is not float:
            return False
        self._minus_rate.fill(-rate)
        self._rate = rate
        return True

    def _is_bound(self) -> bool:
        """Return whether all parameters and gradients are in the arena, or could be moved there."""
        for attributes, name, view in self._bound:
            if name not in attributes or attributes[name] is not view:
                return all(slot.take_over(PARAMETERS + GRADIENTS) for slot in self.arena.slots)
        return True
