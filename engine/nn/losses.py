"""Losses: how wrong a network is, and which way is better.

A loss offers `forward`, which takes what a network says and the true classes and returns the loss
of each sample, or their mean, and `backward`, which leaves the mean's derivative in ``dinputs``.
Its ``metrics`` are what is measured with it: the mean loss, and for classes the accuracy.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from engine.nn.activations import Softmax
from engine.nn.arrays import Array
from engine.nn.labels import class_indices
from engine.protocol.metrics import ACCURACY, LOSS


class Loss:
    """The base of losses that know the loss of each sample."""

    state: ClassVar = ()
    metrics: ClassVar = (LOSS, ACCURACY)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def forward(self, y_pred: Array, y_true: ArrayLike) -> Array:
        """Return the loss of each sample."""
        raise NotImplementedError

    def calculate(self, output: Array, y: ArrayLike) -> float:
        """Return the mean loss of a batch."""
        sample_losses = self.forward(output, y)
        return float(np.mean(sample_losses))


class CrossEntropyLoss(Loss):
    """Categorical cross-entropy: minus the logarithm of the true class's probability."""

    def forward(self, y_pred: Array, y_true: ArrayLike) -> Array:
        """Return the loss of each sample, of shape (samples,).

        Parameters
        ----------
        y_pred : array, shape (samples, classes)
            Probabilities.
        y_true : array_like, shape (samples,) or (samples, classes)
            Class indices, or one-hot rows.
        """
        y_pred_clipped = np.clip(y_pred, 1e-7, 1 - 1e-7)
        confidences: Array = y_pred_clipped[range(len(y_pred)), class_indices(y_true)]
        return -np.log(confidences)

    def backward(self, dvalues: Array, y_true: ArrayLike) -> None:
        """Compute ``dinputs`` from the probabilities ``dvalues``."""
        samples, labels = dvalues.shape
        y_true = np.eye(labels, dtype=dvalues.dtype)[class_indices(y_true)]
        self.dinputs = -y_true / dvalues
        self.dinputs = self.dinputs / samples


class SoftmaxCrossEntropy:
    """Softmax and cross-entropy in one, whose derivative together is simpler than either's.

    Attributes
    ----------
    activation : Softmax
    loss : CrossEntropyLoss
    output : array, shape (samples, classes)
        The probabilities.
    """

    state: ClassVar = ()
    metrics: ClassVar = (LOSS, ACCURACY)

    def __init__(self) -> None:
        self.activation = Softmax()
        self.loss = CrossEntropyLoss()

    def __repr__(self) -> str:
        return "SoftmaxCrossEntropy()"

    def forward(self, inputs: Array, y_true: ArrayLike) -> float:
        """Return the mean loss of logits, of shape (samples, classes); compute ``output``."""
        self.activation.forward(inputs)
        self.output = self.activation.output
        return self.loss.calculate(self.output, y_true)

    def backward(self, dvalues: Array, y_true: ArrayLike) -> None:
        """Compute ``dinputs``, the derivative by the logits, from the probabilities ``dvalues``."""
        samples = len(dvalues)
        self.dinputs = dvalues.copy()
        self.dinputs[range(samples), class_indices(y_true)] -= 1
        self.dinputs = self.dinputs / samples
