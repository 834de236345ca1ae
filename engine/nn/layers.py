"""Layers: what stands between a network's inputs and its outputs.

A layer offers two methods. `forward` takes a batch and leaves what it computes in ``output``;
`backward` takes the loss's derivative by that and leaves the derivatives by the layer's inputs in
``dinputs`` and by its parameters in ``dweights`` and so on.
"""

from __future__ import annotations

from types import ModuleType
from typing import ClassVar

import numpy as np
from numpy.random import RandomState

from engine.nn.arrays import Array


class Dense:
    """A fully connected layer: each neuron weighs all inputs and adds its bias.

    Parameters
    ----------
    n_inputs, n_neurons : int
    random : RandomState, optional
        Where the first weights are drawn from; NumPy's global generator if not given.

    Attributes
    ----------
    weights, dweights : array, shape (n_inputs, n_neurons)
    biases, dbiases : array, shape (1, n_neurons)
    inputs, dinputs : array, shape (samples, n_inputs)
    output : array, shape (samples, n_neurons)
    """

    state: ClassVar = ("weights", "biases")

    def __init__(
        self, n_inputs: int, n_neurons: int, random: RandomState | ModuleType = np.random
    ) -> None:
        self.weights: Array = np.zeros((n_inputs, n_neurons))
        self.biases: Array = np.zeros((1, n_neurons))
        self.draw_weights(random)

    def __repr__(self) -> str:
        return "Dense({}, {})".format(*self.weights.shape)

    def draw_weights(self, random: RandomState | ModuleType = np.random) -> None:
        """Draw weights from a normal distribution of deviation 0.01; the biases become zero."""
        self.weights[:] = 0.01 * random.randn(*self.weights.shape)
        self.biases[:] = 0

    def forward(self, inputs: Array) -> None:
        """Compute ``output``."""
        self.inputs = inputs
        self.output = inputs @ self.weights + self.biases

    def backward(self, dvalues: Array) -> None:
        """Compute ``dweights``, ``dbiases`` and ``dinputs`` from the derivative by ``output``."""
        self.dweights = self.inputs.T @ dvalues
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        self.dinputs = dvalues @ self.weights.T
