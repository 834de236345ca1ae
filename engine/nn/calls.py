"""How a layer is called, whoever has written it.

A layer leaves its results in attributes, ``output`` or ``outputs`` and ``dinputs``, or returns
them. Its `forward` may have two further parameters: ``training``, false when it predicts, and
``random``, a generator to draw from.
"""

from __future__ import annotations

import copy
import inspect
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, cast

import numpy as np
from numpy.random import Generator

from engine.nn.arrays import Array
from engine.nn.parameters import parameter_names, parts_of

OUTPUTS = ("output", "outputs")
DINPUTS = ("dinputs",)
UPDATES = ("update_parameters", "update_params")


def forward(
    layer: Any,
    inputs: Array,
    training: bool = True,
    generator: Callable[[], Generator] = np.random.default_rng,
) -> Array:
    """Pass a batch through a layer; return its output.

    Parameters
    ----------
    layer : object
    inputs : array, shape (samples, n_inputs)
    training : bool
    generator : callable
        Returns a random generator, for a layer that asks for one.
    """
    wanted = further_parameters(layer.forward)
    further: dict[str, Any] = {"training": training} if "training" in wanted else {}
    if "random" in wanted:
        further["random"] = generator()
    returned = layer.forward(inputs, **further)
    return result(layer, OUTPUTS, returned)


def backward(layer: Any, dvalues: Array) -> Array:
    """Pass the loss's derivative back through a layer; return its ``dinputs``."""
    return result(layer, DINPUTS, layer.backward(dvalues))


def result(part: Any, names: tuple[str, ...], returned: Any = None) -> Array:
    """Return the array that a method returned, or else has left in an attribute.

    What was returned is put into the attribute, where others look for it.
    """
    if isinstance(returned, np.ndarray) and not any(
        getattr(part, name, None) is returned for name in names
    ):
        try:
            setattr(part, names[0], returned)
        except AttributeError as error:  # frozen, or with slots
            kind = type(part).__name__
            raise AttributeError(
                f"{kind} returns what it computes, which cannot be kept: let {kind} have an"
                f" attribute {names[0]} that can be set"
            ) from error
    for name in names:
        if hasattr(part, name):
            value = getattr(part, name)
            if names is OUTPUTS and not isinstance(value, np.ndarray):
                kind = type(value).__name__
                raise TypeError(f"{type(part).__name__}.{name} must be an array, not a {kind}")
            return cast(Array, value)
    raise AttributeError(f"{type(part).__name__} leaves no {names[0]}: set self.{names[0]}")


def update_methods(optimizer: Any) -> tuple[Callable[..., Any], ...]:
    """Return the methods of an optimizer, in order; that in the middle is called for each layer.

    It is called ``update_parameters``, or ``update_params`` as in the book, which also has methods
    to be called before and after all layers.
    """
    names = ["pre_update_params", *UPDATES, "post_update_params"]
    found = {name: getattr(optimizer, name) for name in names if hasattr(optimizer, name)}
    if len(found.keys() & set(UPDATES)) > 1:
        del found[UPDATES[-1]]
    return tuple(found.values())


def update(optimizer: Any, layers: Iterable[Any]) -> None:
    """Move the parameters of all layers one step."""
    for method in update_methods(optimizer):
        if method.__name__ in UPDATES:
            for layer in layers:
                method(layer)
        else:
            method()


def further_parameters(method: Callable[..., Any]) -> tuple[str, ...]:
    """Return which of ``training`` and ``random`` a method takes."""
    function = getattr(method, "__func__", None)
    return _further(method) if function is None else _of_function(function)


@lru_cache(256)
def _of_function(function: Callable[..., Any]) -> tuple[str, ...]:
    return _further(function)


def _further(method: Callable[..., Any]) -> tuple[str, ...]:
    try:
        parameters = inspect.signature(method).parameters
    except (TypeError, ValueError):
        return ()
    return tuple(name for name in ("training", "random") if name in parameters)


def is_built_in(part: Any) -> bool:
    """Return whether a layer, a loss or an optimizer is of this package."""
    return type(part).__module__.startswith("engine.")


def apart(part: Any) -> Any:
    """Return a copy of a layer or a loss, to be called without touching its own state."""
    if is_built_in(part):
        alone = copy.copy(part)
        for name, value in vars(part).items():
            if hasattr(value, "forward"):
                setattr(alone, name, apart(value))
        return alone
    parts = [inner for _, inner in parts_of(part, "")]
    parameters = [getattr(inner, name) for inner in parts for name in parameter_names(inner)]
    try:
        return copy.deepcopy(part, {id(array): array for array in parameters})
    except Exception:  # something that cannot be copied, as a lock or a file
        return copy.copy(part)


@contextmanager
def own_generators() -> Iterator[None]:
    """Leave the global generators of NumPy and Python as they are, whatever is drawn within."""
    drawn: Any = np.random.get_state()
    drawn_by_python = random.getstate()
    try:
        yield
    finally:
        np.random.set_state(drawn)
        random.setstate(drawn_by_python)
