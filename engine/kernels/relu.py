"""ReLU: the maximum of two arrays, and a gradient that is masked bit by bit."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.arrays import zeros
from engine.kernels.layer import LayerKernel, Workspace
from engine.nn.activations import ReLU
from engine.nn.arrays import Array


class ReLUWorkspace(Workspace):
    """Arrays for batches of one shape."""

    def __init__(self, samples: int, width: int, dtype: np.dtype[Any]) -> None:
        super().__init__(samples, width, dtype)
        self.bits = np.dtype(f"i{dtype.itemsize}")
        self.dinputs_bits = self.dinputs.view(self.bits)
        # NumPy's vectorised maximum takes two arrays, but not an array and a number.
        self.zeros = zeros(samples, width, dtype)
        self.zero = np.zeros((), dtype)  # a number would be converted at each call
        self.inactive = zeros(samples, width, np.bool_)
        self.inactive_bytes = self.inactive.view(np.int8)
        self.mask = zeros(samples, width, np.int8)
        self.one = np.ones((), np.int8)


class ReLUKernel(LayerKernel[ReLU, ReLUWorkspace]):
    """`ReLU` without allocating."""

    workspace = ReLUWorkspace
    _dvalues_bits: Array

    def forward(self, inputs: Array) -> None:
        """Compute ``output``."""
        layer = self.layer
        if inputs is not self._inputs and not self._take(inputs):
            return layer.forward(inputs)
        work = self._work
        np.maximum(work.zeros, inputs, out=work.output)
        layer.inputs = inputs
        layer.output = work.output.copy() if self.copies_output else work.output
        return None

    def backward(self, dvalues: Array) -> None:
        """Compute ``dinputs``: of each value's bits all are kept, or none.

        A product with zero would turn infinity into NaN.
        """
        layer = self.layer
        if layer.inputs is not self._inputs or (
            dvalues is not self._dvalues and not self._take_dvalues(dvalues)
        ):
            return layer.backward(dvalues)
        work = self._work
        np.less_equal(layer.inputs, work.zero, work.inactive)
        np.subtract(work.inactive_bytes, work.one, work.mask)
        np.copyto(work.dinputs_bits, work.mask)
        np.bitwise_and(work.dinputs_bits, self._dvalues_bits, work.dinputs_bits)
        layer.dinputs = work.dinputs.copy() if self.copies_dinputs else work.dinputs
        return None

    def _take_dvalues(self, dvalues: Array) -> bool:
        fits = super()._take_dvalues(dvalues)
        if fits:
            self._dvalues_bits = dvalues.view(self._work.bits)
        return fits
