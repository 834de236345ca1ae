"""Losses: how wrong a network is, and which way is better.

Like layers, they are used alone, as in a notebook (`calculate`, `forward`, `backward`), or are
connected to a network's last signal (`connect`, then `compute_loss` and `compute_gradients`).
"""

from __future__ import annotations

import copy

import numpy as np
from numpy.typing import ArrayLike

from engine.nn.activations import Softmax
from engine.nn.signals import Array, Signal, zeros

# Probabilities are kept this far from 0 and 1, so that their logarithm stays finite.
CLIP = 1e-7


def class_indices(labels: ArrayLike) -> Array:
    """Return labels as class indices of shape (samples,), whether sparse or one-hot.

    Whole numbers may be floats, as in a table that was read, and a single column.

    Raises
    ------
    ValueError
        If they are neither.
    """
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.dtype.kind == "f" and labels.ndim == 1:
        broken = labels[~(np.isfinite(labels) & (labels == np.floor(labels)))]
        if len(broken):
            raise ValueError(f"labels must be whole numbers (class indices), not {broken[0]:g}")
        labels = labels.astype(np.intp)
    if labels.ndim == 2 and ((labels == 0) | (labels == 1)).all() and (labels.sum(1) == 1).all():
        indices: Array = np.argmax(labels, axis=1)
        return indices
    if labels.ndim == 1 and (labels.dtype.kind in "bui"):
        return labels.astype(np.intp)
    raise ValueError("labels must be class indices (whole numbers), or one-hot rows")


def _room_for(values: Array) -> Signal:
    samples, width = values.shape
    return Signal.allocate(samples, width, np.result_type(values.dtype, np.float32))


class Loss:
    """The base of all losses of a classifier.

    Attributes
    ----------
    value : float
        Mean loss of the batch.
    correct : int
        Samples of the batch whose most probable class is the true one.
    output : array, shape (samples, classes)
        The probabilities.
    y_true : array, shape (samples,)
        True classes.
    dinputs : array
        The mean loss's derivative by what came in.
    """

    value: float
    correct: int
    output: Array
    y_true: Array
    dinputs: Array | None

    def connect(self, inputs: Signal) -> None:
        """Take ``inputs`` as what comes in from the network's last layer."""
        raise NotImplementedError

    def apart(self) -> Loss:
        """Return a loss like this one, to be connected without touching this one's arrays."""
        return copy.copy(self)

    def set_labels(self, labels: Array) -> None:
        """Take the true classes of the batch, of shape (samples,)."""
        raise NotImplementedError

    def compute_loss(self) -> None:
        """Write `value` and `correct`."""
        raise NotImplementedError

    def compute_gradients(self) -> None:
        """Write `dinputs`."""
        raise NotImplementedError

    def forward(self, y_pred: ArrayLike, y_true: ArrayLike) -> Array:
        """Return the loss of each sample, of shape (samples,)."""
        raise NotImplementedError

    def calculate(self, output: ArrayLike, y: ArrayLike) -> float:
        """Return the mean loss of a batch.

        Parameters
        ----------
        output : array_like, shape (samples, classes)
        y : array_like, shape (samples,) or (samples, classes)
            Class indices, or one-hot rows.
        """
        return float(np.mean(self.forward(output, y)))


