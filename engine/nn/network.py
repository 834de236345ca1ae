"""A network: layers in a row, and one flat vector of all their parameters."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.random import RandomState
from numpy.typing import DTypeLike

from engine.nn.activations import ReLU
from engine.nn.layers import Dense, Layer
from engine.nn.mistakes import expect
from engine.nn.signals import Array, Signal


class Network:
    """Layers in a row, each named after its kind and number: ``dense_1``, ``relu_1``, ``dense_2``.

    Parameters
    ----------
    layers : iterable of Layer
        At least one Dense.
    dtype : float64 or float32

    Attributes
    ----------
    parameters, gradients : array, shape (n,)
        All parameters of all layers in one contiguous vector, and all gradients in another of
        the same order. ``dense_1.weights`` is a view of the first.
    """

    def __init__(self, layers: Iterable[Layer], dtype: DTypeLike = np.float64) -> None:
        if isinstance(layers, Layer):
            raise TypeError(f"a network takes a list of layers: Network([{layers!r}, ...])")
        self.layers: Sequence[Layer] = tuple(layers)
        for layer in self.layers:
            expect(Layer, layer, "a layer of a network")
            if sum(layer is other for other in self.layers) > 1:
                raise ValueError(
                    f"one {layer!r} stands in two places of a network: make one for each, as a"
                    " layer keeps what it computed last"
                )
        self.dtype = np.dtype(dtype)
        self.dense = [layer for layer in self.layers if isinstance(layer, Dense)]
        if not self.dense:
            raise ValueError("a network needs at least one Dense layer")
        self.n_inputs = self.dense[0].n_inputs
        self.n_outputs = self.n_inputs
        for layer in self.layers:
            self.n_outputs = layer.output_width(self.n_outputs)
        self._name_layers()
        self._gather_parameters()

    def _name_layers(self) -> None:
        seen: Counter[str] = Counter()
        for layer in self.layers:
            kind = type(layer).__name__.lower()
            seen[kind] += 1
            layer.name = f"{kind}_{seen[kind]}"

    def _gather_parameters(self) -> None:
        self.parameters: Array = np.empty(sum(d.parameters.size for d in self.dense), self.dtype)
        self.gradients: Array = np.zeros_like(self.parameters)
        start = 0
        for layer in self.dense:
            part = slice(start, start + layer.parameters.size)
            self.parameters[part] = layer.parameters
            layer.store(self.parameters[part], self.gradients[part])
            start = part.stop

    def __repr__(self) -> str:
        return f"Network({self.shape}, {self.parameters.size:,} parameters, {self.dtype})"

    @property
    def shape(self) -> str:
        """The widths from inputs to outputs: ``2 → 64 → 3``."""
        return " → ".join(str(n) for n in (self.n_inputs, *(d.n_neurons for d in self.dense)))

    def draw_weights(self, random: RandomState | None = None) -> None:
        """Draw new weights for all layers, from the inputs on."""
        for layer in self.dense:
            layer.draw_weights(random)

    def connect(self, inputs: Signal) -> Signal:
        """Tie all layers together for batches that come in by ``inputs``."""
        for layer in self.layers:
            inputs = layer.connect(inputs)
        return inputs

    def apply(self, inputs: Signal) -> Signal:
        """Return what goes out for ``inputs``, in arrays of its own: the layers' own stay."""
        for layer in map(copy.copy, self.layers):
            inputs = layer.connect(inputs)
            layer.compute_output()
        return inputs


def multilayer_perceptron(
    n_inputs: int,
    hidden: Sequence[int],
    n_outputs: int,
    random: RandomState | None = None,
    dtype: DTypeLike = np.float64,
) -> Network:
    """Build Dense layers with a ReLU between each two.

    Parameters
    ----------
    n_inputs, n_outputs : int
    hidden : sequence of int
        The neurons of each hidden layer.
    random : RandomState, optional
        Where the weights are drawn from, layer by layer from the inputs on.
    dtype : float64 or float32
        Weights are drawn in float64 and then rounded.
    """
    widths = [n_inputs, *hidden, n_outputs]
    layers: list[Layer] = []
    for n_in, n_out in pairwise(widths):
        layers += [Dense(n_in, n_out, random), ReLU()]
    return Network(layers[:-1], dtype)
