"""A network: layers in a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, DTypeLike

from engine.nn.activations import ReLU, Softmax
from engine.nn.arrays import Array
from engine.nn.calls import apart, backward, forward, own_generators
from engine.nn.layers import Dense
from engine.nn.mistakes import check_layers
from engine.nn.parameters import parameter_names, parts_of


class Network:
    """Layers in a row, each named after its class and number: ``dense_1``, ``relu_1``, ``dense_2``.

    Parameters
    ----------
    layers : iterable
        Objects with ``forward(inputs)`` and ``backward(dvalues)``, at least one with parameters.
    dtype : float64 or float32
        The parameters are rounded to it.

    Attributes
    ----------
    names : tuple of str
    activation : object, optional
        What `predict` passes the last layer's output through: a trainer sets that of its loss.
    """

    def __init__(self, layers: Iterable[Any], dtype: DTypeLike = np.float64) -> None:
        self.layers: Sequence[Any] = check_layers(layers)
        self.names = tuple(_names(self.layers))
        self.dtype = np.dtype(dtype)
        self.activation: Any = None
        converted: dict[int, Array] = {}  # two layers may share an array
        for layer, name in list(self.parameter_places):
            value = getattr(layer, name)
            array = converted.setdefault(id(value), np.asarray(value, self.dtype))
            if array is not value:
                with suppress(AttributeError):  # a property, whose class decides
                    setattr(layer, name, array)

    def __repr__(self) -> str:
        return f"Network({self.shape}, {self.parameters.size:,} parameters, {self.dtype})"

    def forward(self, inputs: Array) -> Array:
        """Pass a batch through all layers; return the output of the last."""
        for layer in self.layers:
            inputs = forward(layer, inputs)
        return inputs

    def backward(self, dvalues: Array) -> None:
        """Pass the loss's derivative by the output back through all layers."""
        for layer in reversed(self.layers):
            dvalues = backward(layer, dvalues)

    def predict(self, X: ArrayLike) -> Array:
        """Return what the network says of any rows: probabilities, or values.

        It changes nothing that trains: layers are copied, and told by ``training=False`` that they
        predict, if their `forward` has such a parameter.

        Parameters
        ----------
        X : array_like, shape (samples, features)
        """
        output = self.apply(X)
        return forward(apart(self.activation), output) if self.activation else output

    def apply(self, X: ArrayLike) -> Array:
        """Return the output of the last layer for any rows, as `predict` does."""
        output = np.array(X, self.dtype)
        with own_generators(), np.errstate(all="ignore"):
            for layer in self.layers:
                output = forward(apart(layer), output, training=False)
        return output

    # -- parameters ----------------------------------------------------------------------------

    @property
    def parameter_places(self) -> Iterator[tuple[Any, str]]:
        """Yield each layer that has parameters with the name of each of them."""
        for layer in self.trained.values():
            for name in parameter_names(layer):
                yield layer, name

    @property
    def parameters(self) -> Array:
        """A copy of all parameters in one vector, which is read-only."""
        copy = flat(getattr(layer, name) for layer, name in self.parameter_places)
        copy.setflags(write=False)
        return copy

    @property
    def matrices(self) -> list[tuple[int, int]]:
        """The shape of the weights of each layer that has some."""
        trained = self.trained.values()
        arrays = ([getattr(layer, n) for n in parameter_names(layer)] for layer in trained)
        found = (next((a.shape for a in of_layer if a.ndim == 2), None) for of_layer in arrays)
        return [(rows, columns) for rows, columns in filter(None, found)]

    @property
    def shape(self) -> str:
        """The widths from inputs to outputs: ``2 → 64 → 3``."""
        matrices = self.matrices
        return " → ".join(map(str, [*(n for n, _ in matrices[:1]), *(n for _, n in matrices)]))

    @property
    def n_inputs(self) -> int | None:
        """Values that a row must have; None where layers of a person's own decide that."""
        return _width(self.layers, 0)

    @property
    def n_outputs(self) -> int | None:
        """Values that a row of the output has, likewise."""
        return _width(self.layers[::-1], 1)

    @property
    def trained(self) -> dict[str, Any]:
        """Those that have parameters, by name; layers within layers too, as ``block_1.dense``."""
        return {
            name: part
            for path, layer in zip(self.names, self.layers, strict=True)
            for name, part in parts_of(layer, path, self.layers)
            if parameter_names(part)
        }

    def draw_weights(self, random: RandomState | ModuleType = np.random) -> None:
        """Draw new weights for all layers, from the inputs on."""
        for layer in self.trained.values():
            layer.draw_weights(random)


def flat(arrays: Iterable[Array]) -> Array:
    """Return a copy of arrays in one vector."""
    return np.concatenate([np.ravel(array) for array in arrays] or [np.zeros(0)])


def _width(layers: Sequence[Any], side: int) -> int | None:
    """Return the width of the first layer that has one, if all before it keep the width."""
    for layer in layers:
        if isinstance(layer, Dense):
            return int(layer.weights.shape[side])
        if type(layer) not in (ReLU, Softmax):
            return None
    return None


def _names(layers: Sequence[Any]) -> Iterator[str]:
    """Yield ``dense_1`` for a first `Dense`, and for the book's `Layer_Dense` as well."""
    seen: Counter[str] = Counter()
    for layer in layers:
        kind = type(layer).__name__.lower()
        kind = kind.removeprefix("layer_").removeprefix("activation_")
        seen[kind] += 1
        yield f"{kind}_{seen[kind]}"


def multilayer_perceptron(
    n_inputs: int,
    hidden: Sequence[int],
    n_outputs: int,
    random: RandomState | ModuleType = np.random,
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
    layers: list[Any] = []
    for n_in, n_out in pairwise([n_inputs, *hidden, n_outputs]):
        layers += [Dense(n_in, n_out, random), ReLU()]
    return Network(layers[:-1], dtype)
