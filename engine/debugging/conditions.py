"""The small language of breakpoints: when a training is to stop.

==================================  ==============================================================
text                                holds
==================================  ==============================================================
``loss < 0.5 and epoch > 100``      after an epoch, by its numbers
``loss > 1.5 * previous(loss)``     likewise; at the first epoch, what was one earlier is NaN
``grad_norm('dense_1') > 10``       of one layer; ``grad_norm()`` is of the whole network
``dead('relu_1') > 0.3``            when so many units were active for no sample of the last batch
``dense_2.backward and epoch > 9``  just before that operation
``isnan(loss) after 3 once``        whoever asks counts: the third time stops first, and alone
==================================  ==============================================================

Arithmetic is that of floats in NumPy: it has infinities and NaN, and raises nothing. The parser
turns a text into a condition.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from engine.protocol.metrics import LOSS, Metric

PLACE = ("epoch", "batch", "learning_rate")
SHORT = {"lr": "learning_rate"}  # as it is abbreviated on screens
OF_NETWORK = ("grad_norm", "weight_norm")
OF_LAYER = (*OF_NETWORK, "dead")


class ConditionError(ValueError):
    """What is wrong with a text, in one line, and at which ``column``, counted from 1."""

    def __init__(self, column: int, message: str) -> None:
        super().__init__(f"column {column}: {message}")
        self.column = column


class Facts(Protocol):
    """What a condition asks of a training."""

    def number(self, name: str) -> float:
        """Return a metric, or one of `PLACE`."""

    def previous(self, name: str) -> float:
        """Return a metric's value one epoch earlier; NaN at the first."""

    def of_layer(self, function: str, layer: str) -> float:
        """Return one of `OF_LAYER`, of the whole network where ``layer`` is empty."""

    def at(self, operation: str) -> bool:
        """Return whether the operation of that name comes next."""


@dataclass(frozen=True)
class Vocabulary:
    """What a text can name in the network at hand.

    Attributes
    ----------
    layers : mapping of str to collection of str
        Which of `OF_LAYER` each layer has.
    operations : tuple of str
        The names of the program's operations.
    metrics : sequence of Metric
        It may grow.
    """

    layers: Mapping[str, Collection[str]]
    operations: tuple[str, ...]
    metrics: Sequence[Metric]

    @property
    def numbers(self) -> tuple[str, ...]:
        """The names of numbers: metrics, and others."""
        return (*(metric.name for metric in self.metrics), *PLACE)

    @property
    def words(self) -> frozenset[str]:
        """All words that have a meaning, but for the names of metrics."""
        return frozenset((*PLACE, *SHORT, *EXAMPLES, *WORDS, *self.layers, *self.operations))

    def name_of(self, word: str) -> str:
        """Return the name that a word is short for, or the word itself."""
        short = {metric.short: metric.name for metric in self.metrics if metric.short}
        return (SHORT | short).get(word, word)


Ask = Callable[[Facts], float]  # or bool, which is one


@dataclass(frozen=True, slots=True)
class Condition:
    """A text that was understood.

    Attributes
    ----------
    text : str
        As typed, but for spaces and without its ending.
    once : bool
        Whether it stops once only.
    after : int
        How many times it has to hold to stop.
    operations : frozenset of str
        Ask before each of these operations; if there are none, after each epoch.
    """

    text: str
    once: bool
    after: int
    operations: frozenset[str]
    ask: Ask = field(repr=False, compare=False)

    def holds(self, facts: Facts) -> bool:
        """Return whether it is so now."""
        return bool(self.ask(facts))


# -- what the words mean ---------------------------------------------------------------------------


def _divide(x: float, y: float) -> float:
    if y == 0:
        return math.nan if x == 0 else x * math.copysign(math.inf, y)
    return x / y


def _log(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf if x == 0 else math.nan


BINARY: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": _divide,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "isnan": math.isnan, "isinf": math.isinf, "isfinite": math.isfinite, "abs": abs, "log": _log,
    "sqrt": lambda x: math.nan if x < 0 else math.sqrt(x),
    "min": lambda *xs: math.nan if any(map(math.isnan, xs)) else min(xs),
    "max": lambda *xs: math.nan if any(map(math.isnan, xs)) else max(xs),
}  # fmt: skip
ENDINGS = ("once", "after")
WORDS = ("and", "or", "not", *ENDINGS)
EXAMPLES = {name: f"{name}({LOSS.name})" for name in ("previous", *FUNCTIONS)}
EXAMPLES |= {name: f"{name}('dense_1')" for name in OF_NETWORK} | {"dead": "dead('relu_1')"}
EXAMPLES |= {name: f"{name}({LOSS.name}, 1)" for name in ("min", "max")}
