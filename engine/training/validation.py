"""What a network in training says of samples that it is not trained on."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import numpy as np

from engine.data.dataset import Dataset
from engine.kernels.accuracy import AccuracyKernel
from engine.kernels.dense import DenseKernel
from engine.kernels.registry import LOSSES, Kernels
from engine.nn.arrays import Array
from engine.nn.calls import apart, forward, is_built_in, own_generators
from engine.nn.network import Network
from engine.protocol.metrics import VALIDATION_ACCURACY, VALIDATION_LOSS

Layer = Callable[[Array, tuple[int, ...]], Array]


class Validation:
    """Measures the loss and the accuracy of a validation set, and changes nothing that trains.

    Layers predict, as in `Network.predict`: they are copied, and called with ``training=False`` if
    their `forward` has such a parameter. A layer that draws random numbers nevertheless is given a
    generator that depends on the seed and the iteration only, so that going back and replaying
    measure the same.

    Parameters
    ----------
    network : Network
    loss : object
    data : Dataset
        The validation set.
    kernels : Kernels
        Those of the training. A layer that has one is copied once, with a kernel of its own that
        reads the same parameters.
    has_accuracy : bool
        Whether the accuracy is measured as well.

    Attributes
    ----------
    calls_others : bool
        Whether layers or a loss of a person's own are called.
    """

    def __init__(
        self, network: Network, loss: Any, data: Dataset, kernels: Kernels, has_accuracy: bool
    ) -> None:
        self.data, self.has_accuracy = data, has_accuracy
        self.calls_others = not all(map(is_built_in, (*network.layers, loss)))
        self._X = np.ascontiguousarray(data.X, network.dtype)
        self._layers = [
            _copied(layer, kernel) if kernel else partial(_called, layer, number)
            for number, (layer, kernel) in enumerate(
                zip(network.layers, kernels.layers, strict=True)
            )
        ]
        self._loss = _copied_loss(loss) if kernels.loss else partial(_called_loss, loss)
        self._count_correct = AccuracyKernel().count

    def measure(self, values: dict[str, float], seed: tuple[int, ...]) -> Exception | None:
        """Add the metrics to the values of an epoch: NaN where a layer or the loss raises.

        Parameters
        ----------
        values : dict of str to float
        seed : tuple of int
            What random numbers are derived from.

        Returns
        -------
        Exception or None
            What was raised.
        """
        loss = accuracy = math.nan
        failure = None
        untouched: AbstractContextManager[None] = (
            own_generators() if self.calls_others else nullcontext()
        )
        try:
            with untouched:
                output = self._X.copy() if self.calls_others else self._X
                for layer in self._layers:
                    output = layer(output, seed)
                loss, probabilities = self._loss(output, self.data.y)
            if self.has_accuracy:
                correct = self._count_correct(probabilities, self.data.y)
                accuracy = correct / self.data.samples
        except Exception as error:
            failure = error
        values[VALIDATION_LOSS.name] = loss
        if self.has_accuracy:
            values[VALIDATION_ACCURACY.name] = accuracy
        return failure


def _called(layer: Any, number: int, inputs: Array, seed: tuple[int, ...]) -> Array:
    """Call a new copy of a layer, which may be of any class."""
    generator = partial(np.random.default_rng, (*seed, number))
    return forward(apart(layer), inputs, training=False, generator=generator)


def _copied(layer: Any, kernel: Any) -> Layer:
    """Return what calls a kernel that works on a copy of a layer, with its parameters of now."""
    alone = copy.copy(layer)
    if isinstance(kernel, DenseKernel):
        own: Any = DenseKernel(alone, kernel.slot, needs_dinputs=False)
    else:
        own = type(kernel)(alone)

    def call(inputs: Array, seed: tuple[int, ...]) -> Array:
        if isinstance(own, DenseKernel):
            alone.weights, alone.biases = layer.weights, layer.biases
        own.forward(inputs)
        output: Array = alone.output
        return output

    return call


def _called_loss(loss: Any, output: Array, y_true: Array) -> tuple[float, Array]:
    """Call a new copy of a loss; return the mean loss, and what was predicted."""
    alone = apart(loss)
    value = float(np.mean(alone.forward(output, y_true)))
    return value, getattr(alone, "output", output)


def _copied_loss(loss: Any) -> Callable[[Array, Array], tuple[float, Array]]:
    """Return what calls a kernel that works on a copy of a loss, as long as its parts stay."""
    alone = apart(loss)
    kernel = LOSSES[type(loss)](alone)
    parts = [(name, part) for name, part in vars(loss).items() if hasattr(part, "forward")]

    def call(output: Array, y_true: Array) -> tuple[float, Array]:
        if any(getattr(loss, name) is not part for name, part in parts):
            return _called_loss(loss, output, y_true)
        return kernel.forward(output, y_true), getattr(alone, "output", output)

    return call