class CrossEntropyLoss(Loss):
    """Categorical cross-entropy: minus the logarithm of the true class's probability."""

    def connect(self, inputs: Signal) -> None:
        """Take ``inputs`` as the probabilities."""
        samples, width, dtype = inputs.samples, inputs.width, inputs.values.dtype
        self.output, self.dinputs = inputs.values, inputs.gradient
        self.y_true = np.zeros(samples, np.intp)
        self._samples = np.array(samples, dtype)  # NumPy would make one of a number at each call
        self.targets = zeros(samples, width, dtype)
        self.sample_losses: Array = np.zeros(samples, dtype)
        self.predictions = np.zeros(samples, np.intp)
        self._hits = np.zeros(samples, bool)
        self._classes = np.arange(width)
        self._least, self._most = (np.full(samples, p, dtype) for p in (CLIP, 1 - CLIP))
        self._flat = self.output.reshape(-1)
        self._starts = np.arange(0, samples * width, width)

    def set_labels(self, labels: Array) -> None:
        """Take the true classes of the batch; ValueError if one is not among the outputs."""
        if len(labels) and not 0 <= labels.min() <= labels.max() < len(self._classes):
            raise ValueError(
                f"labels must be 0 to {len(self._classes) - 1}, for {len(self._classes)} outputs"
            )
        np.copyto(self.y_true, labels, casting="unsafe")
        np.copyto(self.targets, self.y_true[:, None] == self._classes)
        self._confidences_at = self._starts + self.y_true

    def compute_loss(self) -> None:
        """Value = mean(−log(probability of the true class)); predictions = the likeliest."""
        losses = self.sample_losses
        self._flat.take(self._confidences_at, out=losses, mode="clip")
        np.maximum(losses, self._least, out=losses)
        np.minimum(losses, self._most, out=losses)
        np.log(losses, losses)
        np.negative(losses, losses)
        self.value = float(np.add.reduce(losses) / len(losses))
        self.output.argmax(axis=1, out=self.predictions)
        np.equal(self.predictions, self.y_true, self._hits)
        self.correct = int(np.count_nonzero(self._hits))

    def compute_gradients(self) -> None:
        """Dinputs = −targets / output / samples."""
        dinputs = self.dinputs
        assert dinputs is not None
        np.divide(self.targets, self.output, dinputs)
        np.negative(dinputs, dinputs)
        np.divide(dinputs, self._samples, dinputs)

    def _take(self, y_pred: ArrayLike, y_true: ArrayLike) -> None:
        y_pred = np.asarray(y_pred)
        self.connect(_room_for(y_pred))
        np.copyto(self.output, y_pred)
        self.set_labels(class_indices(y_true))

    def forward(self, y_pred: ArrayLike, y_true: ArrayLike) -> Array:
        """Return the loss of each sample.

        Parameters
        ----------
        y_pred : array_like, shape (samples, classes)
            Probabilities.
        y_true : array_like, shape (samples,) or (samples, classes)
            Class indices, or one-hot rows.
        """
        self._take(y_pred, y_true)
        self.compute_loss()
        return self.sample_losses

    def backward(self, dvalues: ArrayLike, y_true: ArrayLike) -> None:
        """Write the derivative by the probabilities ``dvalues`` into `dinputs`."""
        self._take(dvalues, y_true)
        self.compute_gradients()


class SoftmaxCrossEntropy(Loss):
    """Softmax and cross-entropy in one, whose derivative together is simpler than either's.

    Attributes
    ----------
    activation : Softmax
    loss : CrossEntropyLoss
    """

    def __init__(self) -> None:
        self.activation = Softmax()
        self.loss = CrossEntropyLoss()

    def apart(self) -> Loss:
        """Return a loss like this one, with arrays of its own."""
        return SoftmaxCrossEntropy()

    def connect(self, inputs: Signal) -> None:
        """Take ``inputs`` as the logits: the last layer's output."""
        self.loss.connect(self.activation.connect(inputs))
        self.output, self.dinputs = self.activation.output, inputs.gradient
        self.y_true = self.loss.y_true

    def set_labels(self, labels: Array) -> None:
        """Take the true classes of the batch."""
        self.loss.set_labels(labels)

    def compute_loss(self) -> None:
        """Output = softmax(inputs); value = mean(−log(probability of the true class))."""
        self.activation.compute_output()
        self.loss.compute_loss()
        self.value, self.correct = self.loss.value, self.loss.correct

    def compute_gradients(self) -> None:
        """Dinputs = (output − targets) / samples."""
        dinputs = self.dinputs
        assert dinputs is not None
        np.subtract(self.output, self.loss.targets, dinputs)
        np.divide(dinputs, self.loss._samples, dinputs)

    def forward(self, inputs: ArrayLike, y_true: ArrayLike) -> float:  # type: ignore[override]
        """Return the mean loss; the probabilities are in `output`.

        Parameters
        ----------
        inputs : array_like, shape (samples, classes)
            Logits.
        y_true : array_like, shape (samples,) or (samples, classes)
        """
        inputs = np.asarray(inputs)
        self.connect(_room_for(inputs))
        np.copyto(self.activation.inputs, inputs)
        self.set_labels(class_indices(y_true))
        self.compute_loss()
        return self.value

    def calculate(self, output: ArrayLike, y: ArrayLike) -> float:
        """Return the mean loss of logits."""
        return self.forward(output, y)

    def backward(self, dvalues: ArrayLike, y_true: ArrayLike) -> None:
        """Write the derivative by the logits into `dinputs`.

        Parameters
        ----------
        dvalues : array_like, shape (samples, classes)
            The probabilities that the forward pass left in `output`.
        y_true : array_like, shape (samples,) or (samples, classes)
        """
        np.copyto(self.output, dvalues)
        self.set_labels(class_indices(y_true))
        self.compute_gradients()
