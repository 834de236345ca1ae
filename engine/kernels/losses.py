"""Losses: only the true classes' probabilities are looked at, and labels are converted once."""

from __future__ import annotations

from functools import cache
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.random import default_rng
from numpy.typing import ArrayLike

from engine.kernels.arrays import Workspaces, share_memory, zeros
from engine.kernels.labels import Labels
from engine.kernels.softmax import SoftmaxKernel
from engine.kernels.trial import agree, draw, tried_rows
from engine.nn.arrays import Array
from engine.nn.losses import CrossEntropyLoss, SoftmaxCrossEntropy

L = TypeVar("L")


class LossWorkspace:
    """Arrays for batches of one shape."""

    def __init__(self, samples: int, width: int, dtype: np.dtype[Any]) -> None:
        self.labels = Labels(samples, width, dtype)
        self.dinputs = zeros(samples, width, dtype)
        self.samples = np.array(samples, dtype)  # a number would be converted at each call
        self._losses: Array = np.zeros(samples, dtype)
        self._least, self._most = (np.full(samples, p, dtype) for p in (1e-7, 1 - 1e-7))

    def mean_loss(self, flat: Array) -> float:
        """Return mean(−log(clip(probability of the true class))) of flat probabilities."""
        losses = self._losses
        flat.take(self.labels.flat, out=losses, mode="clip")
        np.maximum(losses, self._least, out=losses)
        np.minimum(losses, self._most, out=losses)
        np.log(losses, losses)
        return float(-np.add.reduce(losses) / len(losses))  # a sum is rounded alike below zero


class LossKernel(Generic[L]):
    """A loss without allocating.

    Parameters
    ----------
    loss : object
    workspaces : Workspaces, optional
        Of shapes that have been tried, if not given.
    copies_dinputs : bool
        Whether ``dinputs`` is a new array at each pass, for a layer that might keep it.
    """

    _work: LossWorkspace
    _values: Array | None = None
    _flat: Array

    def __init__(
        self,
        loss: L,
        workspaces: Workspaces[LossWorkspace] | None = None,
        copies_dinputs: bool = False,
    ) -> None:
        self.loss, self.copies_dinputs = loss, copies_dinputs
        kinds: Any = type(self), type(loss)
        self._workspaces = workspaces or Workspaces(
            lambda *shape: LossWorkspace(*shape) if _is_equal(*kinds, *shape) else None
        )

    def forget(self) -> None:
        """Look at everything anew in the next pass, since an array was changed in place."""
        if self._values is not None:
            self._work.labels.forget()
        self._values = None

    def _find(self, values: Array, y_true: ArrayLike) -> LossWorkspace | None:
        """Return the workspace for these, with the labels in it; None if the formula must run."""
        if values is not self._values:
            work = self._workspaces.of(values)
            if work is None or share_memory(values, work.dinputs):
                return None
            self._values, self._work, self._flat = values, work, values.reshape(-1)
        work = self._work
        return work if y_true is work.labels.y_true or work.labels.take(y_true) else None

    def _dinputs(self, work: LossWorkspace) -> Array:
        return work.dinputs.copy() if self.copies_dinputs else work.dinputs


class CrossEntropyKernel(LossKernel[CrossEntropyLoss]):
    """`CrossEntropyLoss` without allocating."""

    def forward(self, inputs: Array, y_true: ArrayLike) -> float:
        """Return the mean loss, as the formula's ``calculate``."""
        work = self._find(inputs, y_true)
        return self.loss.calculate(inputs, y_true) if work is None else work.mean_loss(self._flat)

    def backward(self, dvalues: Array, y_true: ArrayLike) -> None:
        """Compute ``dinputs`` from the probabilities ``dvalues``."""
        work = self._find(dvalues, y_true)
        if work is None:
            return self.loss.backward(dvalues, y_true)
        np.divide(work.labels.minus_one_hot, dvalues, work.dinputs)
        np.divide(work.dinputs, work.samples, work.dinputs)
        self.loss.dinputs = self._dinputs(work)
        return None


class SoftmaxCrossEntropyKernel(LossKernel[SoftmaxCrossEntropy]):
    """`SoftmaxCrossEntropy` without allocating."""

    def __init__(
        self,
        loss: SoftmaxCrossEntropy,
        workspaces: Workspaces[LossWorkspace] | None = None,
        copies_dinputs: bool = False,
    ) -> None:
        super().__init__(loss, workspaces, copies_dinputs)
        self._softmax = SoftmaxKernel(loss.activation)

    def forget(self) -> None:
        """Look at everything anew in the next pass, since an array was changed in place."""
        super().forget()
        self._softmax.forget()

    def forward(self, inputs: Array, y_true: ArrayLike) -> float:
        """Return the mean loss of logits; compute ``output``."""
        loss, activation = self.loss, self._softmax.layer
        if loss.activation is not activation or type(loss.loss) is not CrossEntropyLoss:
            return loss.forward(inputs, y_true)
        self._softmax.forward(inputs)
        loss.output = activation.output
        work = self._find(activation.output, y_true)
        if work is None:
            return loss.loss.calculate(activation.output, y_true)
        return work.mean_loss(self._flat)

    def backward(self, dvalues: Array, y_true: ArrayLike) -> None:
        """Compute ``dinputs`` from the probabilities ``dvalues``."""
        work = self._find(dvalues, y_true)
        if work is None:
            return self.loss.backward(dvalues, y_true)
        np.add(dvalues, work.labels.minus_one_hot, work.dinputs)
        np.divide(work.dinputs, work.samples, work.dinputs)
        self.loss.dinputs = self._dinputs(work)
        return None


@cache
def _is_equal(
    kernel: type[Any], loss: type[Any], samples: int, width: int, dtype: np.dtype[Any]
) -> bool:
    random = default_rng(0)
    samples = tried_rows(samples, width)
    inputs, dvalues = (draw(random, (samples, width), dtype, special=True) for _ in range(2))
    y_true = random.integers(width, size=samples)

    def run(performer: Any) -> float:
        forward = performer.calculate if type(performer) is CrossEntropyLoss else performer.forward
        mean: float = forward(inputs, y_true)
        performer.backward(dvalues, y_true)
        return mean

    return agree(loss, lambda part: kernel(part, Workspaces(LossWorkspace)), run)
