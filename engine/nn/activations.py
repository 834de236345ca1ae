"""Activations: layers without parameters."""

from __future__ import annotations

import numpy as np

from engine.nn.layers import Layer
from engine.nn.signals import Signal, for_sums_of_rows, zeros


class ReLU(Layer):
    """The rectified linear unit: what is negative becomes zero."""

    def __repr__(self) -> str:
        return "ReLU()"

    def attach(self, inputs: Signal, output: Signal) -> None:
        """Work between these two signals."""
        super().attach(inputs, output)
        self.inactive = zeros(inputs.samples, inputs.width, bool)
        self._mask = np.zeros(self.inactive.shape, np.int8)
        self._one = np.ones((), np.int8)
        bits = np.dtype(f"i{inputs.values.itemsize}")
        self._doutput_bits = self.doutput.view(bits)
        self._dinputs_bits = None if self.dinputs is None else self.dinputs.view(bits)
        # NumPy's vectorised maximum takes two arrays, but not an array and a number.
        self._zeros = zeros(inputs.samples, inputs.width, inputs.values.dtype)
        self._zero = np.zeros((), inputs.values.dtype)  # a number would become one at each call

    def compute_output(self) -> None:
        """Output = max(0, inputs)."""
        np.maximum(self.inputs, self._zeros, out=self.output)

    def compute_gradients(self) -> None:
        """Dinputs = 0 where inputs <= 0, else doutput."""
        np.less_equal(self.inputs, self._zero, self.inactive)
        if self._dinputs_bits is not None:
            # Of a number's bits, all or none are kept: 0 times what is not finite would be NaN.
            np.subtract(self.inactive.view(np.int8), self._one, self._mask)
            np.copyto(self._dinputs_bits, self._mask)
            np.bitwise_and(self._dinputs_bits, self._doutput_bits, self._dinputs_bits)


class Softmax(Layer):
    """Turns each row into probabilities: positive, and one in sum."""

    def __repr__(self) -> str:
        return "Softmax()"

    def attach(self, inputs: Signal, output: Signal) -> None:
        """Work between these two signals."""
        super().attach(inputs, output)
        self._rows = for_sums_of_rows(inputs.samples, inputs.width, inputs.values.dtype)
        self._columns = self._rows.T
        self._of_row = np.zeros(inputs.samples, inputs.values.dtype)

    def compute_output(self) -> None:
        """Output = exp(inputs) / Σ exp(inputs), each row less its maximum so none overflows."""
        columns, of_row = self._columns, self._of_row
        np.copyto(self._rows, self.inputs)
        np.maximum.reduce(columns, axis=0, out=of_row)
        np.subtract(columns, of_row, columns)
        np.exp(columns, columns)
        np.add.reduce(columns, axis=0, out=of_row)
        np.divide(columns, of_row, self.output.T)

    def compute_gradients(self) -> None:
        """Dinputs = output · (doutput − Σ doutput · output): the Jacobian times doutput."""
        dinputs, of_row = self.dinputs, self._of_row
        if dinputs is None:
            return
        np.multiply(self.doutput, self.output, self._rows)
        np.add.reduce(self._columns, axis=0, out=of_row)
        np.subtract(self.doutput.T, of_row, dinputs.T)
        np.multiply(dinputs, self.output, dinputs)
