"""Layers: what stands between a network's inputs and its outputs.

A layer is used in one of two ways, with the same mathematics. By itself, as in a notebook::

    dense = Dense(2, 64)
    dense.forward(X)
    dense.backward(dvalues)     # dense.dweights, dense.dbiases, dense.dinputs

or within a network, where `connect` ties its arrays to those of its neighbours once, and then
`compute_output` and `compute_gradients` run without moving or allocating anything.
"""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike

from engine.nn.initializers import small_normal
from engine.nn.products import (
    SumOfRows,
    adds_biases_last,
    adds_rows_in_order,
    beside_one,
    product_into,
)
from engine.nn.signals import Array, Signal

NO_PARAMETERS: Array = np.zeros(0, np.float32)


class Layer:
    """The base of all layers.

    Attributes
    ----------
    name : str
        Its name within a network, as ``dense_1``.
    inputs, dinputs : array, shape (samples, n_inputs)
        What came in, and the loss's derivative by it; None in a layer that takes the data.
    output, doutput : array, shape (samples, n_outputs)
        What goes out, and the loss's derivative by it.
    parameters, gradients : array, shape (n,)
        What is trained, flat, and the loss's derivative by it. Empty for most layers.
    """

    name = ""
    parameters = NO_PARAMETERS
    gradients = NO_PARAMETERS

    def __init__(self) -> None:
        self._inputs: Signal | None = None

    def output_width(self, input_width: int) -> int:
        """Return how many values a row has after this layer; ValueError if it cannot be."""
        return input_width

    def connect(self, inputs: Signal) -> Signal:
        """Take ``inputs`` as what comes in, and return what goes out, newly allocated."""
        width = self.output_width(inputs.width)
        dtype = inputs.values.dtype
        output = Signal.allocate(inputs.samples, width, dtype)
        self.attach(inputs, output)
        return output

    def attach(self, inputs: Signal, output: Signal) -> None:
        """Work from now on between these two signals."""
        self._inputs = inputs
        self.inputs, self.dinputs = inputs.values, inputs.gradient
        assert output.gradient is not None
        self.output, self.doutput = output.values, output.gradient

    def inputs_changed(self) -> None:
        """Take note that `inputs` were changed in place, after the forward pass."""

    def compute_output(self) -> None:
        """Write `output` from `inputs`."""
        raise NotImplementedError

    def compute_gradients(self) -> None:
        """Write `dinputs`, and the gradients of the parameters, from `doutput`."""
        raise NotImplementedError

    def forward(self, inputs: ArrayLike) -> None:
        """Pass a batch through this layer alone: the result is in `output`.

        Parameters
        ----------
        inputs : array_like, shape (samples, n_inputs)
        """
        inputs = np.asarray(inputs)
        if self._inputs is None or self.inputs.shape != inputs.shape or self.dinputs is None:
            dtype = np.result_type(inputs.dtype, self.parameters.dtype, np.float32)
            self.connect(Signal.allocate(len(inputs), inputs.shape[1], dtype))
        np.copyto(self.inputs, inputs)
        self.compute_output()

    def backward(self, dvalues: ArrayLike) -> None:
        """Pass the loss's derivative by `output` back: the result is in `dinputs`.

        Parameters
        ----------
        dvalues : array_like, shape (samples, n_outputs)
        """
        np.copyto(self.doutput, dvalues)
        self.compute_gradients()


class Dense(Layer):
    """A fully connected layer: each neuron weighs all inputs and adds its bias.

    Parameters
    ----------
    n_inputs, n_neurons : int
    random : RandomState, optional
        Where the first weights are drawn from; NumPy's global generator if not given.

    Attributes
    ----------
    weights, dweights : array, shape (n_inputs, n_neurons)
    biases, dbiases : array, shape (1, n_neurons)
        All four are views of `parameters` and `gradients`: first the weights, then the biases,
        which are the last row of one matrix ``[weights; biases]``.
    """

    def __init__(self, n_inputs: int, n_neurons: int, random: RandomState | None = None) -> None:
        super().__init__()
        if n_inputs < 1 or n_neurons < 1:
            raise ValueError(f"a dense layer of {n_inputs} inputs and {n_neurons} neurons is empty")
        self.n_inputs, self.n_neurons = n_inputs, n_neurons
        size = (n_inputs + 1) * n_neurons
        self.store(np.zeros(size), np.zeros(size))
        self.draw_weights(random)

    def __repr__(self) -> str:
        return f"Dense({self.n_inputs}, {self.n_neurons})"

    def draw_weights(self, random: RandomState | None = None) -> None:
        """Draw new weights; the biases become zero."""
        self.weights[:] = small_normal(self.n_inputs, self.n_neurons, random)
        self.biases[:] = 0

    def store(self, parameters: Array, gradients: Array) -> None:
        """Keep parameters and gradients in these flat arrays from now on."""
        self.parameters, self.gradients = parameters, gradients
        self._inputs = None  # what was attached was for the arrays before
        shape = self.n_inputs + 1, self.n_neurons
        self._matrix, self._dmatrix = parameters.reshape(shape), gradients.reshape(shape)
        self.weights, self.biases = self._matrix[:-1], self._matrix[-1:]
        self.dweights, self.dbiases = self._dmatrix[:-1], self._dmatrix[-1:]
        self._sums = self._dmatrix[-1]

    def output_width(self, input_width: int) -> int:
        """Return the number of neurons, if rows of ``input_width`` values fit."""
        if input_width != self.n_inputs:
            raise ValueError(f"{self!r} takes {self.n_inputs} values a row, not {input_width}")
        return self.n_neurons

    @property
    def outputs(self) -> Array:
        """The same as `output`."""
        return self.output

    def attach(self, inputs: Signal, output: Signal) -> None:
        """Work from now on between these two signals."""
        super().attach(inputs, output)
        samples, dtype = inputs.samples, inputs.values.dtype
        shape = samples, self.n_inputs, self.n_neurons, dtype
        self._takes_biases_in = adds_biases_last(*shape)
        self._takes_sums_in = self._takes_biases_in and adds_rows_in_order(*shape)
        if self._takes_biases_in:
            self._inputs_and_one = beside_one(samples, self.n_inputs, dtype)
            self._beside_one = self._inputs_and_one[:, :-1]
        self._into_output = product_into(self.output, dtype)
        self._into_dweights = product_into(self.dweights, dtype)
        self._add_rows = SumOfRows(samples, self.n_neurons, dtype)

    def inputs_changed(self) -> None:
        """Copy the inputs anew, where the backward pass multiplies a copy."""
        if self._takes_biases_in:
            np.copyto(self._beside_one, self.inputs)

    def compute_output(self) -> None:
        """Output = inputs · weights + biases, which is [inputs 1] · [weights; biases]."""
        if self._takes_biases_in:
            np.copyto(self._beside_one, self.inputs)
            self._into_output(self._inputs_and_one, self._matrix, self.output)
        else:
            self._into_output(self.inputs, self.weights, self.output)
            np.add(self.output, self.biases, self.output)

    def compute_gradients(self) -> None:
        """Dweights = inputsᵀ · doutput; dbiases = Σ doutput; dinputs = doutput · weightsᵀ."""
        if self._takes_sums_in:
            self._into_dweights(self._inputs_and_one.T, self.doutput, self._dmatrix)
        else:
            self._into_dweights(self.inputs.T, self.doutput, self.dweights)
            self._add_rows(self.doutput, self._sums)
        if self.dinputs is not None:
            np.matmul(self.doutput, self.weights.T, out=self.dinputs)
