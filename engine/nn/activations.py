"""Activations: layers without parameters."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from engine.nn.arrays import Array


class ReLU:
    """The rectified linear unit: what is negative becomes zero."""

    state: ClassVar = ()

    def __repr__(self) -> str:
        return "ReLU()"

    def forward(self, inputs: Array) -> None:
        """Compute ``output``."""
        self.inputs = inputs
        self.output = np.maximum(0, inputs)

    def backward(self, dvalues: Array) -> None:
        """Compute ``dinputs`` from the derivative by ``output``."""
        self.dinputs = dvalues.copy()
        self.dinputs[self.inputs <= 0] = 0


class Softmax:
    """Turns each row into probabilities: positive, and one in sum."""

    state: ClassVar = ()

    def __repr__(self) -> str:
        return "Softmax()"

    def forward(self, inputs: Array) -> None:
        """Compute ``output``; the maximum of each row is subtracted so that no power overflows."""
        self.inputs = inputs
        exp_values = np.exp(inputs - np.max(inputs, axis=1, keepdims=True))
        self.output = exp_values / np.sum(exp_values, axis=1, keepdims=True)

    def backward(self, dvalues: Array) -> None:
        """Compute ``dinputs``: the Jacobian of each row times ``dvalues``."""
        weighted = np.sum(dvalues * self.output, axis=1, keepdims=True)
        self.dinputs = (dvalues - weighted) * self.output
