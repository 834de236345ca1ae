"""Mistakes in what networks and trainers are made of, in one line that says what was meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from engine.nn.activations import ReLU, Softmax
from engine.nn.calls import UPDATES
from engine.nn.layers import Dense
from engine.nn.losses import CrossEntropyLoss, SoftmaxCrossEntropy
from engine.nn.parameters import (
    may_have_parameters,
    names_of_containers,
    parameter_names,
    parts_of,
)

# What a part must be able to do. Nothing has to be inherited.
METHODS = {
    "layer": ("forward", "backward"),
    "loss": ("forward", "backward"),
    "optimizer": ("update_parameters",),
}


def expect(kind: type, value: object, what: str) -> None:
    """Raise TypeError if a value is not of that class.

    Parameters
    ----------
    kind : type
    value : object
    what : str
        What it is for, as ``the network of a trainer``.
    """
    if not isinstance(value, kind):
        name = kind.__name__
        hint = "; make one with Dataset(X, y)" if name == "Dataset" else ""
        raise TypeError(_line(value, what, name) + hint)


def expect_methods(value: object, kind: str, what: str) -> None:
    """Raise TypeError if a value cannot do what a layer, a loss or an optimizer must."""
    missing = [name for name in METHODS[kind] if not _has(value, name)]
    if isinstance(value, type) and not missing:
        raise TypeError(
            f"{what} must be an object: write {value.__name__}(...) for one,"
            f" not {value.__name__}, which is the class"
        )
    if missing:
        methods = " and ".join(f"{name}()" for name in missing)
        raise TypeError(_line(value, what, f"{kind} with {methods}"))


def expect_learning_rate(optimizer: object) -> None:
    """Raise TypeError if an optimizer has no learning rate that is a number."""
    if not hasattr(optimizer, "learning_rate"):
        raise TypeError("the optimizer of a trainer needs a learning_rate, which may be changed")
    rate = optimizer.learning_rate
    if isinstance(rate, str) or not hasattr(rate, "__float__"):
        raise TypeError(f"the learning_rate of the optimizer must be a number, not {rate!r:.60}")


def _has(value: object, method: str) -> bool:
    names = UPDATES if method in UPDATES else (method,)
    return any(callable(getattr(value, name, None)) for name in names)


def _line(value: object, what: str, wanted: str) -> str:
    article = "an" if wanted[0] in "AEIOaeio" else "a"
    return f"{what} must be {article} {wanted}, not {value!r:.60}".replace("\n", " ")


def check_layers(layers: Iterable[Any]) -> tuple[Any, ...]:
    """Return the layers of a network; TypeError or ValueError if they are none."""
    if _has(layers, "forward"):
        raise TypeError(f"a network takes a list of layers: Network([{layers!r:.60}, ...])")
    layers = tuple(layers)
    for layer in layers:
        expect_methods(layer, "layer", "a layer of a network")
        if sum(layer is other for other in layers) > 1:
            raise ValueError(
                f"one {layer!r:.60} stands in two places of a network: make one for each, as a"
                " layer keeps what it computed last"
            )
    parts = [part for layer in layers for _, part in parts_of(layer, "", layers)]
    if not any(map(may_have_parameters, parts)):
        raise ValueError(
            "a network needs at least one layer with parameters: arrays that have gradients, as"
            " weights and dweights of Dense"
        )
    for part in parts:
        for name in names_of_containers(part):
            raise TypeError(
                f"{type(part).__name__} keeps its {name} in a list or a dictionary, where they are"
                f" not found: give each array an attribute, as self.{name}_1 with self.d{name}_1"
            )
        for name in parameter_names(part):
            if not np.size(getattr(part, name)):
                raise ValueError(f"{part!r:.60} is empty: its {name} are of no size")
    _check_widths(layers)
    return layers


def _check_widths(layers: Sequence[Any]) -> None:
    """Refuse a dense layer that takes another number of values than the one before gives."""
    width: int | None = None
    for layer in layers:
        if type(layer) is Dense:
            n_inputs, n_neurons = layer.weights.shape
            if width not in (None, n_inputs):
                raise ValueError(f"{layer!r} takes {n_inputs} values a row, not {width}")
            width = n_neurons
        elif type(layer) not in (ReLU, Softmax):
            width = None


def check_loss(layers: Sequence[Any], loss: Any) -> None:
    """Refuse a loss for logits that is given probabilities, and the other way round."""
    last = layers[-1]
    if isinstance(loss, SoftmaxCrossEntropy) and isinstance(last, Softmax):
        raise ValueError(
            "SoftmaxCrossEntropy() takes logits, but the network ends with Softmax():"
            " leave out that layer, or use CrossEntropyLoss()"
        )
    if type(loss) is CrossEntropyLoss and isinstance(last, Dense | ReLU):
        raise ValueError(
            f"CrossEntropyLoss() takes probabilities, but the network ends with {last!r}:"
            " use SoftmaxCrossEntropy(), or add Softmax() as the last layer"
        )
