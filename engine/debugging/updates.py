"""What the optimizer does with a parameter, or would do."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.debugging.dataflow import gradient_of, value_of
from engine.nn.arrays import Array
from engine.nn.calls import own_generators, update
from engine.nn.optimizers import GradientDescent
from engine.nn.parameters import parameter_names
from engine.training.program import Place

if TYPE_CHECKING:
    from engine.debugging.trainer import Trainer


MOST_COPIED = 1 << 20  # parameters of a layer that are updated on trial


@dataclass(frozen=True, slots=True)
class Update:
    """What the optimizer does with a parameter.

    Attributes
    ----------
    name : str
        Of the gradient, as ``dweights``.
    gradient : array
        The loss's derivative.
    rate : float or None
        The learning rate of plain gradient descent.
    whole_step : array or None
        What another optimizer adds.
    """

    name: str
    gradient: Array
    rate: float | None = None
    whole_step: Array | None = None

    def step(self, part: Callable[[Array], Array] = lambda values: values) -> Array | None:
        """Return what is added to a part, if that is still to come, or else what was added.

        None where that is not known, as before the first update.
        """
        if self.rate is not None:
            return part(self.gradient) * -self.rate
        return None if self.whole_step is None else part(self.whole_step)

    @classmethod
    def find(cls, trainer: Trainer, place: Place | None) -> Update | None:
        """Return the update of a parameter; None for what is none."""
        gradient = gradient_of(place) if place else None
        if place is None or gradient is None:
            return None
        slope, optimizer = value_of(gradient), trainer.optimizer
        ahead = _is_ahead(trainer, place.owner)
        if type(optimizer) is GradientDescent:
            rate = optimizer.learning_rate if ahead else trainer.last_rate
            return cls(gradient.names[0], slope, rate)
        return cls(gradient.names[0], slope, whole_step=_step(optimizer, place) if ahead else None)


def _is_ahead(trainer: Trainer, layer: Any) -> bool:
    """Whether the gradients of a layer are of this iteration."""
    done = trainer.program[: trainer.operation]
    return any(o.part is layer and o.phase == "backward" for o in done)


def _step(optimizer: Any, place: Place) -> Array | None:
    """Return what the optimizer would add to a parameter."""
    layer = updated(optimizer, place.owner)
    if layer is None:
        return None
    after: Array = getattr(layer, place.names[0]) - value_of(place)
    return after


def updated(optimizer: Any, layer: Any) -> Any:
    """Return a copy of a layer, updated by a copy of the optimizer.

    None if that cannot be done, or would take long.
    """
    if sum(np.size(getattr(layer, name)) for name in parameter_names(layer)) > MOST_COPIED:
        return None
    try:
        optimizer, layer = copy.deepcopy((optimizer, layer))
        with own_generators():
            update(optimizer, [layer])
    except Exception:  # an optimizer of someone's own may need more than it finds here
        return None
    return layer
