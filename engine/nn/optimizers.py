"""Optimizers: how parameters follow their gradients."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.nn.parameters import pairs


class GradientDescent:
    """Gradient descent: each parameter goes down its own slope.

    Parameters
    ----------
    learning_rate : float, default 1.0
        The step, as a share of the slope. It may be changed at any time.
    """

    state: ClassVar = ("learning_rate",)

    def __init__(self, learning_rate: float = 1.0) -> None:
        if not learning_rate >= 0:
            raise ValueError(f"the learning rate must not be negative: {learning_rate:g}")
        self.learning_rate = float(learning_rate)

    def __repr__(self) -> str:
        return f"GradientDescent({self.learning_rate:g})"

    def update_parameters(self, layer: Any) -> None:
        """Move all parameters of a layer one step."""
        for parameter, gradient in pairs(layer):
            parameter += -self.learning_rate * gradient
