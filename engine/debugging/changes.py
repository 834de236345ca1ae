"""What can be changed in a training: a hyperparameter, a weight, a row of the data, the threads."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from engine.nn.arrays import Array
from engine.nn.parameters import parameter_names
from engine.training.machine import Machine

_NUMBER = r"\s*(\d{1,18})\s*"  # no array is longer
_TARGET = re.compile(rf"\s*(?:([\w.\[\]]+?)\s*\.\s*)?(\w+)\s*(?:\[{_NUMBER}(?:,{_NUMBER})?\])?\s*")
# What the book's optimizers use, computed from the learning rate and its decay.
CURRENT = "current_learning_rate"
SEED, THREADS = "seed", "threads"
# What no person edits, and what is not undone as an edit is.
RESERVED = {
    SEED: "the seed is changed by a restart with new weights",
    THREADS: "the number of threads is set by --threads, when a run begins",
}


class ChangeError(ValueError):
    """A change that cannot be made; its text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Target:
    """One number that can be changed.

    Attributes
    ----------
    name : str
        As ``dense_1.weights[0, 17]``, ``learning_rate`` or ``data.y[5]``.
    read, write : callable
        What is read can always be written again, whatever it is.
    check : callable
        Raises ChangeError for a value that a person may not choose.
    in_snapshots : bool
        Whether snapshots hold it. The data and the number of threads they do not.
    """

    name: str
    read: Callable[[], float]
    write: Callable[[float], None]
    check: Callable[[float], None] = lambda value: None
    in_snapshots: bool = True


def find_target(machine: Machine, text: str) -> Target:
    """Return the number that is named; ChangeError if there is none."""
    match = _TARGET.fullmatch(text)
    if not match:
        example = "try learning_rate or dense_1.weights[0, 0]"
        raise ChangeError(f"'{text[:40]}' names no number; {example}")
    owner, name, *numbers = match.groups()
    index = tuple(int(n) for n in numbers if n is not None)
    if owner is None and not index:
        return _hyperparameter(machine, name)
    if owner == "data":
        return _data(machine, name, index)
    layers = machine.network.trained
    if owner not in layers or name not in parameter_names(layers[owner]):
        known = ", ".join(f"{k}.{n}" for k, a in layers.items() for n in parameter_names(a))
        raise ChangeError(f"there is no {text.strip()[:40]}; there are {known}, data.X and data.y")
    return _cell(f"{owner}.{name}", getattr(layers[owner], name), index)


def threads_in_use() -> int:
    """Return how many threads multiply matrices in this process."""
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return max((pool["num_threads"] for pool in pools), default=1)


def use_threads(number: float) -> None:
    """Multiply matrices on that many threads from now on, in the whole process."""
    threadpool_limits(int(number), "blas")


def parse_change(text: str) -> tuple[str, float]:
    """Split ``target = value``; ChangeError if it is none."""
    target, equals, value = text.partition("=")
    try:
        if not equals:
            raise ValueError
        return target.strip(), float(value)
    except ValueError:
        raise ChangeError(
            "a target and a number are needed, as dense_1.weights[0, 0] = 0.5"
        ) from None


def _hyperparameter(machine: Machine, name: str) -> Target:
    if name == SEED:
        return Target(SEED, lambda: machine.seed, lambda value: machine.draw_weights(int(value)))
    if name == THREADS:
        return Target(THREADS, threads_in_use, use_threads, in_snapshots=False)
    optimizer = machine.optimizer
    hyperparameters = hyperparameters_of(optimizer)
    if name not in hyperparameters:
        known = ", ".join(hyperparameters)
        raise ChangeError(f"there is no {name[:40]} to change; hyperparameters: {known}")

    def check(value: float) -> None:
        known = getattr(type(optimizer), name, None)
        if isinstance(known, property) and known.fset is None:
            raise ChangeError(f"the {name.replace('_', ' ')} is computed by the optimizer")
        if not (math.isfinite(value) and value >= 0):
            raise ChangeError(f"the {name.replace('_', ' ')} must be 0 or more, not {value:g}")

    def write(value: float) -> None:
        setattr(optimizer, name, value)
        if name == "learning_rate" and hasattr(optimizer, CURRENT):
            setattr(optimizer, CURRENT, value)

    return Target(name, lambda: float(getattr(optimizer, name)), write, check)


def hyperparameters_of(optimizer: Any) -> tuple[str, ...]:
    """Return the names of what can be changed, as an optimizer declares them."""
    declared: tuple[str, ...] = getattr(optimizer, "hyperparameters", ("learning_rate",))
    return declared


def _cell(name: str, array: Array, index: tuple[int, ...]) -> Target:
    index = _within(name, array, index)
    return Target(
        f"{name}{list(index)}",
        partial(_read, array, index),
        partial(array.__setitem__, index),
        partial(_check_finite, array),
    )


def _data(machine: Machine, name: str, index: tuple[int, ...]) -> Target:
    if name not in ("X", "y"):
        raise ChangeError("the data are data.X[row, column] and data.y[row]")
    array = getattr(machine.data, name)
    index = _within(f"data.{name}", array, index)
    classes = machine.probabilities.shape[1]

    def check(value: float) -> None:
        if name == "y" and not (value.is_integer() and 0 <= value < classes):
            raise ChangeError(f"a label must be 0 to {classes - 1}, not {value:g}")
        _check_finite(machine.rows.inputs, value)

    def write(value: float) -> None:
        array[index] = value
        machine.set_row(index[0])

    read = partial(_read, array, index)
    return Target(f"data.{name}{list(index)}", read, write, check, in_snapshots=False)


def _within(name: str, array: Array, index: tuple[int, ...]) -> tuple[int, ...]:
    if len(index) == array.ndim - 1 and array.shape[0] == 1:
        index = (0, *index)
    if len(index) != array.ndim or any(i >= n for i, n in zip(index, array.shape, strict=True)):
        last = ", ".join(str(n - 1) for n in array.shape)
        raise ChangeError(f"{name} goes from [{', '.join('0' * array.ndim)}] to [{last}]")
    return index


def _read(array: Array, index: tuple[int, ...]) -> float:
    return float(array[index])


def _check_finite(array: Array, value: float) -> None:
    with np.errstate(over="ignore"):
        if not np.isfinite(array.dtype.type(value)):
            raise ChangeError(f"a finite number is needed, and {value:g} is none in {array.dtype}")
