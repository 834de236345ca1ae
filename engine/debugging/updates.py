"""What the optimizer does with a parameter, or would do."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.debugging.dataflow import gradient_of, value_of
from engine.nn.arrays import Array
from engine.nn.calls import own_generators, update
from engine.nn.optimizers import GradientDescent
from engine.training.program import Place

if TYPE_CHECKING:
    from engine.debugging.trainer import Trainer


@dataclass(frozen=True, slots=True)
class Update:
    """What the optimizer does with a parameter.

    Attributes
    ----------
    name : str
        Of the gradient, as ``dweights``.
    gradient : array
        The loss's derivative.
    step : array or None
        What is added for it, if that is still to come, or else what was added. None where that
        is not known, as before the first update.
    """

    name: str
    gradient: Array
    step: Array | None

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
            return cls(gradient.names[0], slope, None if rate is None else slope * -rate)
        return cls(gradient.names[0], slope, _step(optimizer, place) if ahead else None)


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
    """Return a copy of a layer, updated by a copy of the optimizer; None if that cannot be done."""
    try:
        optimizer, layer = copy.deepcopy((optimizer, layer))
        with own_generators():
            update(optimizer, [layer])
    except Exception:  # an optimizer of someone's own may need more than it finds here
        return None
    return layer
