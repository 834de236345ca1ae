"""When a figure of a layer is beyond the usual, and what is to be said then."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.debugging.layers import inactive_units
from engine.nn.arrays import Array
from engine.protocol.views.layers import FIGURES

LEAST_UPDATE, MOST_UPDATE = 1e-6, 0.1  # of the length of the weights; about 0.001 is usual
MOST_INACTIVE = 0.5  # of the units


@dataclass(frozen=True, slots=True)
class Rule:
    """What is beyond the usual.

    Attributes
    ----------
    figure : str
    holds : callable
        Takes a figure.
    say : callable
        Takes the layer's name, the layer, and the figure; returns what is so.
    meaning : str
        What that means.
    """

    figure: str
    holds: Callable[[float], bool]
    say: Callable[[str, Any, float], str]
    meaning: str

    def of(self, figures: Array) -> float:
        """Return the figure that it is about."""
        return float(figures[FIGURES.index(self.figure)])

    def applies(self, figures: Array) -> bool:
        """Return whether the figures of a layer are so."""
        return self.holds(self.of(figures))

    def at_least_as(self, now: Array) -> Callable[[Array], bool]:
        """Return what tells whether the figures of a layer were as they are now.

        What is said of a share, as that all units are dead, is not so as long as it was smaller.
        """
        if self.figure == "inactive":
            return lambda figures: self.of(figures) >= self.of(now)
        return self.applies


def _say_inactive(name: str, layer: Any, share: float) -> str:
    inactive, units = inactive_units(layer) or (round(share * 100), 100)
    state = "dead" if "relu" in type(layer).__name__.lower() else "saturated"
    count = f"all {units}" if inactive == units else f"{inactive} of {units}"
    return f"{count} units of {name} are {state}"


def _say_update(name: str, layer: Any, value: float) -> str:
    if value == 0:
        return f"the weights of {name} are not updated"
    return f"the update of {name} is {value:.0e} of its weights"


# The most serious first.
RULES = (
    Rule(
        "weights",
        math.isinf,
        lambda name, layer, value: f"the weights of {name} are not finite",
        "the loss cannot be a number again",
    ),
    Rule(
        "inactive",
        lambda value: value > MOST_INACTIVE,
        _say_inactive,
        "no gradient passes through a unit that gives the same for every sample",
    ),
    Rule("update", lambda value: value < LEAST_UPDATE, _say_update, "about 1e-03 is usual"),
    Rule("update", lambda value: value > MOST_UPDATE, _say_update, "about 1e-03 is usual"),
)
