"""An epoch is a program: a flat list of named operations.

Running at full speed and stepping one operation at a time read the same list. An operation calls
the formula of its layer, loss or optimizer, or the kernel that stands for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, cast

import numpy as np

from engine.kernels.registry import Kernels
from engine.nn.arrays import Array
from engine.nn.calls import (
    DINPUTS,
    OUTPUTS,
    backward,
    forward,
    is_built_in,
    result,
    update,
    update_methods,
)
from engine.nn.network import Network

Phase = Literal["forward", "loss", "backward", "update"]


@dataclass(slots=True, eq=False)
class Batch:
    """What an iteration is about: rows of the data, and what is found of them.

    Attributes
    ----------
    inputs : array, shape (rows, features)
    y_true : array, shape (rows,)
        Class indices. It is another array whenever a label is another.
    value : float
        The mean loss, written by ``loss.forward``.
    seed, iteration : int
        What the random numbers of an operation are derived from.
    """

    inputs: Array
    y_true: Array
    value: float = float("nan")
    seed: int = 0
    iteration: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where an array is: an attribute of a layer, a loss or a batch.

    Attributes
    ----------
    owner : object
    names : tuple of str
        What the attribute may be called; the first that there is counts.
    """

    owner: Any
    names: tuple[str, ...]

    def get(self) -> Array:
        """Return the array."""
        return result(self.owner, self.names)


@dataclass(frozen=True, slots=True)
class Operation:
    """One entry of the program.

    Attributes
    ----------
    name : str
        As ``dense_1.forward``.
    phase : Phase
    part : object
        The layer, loss or optimizer that does it.
    methods : tuple of callable
        Its methods that say how: the formula.
    run : callable
        Does it.
    kernel : callable or None
        What does it in place of the formula.
    arguments : tuple of Place
        What the formula is given.
    """

    name: str
    phase: Phase
    part: Any
    methods: tuple[Callable[..., Any], ...]
    run: Callable[[], None]
    kernel: Callable[..., Any] | None = None
    arguments: tuple[Place, ...] = ()

    def __str__(self) -> str:
        return self.name


def compile_program(
    network: Network, loss: Any, optimizer: Any, batch: Batch, kernels: Kernels
) -> list[Operation]:
    """List the operations of one iteration, in order.

    Parameters
    ----------
    network : Network
    loss, optimizer : object
    batch : Batch
        Where they find the rows, and leave the loss.
    kernels : Kernels
        What stands for a formula, where something does.
    """
    layers = list(zip(network.names, network.layers, kernels.layers, strict=True))
    program: list[Operation] = []
    place = Place(batch, ("inputs",))
    for name, layer, kernel in layers:
        program.append(_forward(name, layer, kernel, place, batch, len(program)))
        place = Place(layer, OUTPUTS)
    program += _of_loss(loss, kernels.loss, place, batch)
    place = Place(loss, DINPUTS)
    for name, layer, kernel in reversed(layers):
        program.append(_backward(name, layer, kernel, place))
        place = Place(layer, DINPUTS)
    program.append(_update(network, optimizer, kernels.optimizer))
    return program


def probabilities(network: Network, loss: Any) -> Array:
    """Return what was predicted last: the loss's ``output``, or that of the last layer."""
    if hasattr(loss, "output"):
        return cast(Array, loss.output)
    return result(network.layers[-1], OUTPUTS)


def _forward(name: str, layer: Any, kernel: Any, inputs: Place, batch: Batch, k: int) -> Operation:
    take = _getter(inputs)
    # The data are not a layer's own: one of a person's may do to its inputs what it likes.
    copies = inputs.owner is batch and not is_built_in(layer)

    def random() -> np.random.Generator:
        return np.random.default_rng((batch.seed, batch.iteration, k))

    def formula() -> None:
        forward(layer, take().copy() if copies else take(), True, random)

    def by_kernel() -> None:
        kernel.forward(take())

    return Operation(
        f"{name}.forward",
        "forward",
        layer,
        (layer.forward,),
        by_kernel if kernel else formula,
        kernel and kernel.forward,
        (inputs,),
    )


def _backward(name: str, layer: Any, kernel: Any, dvalues: Place) -> Operation:
    take = _getter(dvalues)

    def formula() -> None:
        backward(layer, take())

    def by_kernel() -> None:
        kernel.backward(take())

    return Operation(
        f"{name}.backward",
        "backward",
        layer,
        (layer.backward,),
        by_kernel if kernel else formula,
        kernel and kernel.backward,
        (dvalues,),
    )


def _getter(place: Place) -> Callable[[], Array]:
    """Return the fastest way to get an array."""
    if place.names == OUTPUTS and not is_built_in(place.owner):
        return place.get
    return partial(getattr, place.owner, place.names[0])


def _of_loss(loss: Any, kernel: Any, output: Place, batch: Batch) -> list[Operation]:
    take = _getter(output)
    labels, said = Place(batch, ("y_true",)), Place(loss, ("output",))

    def formula() -> None:
        losses = loss.forward(take(), batch.y_true)
        if losses is None:
            raise TypeError(f"{type(loss).__name__}.forward must return the loss")
        batch.value = float(np.mean(losses))

    def by_kernel() -> None:
        batch.value = kernel.forward(take(), batch.y_true)

    def predicted() -> Array:
        return loss.output if hasattr(loss, "output") else take()

    def gradient() -> None:
        result(loss, DINPUTS, loss.backward(predicted(), batch.y_true))

    def gradient_by_kernel() -> None:
        kernel.backward(predicted(), batch.y_true)

    return [
        Operation(
            "loss.forward",
            "loss",
            loss,
            (loss.forward,),
            by_kernel if kernel else formula,
            kernel and kernel.forward,
            (output, labels),
        ),
        Operation(
            "loss.backward",
            "backward",
            loss,
            (loss.backward,),
            gradient_by_kernel if kernel else gradient,
            kernel and kernel.backward,
            (said, labels),
        ),
    ]


def _update(network: Network, optimizer: Any, kernel: Any) -> Operation:
    def formula() -> None:
        update(optimizer, network.trained.values())

    return Operation(
        "optimizer.update",
        "update",
        optimizer,
        update_methods(optimizer),
        kernel.update if kernel else formula,
        kernel and kernel.update,
    )
