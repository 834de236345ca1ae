"""Optimizers: how parameters follow their gradients."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from engine.nn.signals import Array


class Trainable(Protocol):
    """What has parameters: a layer, or a whole network."""

    parameters: Array
    gradients: Array


class Optimizer:
    """The base of all optimizers.

    Attributes
    ----------
    learning_rate : float
        Read at each update, so it may be changed at any time.
    hyperparameters : tuple of str
        The attributes that a person may change.

    Whatever is carried from one update to the next is an attribute without a leading underscore,
    a number or an array, so that `state` keeps it.
    """

    learning_rate: float
    hyperparameters: tuple[str, ...] = ("learning_rate",)

    def state(self) -> dict[str, Any]:
        """Return a copy of all that the next update depends on."""
        return {
            name: value.copy() if isinstance(value, np.ndarray) else value
            for name, value in vars(self).items()
            if name[0] != "_"
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to what `state` returned."""
        for name, value in state.items():
            setattr(self, name, value.copy() if isinstance(value, np.ndarray) else value)

    def update_parameters(self, target: Trainable) -> None:
        """Move the parameters of a layer or of a network one step."""
        raise NotImplementedError


class GradientDescent(Optimizer):
    """Gradient descent: each parameter goes down its own slope.

    Parameters
    ----------
    learning_rate : float, default 1.0
        The step, as a share of the slope.
    """

    def __init__(self, learning_rate: float = 1.0) -> None:
        if not learning_rate >= 0:
            raise ValueError(f"the learning rate must not be negative: {learning_rate:g}")
        self.learning_rate = float(learning_rate)
        self._step, self._of = np.empty(0), np.empty(0)

    def __repr__(self) -> str:
        return f"GradientDescent({self.learning_rate:g})"

    def update_parameters(self, target: Trainable) -> None:
        """Parameters += −learning_rate · gradients."""
        gradients = target.gradients
        if self._of is not gradients:
            self._step, self._of = np.empty_like(gradients), gradients
        np.multiply(gradients, -self.learning_rate, self._step)
        np.add(target.parameters, self._step, target.parameters)
