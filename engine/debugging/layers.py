"""How each layer is doing: lengths of weights, gradients and updates, and what goes out of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.debugging.statistics import mean_and_deviation, part_of
from engine.debugging.updates import updated
from engine.debugging.windows import shape_text
from engine.nn.arrays import Array
from engine.nn.calls import OUTPUTS
from engine.nn.optimizers import GradientDescent
from engine.nn.parameters import parameter_names

if TYPE_CHECKING:
    from engine.debugging.trainer import Trainer

SATURATED = 0.99  # of the way to a bound
# By what the class of an activation is called: the bounds of what goes out of it.
BOUNDED = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}


def layers_of(trainer: Trainer) -> dict[str, Any]:
    """Return all layers by name, and those within layers that have parameters."""
    network = trainer.network
    named = dict(zip(network.names, network.layers, strict=True))
    return {**named, **network.trained}


def kind_and_shape(layer: Any) -> tuple[str, str]:
    """Return a layer's class, and the shape of its weights or of its output."""
    parameters = [np.asarray(getattr(layer, name)) for name in parameter_names(layer)]
    shaped = max(parameters, key=np.ndim, default=_output(layer))
    return type(layer).__name__, shape_text(shaped.shape) if shaped is not None else ""


@np.errstate(all="ignore")
def figures_of(layer: Any, trainer: Trainer) -> Array:
    """Return the figures of a layer, in the order of `engine.protocol.views.layers.FIGURES`.

    They are NaN where the layer has none, as an activation has no weights.
    """
    return np.array([*_lengths(layer, trainer), *_of_output(layer)])


def inactive_units(layer: Any) -> tuple[int, int] | None:
    """Return how many units pass no gradient on for any sample, and how many there are.

    Returns
    -------
    tuple or None
        None for a layer that is no activation: one with parameters, or with other outputs than
        those that become zero, or come to a bound.
    """
    output, kind = _output(layer), type(layer).__name__.lower()
    if output is None or output.ndim != 2 or parameter_names(layer):
        return None
    rows = part_of(output)
    bounds = next((bounds for name, bounds in BOUNDED.items() if name in kind), None)
    if bounds:
        low, high = bounds
        margin = (1 - SATURATED) * (high - low)
        inactive = (rows < low + margin) | (rows > high - margin)
    elif "relu" in kind:
        inactive = rows == 0
    else:
        return None
    return int(inactive.all(axis=0).sum()), rows.shape[1]


def _lengths(layer: Any, trainer: Trainer) -> tuple[float, float, float]:
    """Return the length of the parameters, of their gradient, and of an update relative to it."""
    names = [n for n in parameter_names(layer) if getattr(layer, f"d{n}", None) is not None]
    values = [np.asarray(getattr(layer, name)) for name in names]
    if not values:
        return math.nan, math.nan, math.nan
    weights = _length(values)
    gradient = _length([np.asarray(getattr(layer, f"d{name}")) for name in names])
    return weights, gradient, _update(layer, trainer, names, gradient) / weights


def _update(layer: Any, trainer: Trainer, names: list[str], gradient: float) -> float:
    """Return the length of an update."""
    optimizer = trainer.optimizer
    if type(optimizer) is GradientDescent:
        rate = trainer.learning_rate if trainer.last_rate is None else trainer.last_rate
        return rate * gradient
    after = updated(optimizer, layer)
    if after is None:
        return math.nan
    values = [np.asarray(getattr(layer, name)) for name in names]
    return _length([getattr(after, n) - v for n, v in zip(names, values, strict=True)])


def _length(arrays: list[Array]) -> float:
    """Return the length of a vector of all values; of large arrays, as a part of them suggests."""
    squares = 0.0
    for values in arrays:
        part = part_of(values)
        squares += float(np.vdot(part, part)) * values.size / max(1, part.size)
    return math.sqrt(squares) if squares >= 0 else math.nan


def _of_output(layer: Any) -> tuple[float, float, float]:
    """Return the share of inactive units, the mean and the deviation of a layer's output."""
    output, counted = _output(layer), inactive_units(layer)
    if output is None:
        return math.nan, math.nan, math.nan
    rows = part_of(output)
    inactive = counted[0] / counted[1] if counted else math.nan
    return inactive, *mean_and_deviation(rows)


def _output(layer: Any) -> Array | None:
    found = (getattr(layer, name, None) for name in OUTPUTS)
    return next((a for a in found if isinstance(a, np.ndarray) and a.size), None)
