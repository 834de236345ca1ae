"""Dense layers: the biases in the product, and gradients that are written where they are used."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.random import RandomState, default_rng
from numpy.typing import DTypeLike

from engine.kernels.arena import Arena, Slot
from engine.kernels.arrays import Workspaces, zeros
from engine.kernels.layer import LayerKernel, Workspace
from engine.kernels.products import PLAIN, Calls, beside_one, candidates
from engine.kernels.trial import agree, draw
from engine.nn.arrays import Array
from engine.nn.layers import Dense

# Multiply-adds of a product: up to so many, a trial is repeated, and beyond so many, or so many
# values, a smaller shape is tried instead.
QUICK, MOST_TRIED, MOST_VALUES = 2**18, 2**24, 2**20
TRIALS = 4


class DenseWorkspace(Workspace):
    """Arrays for batches of one shape, and the calls that compute them."""

    def __init__(self, samples: int, slot: Slot, calls: Calls) -> None:
        n_inputs, n_neurons = slot.weights.shape
        dtype = slot.matrix.dtype
        self.output = zeros(samples, n_neurons, dtype)
        self.dinputs = zeros(samples, n_inputs, dtype)
        self.weights_columns = slot.weights.T
        self.adds_biases, self.adds_rows = calls.adds_biases, calls.adds_rows
        self.multiply = calls.product_into(self.output)
        self.multiply_back = calls.product_into(slot.dmatrix)
        self.add_rows = calls.sum_of_rows(samples, n_neurons, dtype)
        if self.adds_biases:
            self.inputs_and_one = beside_one(samples, n_inputs, dtype)
            self.beside_one = self.inputs_and_one[:, :-1]
            self.inputs_and_one_columns = self.inputs_and_one.T


class DenseKernel(LayerKernel[Dense, DenseWorkspace]):
    """`Dense` without allocating.

    Parameters
    ----------
    layer : Dense
    slot : Slot
        Where its parameters and gradients are.
    needs_dinputs : bool
        Whether ``dinputs`` are computed. Those of a first layer interest nobody.
    copies_output, copies_dinputs : bool
        As of every `LayerKernel`.
    calls : Calls, optional
        How it is computed for any shape; the fastest way that has been tried, if not given.
    """

    _inputs_columns: Array

    def __init__(
        self,
        layer: Dense,
        slot: Slot,
        needs_dinputs: bool = True,
        copies_output: bool = False,
        copies_dinputs: bool = False,
        calls: Calls | None = None,
    ) -> None:
        self.slot, self.needs_dinputs, self._calls = slot, needs_dinputs, calls
        workspaces = Workspaces(self._workspace)
        super().__init__(layer, workspaces, copies_output, copies_dinputs)

    def forward(self, inputs: Array) -> None:
        """Compute ``output``, which is ``[inputs 1] · [weights; biases]``."""
        layer, slot = self.layer, self.slot
        if not (
            inputs is self._inputs and layer.weights is slot.weights and layer.biases is slot.biases
        ) and not self._take(inputs):
            return layer.forward(inputs)
        work = self._work
        if work.adds_biases:
            np.copyto(work.beside_one, inputs)
            work.multiply(work.inputs_and_one, slot.matrix, work.output)
        else:
            work.multiply(inputs, slot.weights, work.output)
            np.add(work.output, slot.biases, work.output)
        layer.inputs = inputs
        layer.output = work.output.copy() if self.copies_output else work.output
        return None

    def backward(self, dvalues: Array) -> None:
        """Compute ``dweights`` and ``dbiases``, and ``dinputs`` if somebody needs them."""
        layer, slot = self.layer, self.slot
        if (
            layer.inputs is not self._inputs
            or layer.weights is not slot.weights
            or (dvalues is not self._dvalues and not self._take_dvalues(dvalues))
        ):
            return layer.backward(dvalues)
        work = self._work
        if work.adds_rows:
            work.multiply_back(work.inputs_and_one_columns, dvalues, slot.dmatrix)
        else:
            work.multiply_back(self._inputs_columns, dvalues, slot.dweights)
            work.add_rows(dvalues, slot.sums)
        layer.dweights, layer.dbiases = slot.dweights, slot.dbiases
        if self.needs_dinputs:
            np.matmul(dvalues, work.weights_columns, work.dinputs)
            layer.dinputs = work.dinputs.copy() if self.copies_dinputs else work.dinputs
        return None

    def _take(self, inputs: Array) -> bool:
        if not (self.slot.take_over() and super()._take(inputs)):
            self.forget()
            return False
        self._inputs_columns = inputs.T
        return True

    def _workspace(self, samples: int, width: int, dtype: np.dtype[Any]) -> DenseWorkspace | None:
        n_inputs, n_neurons = self.slot.weights.shape
        if width != n_inputs or dtype != self.slot.matrix.dtype:
            return None
        calls = self._calls or fastest_calls(samples, n_inputs, n_neurons, dtype)
        return DenseWorkspace(samples, self.slot, calls) if calls else None


@cache
def fastest_calls(samples: int, n_inputs: int, n_neurons: int, dtype: DTypeLike) -> Calls | None:
    """Return the fastest calls that gave the formula's bits; None if none did.

    Where a trial would take long, the formula's own calls are used, and tried with a smaller
    shape. That is sound since they differ from the formula in where the result is written, and
    in nothing that depends on the shape.
    """
    size = samples * n_inputs * n_neurons
    if size > MOST_TRIED or samples * (n_inputs + n_neurons) > MOST_VALUES:
        rows, columns, width = (min(n, 64) for n in (samples, n_inputs, n_neurons))
        return PLAIN if _is_equal(PLAIN, 0, rows, columns, width, dtype) else None
    trials = range(TRIALS if size <= QUICK else 1)
    shape = samples, n_inputs, n_neurons, dtype
    return next(
        (c for c in candidates(*shape[:3]) if all(_is_equal(c, t, *shape) for t in trials)), None
    )


def _is_equal(
    calls: Calls, seed: int, samples: int, n_inputs: int, n_neurons: int, dtype: DTypeLike
) -> bool:
    random = default_rng(seed)
    shapes = (n_inputs, n_neurons), (1, n_neurons), (samples, n_inputs), (samples, n_neurons)
    weights, biases, inputs, dvalues = (draw(random, shape, dtype) for shape in shapes)

    def make() -> Dense:
        layer = Dense(1, 1, RandomState(0))
        layer.weights, layer.biases = weights, biases
        return layer

    def kernel(layer: Dense) -> DenseKernel:
        (slot,) = Arena([layer], dtype=dtype).slots
        return DenseKernel(layer, slot, calls=calls)

    def run(layer: Any) -> None:
        layer.forward(inputs)
        layer.backward(dvalues)

    return agree(make, kernel, run)
