"""What a metric is: its name, which way is better, and how its numbers are written.

The names of the built-in metrics stand here and nowhere else.
"""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

MOST_METRICS = 100
LONGEST_NAME = 60
LARGE = 1e5  # from here on, numbers are written briefly
_NAME = re.compile(r"[a-z]\w*(\.[a-z]\w*)*", re.ASCII | re.IGNORECASE)
_FORMAT = re.compile(r"[+,]?\.\d[efg%]", re.ASCII | re.IGNORECASE)
# What events and lines of JSON hold beside metrics.
_RESERVED = frozenset(
    ("type", "status", "epoch", "batch", "operation", "learning_rate", "probabilities", "metrics")
)


class Metric(msgspec.Struct, frozen=True):
    """A number that is measured once an epoch.

    Attributes
    ----------
    name : str
        An identifier, which may have dots, as ``grad_norm.dense_1``.
    direction : {"less", "more"}
        Which is better.
    format : str
        How its numbers are written, as ``.4f`` or ``.1%``.
    low, high : float or None
        Bounds, where it has some.
    short : str
        Another name for conditions, and where there is little room.
    beside : str
        The name of the metric on whose chart it is drawn; it has a chart of its own if empty.

    Raises
    ------
    ValueError
        If one of these cannot be.
    """

    name: str
    direction: Literal["less", "more"] = "less"
    format: str = ".4f"
    low: float | None = None
    high: float | None = None
    short: str = ""
    beside: str = ""

    def __post_init__(self) -> None:
        _check_name(self.name)
        if self.beside:
            _check_name(self.beside)
        metric = f"the metric {self.name!r}"
        if self.direction not in ("less", "more"):
            raise ValueError(
                f"the direction of {metric} must be 'less' or 'more', not {self.direction!r}"
            )
        if not (isinstance(self.format, str) and _FORMAT.fullmatch(self.format)):
            raise ValueError(f"the format of {metric} must be as '.4f', not {self.format!r}")
        for bound in (self.low, self.high):
            if bound is not None and not (isinstance(bound, int | float) and math.isfinite(bound)):
                raise ValueError(f"a bound of {metric} must be a finite number, not {bound!r}")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"{metric} must have low < high, not {self.low} and {self.high}")

    @property
    def label(self) -> str:
        """Its short name, if it has one."""
        return self.short or self.name

    @property
    def width(self) -> int:
        """How many characters a number of it takes, if it is below 10."""
        return len(self.text(0.0))

    def text(self, value: float | None) -> str:
        """Write a value; a dash where there is none yet, and a very large one briefly."""
        if value is None:
            return "–"
        return format(value, ".1e" if abs(value) >= LARGE else self.format)


def _check_name(name: str) -> None:
    """Raise ValueError unless a metric may have that name."""
    if not isinstance(name, str) or not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise ValueError(
            f"a metric's name is an identifier of at most {LONGEST_NAME} letters, digits, '_' and"
            f" '.', such as grad_norm.dense_1, not {str(name)[:LONGEST_NAME]!r}"
        )
    if name in _RESERVED or any(keyword.iskeyword(part) for part in name.split(".")):
        raise ValueError(f"a metric cannot be named {name!r}: that has another meaning")


def leading(metrics: Sequence[Metric], charts: int) -> list[Metric]:
    """Return the first metrics that have charts of their own, and those drawn beside them."""
    names = [metric.name for metric in metrics if not metric.beside][:charts]
    return [metric for metric in metrics if (metric.beside or metric.name) in names]


def in_words(metrics: Iterable[Metric], values: Mapping[str, float]) -> str:
    """Write several metrics with their names, as ``loss 0.1234, accuracy 0.950``."""
    return ", ".join(f"{m.name} {m.text(values.get(m.name))}" for m in metrics)


LOSS = Metric("loss")
ACCURACY = Metric("accuracy", "more", ".3f", 0.0, 1.0, "acc")
BUILT_IN = (LOSS, ACCURACY)
VALIDATION_LOSS = Metric("validation_loss", short="val_loss", beside=LOSS.name)
VALIDATION_ACCURACY = Metric(
    "validation_accuracy", "more", ".3f", 0.0, 1.0, "val_acc", beside=ACCURACY.name
)
