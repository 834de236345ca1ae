"""Softmax: narrow rows column by column."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.arrays import for_sums_of_rows
from engine.kernels.layer import LayerKernel, Workspace
from engine.nn.activations import Softmax
from engine.nn.arrays import Array


class SoftmaxWorkspace(Workspace):
    """Arrays for batches of one shape."""

    def __init__(self, samples: int, width: int, dtype: np.dtype[Any]) -> None:
        super().__init__(samples, width, dtype)
        self.output_columns, self.dinputs_columns = self.output.T, self.dinputs.T
        self.rows = for_sums_of_rows(samples, width, dtype)
        self.columns = self.rows.T
        self.of_row = np.zeros(samples, dtype)


class SoftmaxKernel(LayerKernel[Softmax, SoftmaxWorkspace]):
    """`Softmax` without allocating."""

    workspace = SoftmaxWorkspace
    _output: Array | None = None
    _dvalues_columns: Array

    def forward(self, inputs: Array) -> None:
        """Compute ``output``."""
        layer = self.layer
        if inputs is not self._inputs and not self._take(inputs):
            return layer.forward(inputs)
        work = self._work
        columns, of_row = work.columns, work.of_row
        np.copyto(work.rows, inputs)
        np.maximum.reduce(columns, axis=0, out=of_row)
        np.subtract(columns, of_row, columns)
        np.exp(columns, columns)
        np.add.reduce(columns, axis=0, out=of_row)
        np.divide(columns, of_row, work.output_columns)
        layer.inputs = inputs
        layer.output = self._output = work.output.copy() if self.copies_output else work.output
        return None

    def backward(self, dvalues: Array) -> None:
        """Compute ``dinputs``."""
        layer, output = self.layer, self._output
        if (
            output is None
            or layer.output is not output
            or (dvalues is not self._dvalues and not self._take_dvalues(dvalues))
        ):
            return layer.backward(dvalues)
        work = self._work
        np.multiply(dvalues, output, work.rows)
        np.add.reduce(work.columns, axis=0, out=work.of_row)
        np.subtract(self._dvalues_columns, work.of_row, work.dinputs_columns)
        np.multiply(work.dinputs, output, work.dinputs)
        layer.dinputs = work.dinputs.copy() if self.copies_dinputs else work.dinputs
        return None

    def _take_dvalues(self, dvalues: Array) -> bool:
        self._dvalues_columns = dvalues.T
        return super()._take_dvalues(dvalues)
