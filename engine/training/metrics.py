"""What is measured of a training: the built-in metrics, and those that a person adds."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.protocol.metrics import (
    ACCURACY,
    BUILT_IN,
    MOST_METRICS,
    VALIDATION_ACCURACY,
    VALIDATION_LOSS,
    Metric,
)

NO_NUMBERS = (str, bytes, bytearray, complex, np.complexfloating)  # though `float` may take them


class MetricError(TypeError):
    """A metric's function has returned something that is no number."""


class Metrics:
    """The metrics of a training.

    Parameters
    ----------
    loss : object
        Declares its ``metrics``, `LOSS` first; `LOSS` and `ACCURACY` if it does not.
    validates : bool
        Whether there is a validation set, of which the same is measured.

    Attributes
    ----------
    schema : list of Metric
        All of them, in the order in which they are measured. It only grows.
    has_accuracy : bool
    functions : dict of str to callable
        What measures those that a person has added.
    """

    def __init__(self, loss: Any, validates: bool = False) -> None:
        self.schema: list[Metric] = list(getattr(loss, "metrics", BUILT_IN))
        self.has_accuracy = ACCURACY in self.schema
        if validates:
            self.schema += [VALIDATION_LOSS, VALIDATION_ACCURACY][: 1 + self.has_accuracy]
        self.functions: dict[str, Callable[[Any], Any]] = {}

    def add(self, metric: Metric, function: Callable[[Any], Any]) -> bool:
        """Measure something else from the next epoch on.

        The same line may add it again, as a callback does that runs a second time.

        Returns
        -------
        bool
            Whether it is new.

        Raises
        ------
        ValueError
            If there is another metric of that name, there are too many, or that beside which it
            is to be drawn has no chart.
        TypeError
            If ``function`` cannot be called.
        """
        if not callable(function):
            raise TypeError(f"the function of the metric {metric.name!r} cannot be called")
        known = self.functions.get(metric.name)
        is_same = known is not None and _code(known) == _code(function) and metric in self.schema
        if not is_same and any(metric.name in (m.name, m.short) for m in self.schema):
            raise ValueError(f"there is a metric {metric.name!r} already: choose another name")
        if not is_same and len(self.schema) >= MOST_METRICS:
            raise ValueError(f"there are {MOST_METRICS} metrics already, which is the most")
        if metric.beside and not any(m.name == metric.beside and not m.beside for m in self.schema):
            charts = ", ".join(m.name for m in self.schema if not m.beside)
            raise ValueError(
                f"{metric.name!r} cannot be drawn beside {metric.beside!r}, which has no chart;"
                f" these have one: {charts}"
            )
        self.functions[metric.name] = function
        if not is_same:
            self.schema.append(metric)
        return not is_same

    def measure(self, trainer: Any, values: dict[str, float]) -> Exception | None:
        """Add to the values of an epoch what the functions return: NaN where one raises.

        Returns
        -------
        Exception or None
            What was raised first.
        """
        failure = None
        for name, function in tuple(self.functions.items()):
            try:
                values[name] = _number(name, function(trainer))
            except Exception as error:
                values[name] = math.nan
                failure = failure or error
        return failure


def _code(function: Callable[[Any], Any]) -> object:
    """Return what two functions of the same line have in common."""
    return getattr(function, "__code__", function)


def _number(name: str, value: Any) -> float:
    """Return a number of any kind as a float; MetricError if it is none."""
    if type(value) is float:
        return value
    if not isinstance(value, NO_NUMBERS) and not getattr(value, "shape", ()):
        try:
            return float(value)
        except Exception:  # whatever a class of one's own raises
            pass
    raise MetricError(f"the metric {name!r} must return a number, not {reprlib.repr(value)}")
