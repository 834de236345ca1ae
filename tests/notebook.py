"""The notebook's own code, as the oracle: its classes and its loop, with nothing changed but
that the sizes are arguments and the figures are returned.
"""

import itertools

import nnfs.datasets
import numpy as np


class Dense:
    def __init__(self, n_inputs, n_neurons):
        self.weights = 0.01 * np.random.randn(n_inputs, n_neurons)
        self.biases = np.zeros((1, n_neurons))

    def forward(self, inputs):
        self.inputs = inputs
        self.outputs = np.dot(inputs, self.weights) + self.biases

    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.T, dvalues)
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        self.dinputs = np.dot(dvalues, self.weights.T)


class ReLU:
    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.maximum(0, inputs)

    def backward(self, dvalues):
        self.dinputs = dvalues.copy()
        self.dinputs[self.inputs <= 0] = 0


class Softmax:
    def forward(self, inputs):
        exp_values = np.exp(inputs - np.max(inputs, axis=1, keepdims=True))
        self.output = exp_values / np.sum(exp_values, axis=1, keepdims=True)


class CrossEntropyLoss:
    def calculate(self, output, y):
        return np.mean(self.forward(output, y))

    def forward(self, y_pred, y_true):
        samples = len(y_pred)
        y_pred_clipped = np.clip(y_pred, 1e-7, 1 - 1e-7)
        if len(y_true.shape) == 1:
            correct_confidences = y_pred_clipped[range(samples), y_true]
        else:
            correct_confidences = np.sum(y_pred_clipped * y_true, axis=1)
        return -np.log(correct_confidences)

    def backward(self, dvalues, y_true):
        samples = len(dvalues)
        if len(y_true.shape) == 1:
            y_true = np.eye(len(dvalues[0]))[y_true]
        self.dinputs = -y_true / dvalues / samples


class SoftmaxCrossEntropy:
    def __init__(self):
        self.activation = Softmax()
        self.loss = CrossEntropyLoss()

    def forward(self, inputs, y_true):
        self.activation.forward(inputs)
        self.output = self.activation.output
        return self.loss.calculate(self.output, y_true)

    def backward(self, dvalues, y_true):
        samples = len(dvalues)
        if len(y_true.shape) == 2:
            y_true = np.argmax(y_true, axis=1)
        self.dinputs = dvalues.copy()
        self.dinputs[range(samples), y_true] -= 1
        self.dinputs = self.dinputs / samples


class GradientDescent:
    def __init__(self, learning_rate=1):
        self.learning_rate = learning_rate

    def update_parameters(self, layer):
        layer.weights += -self.learning_rate * layer.dweights
        layer.biases += -self.learning_rate * layer.dbiases


def build(seed=0, hidden=(64,), samples=100, classes=3, learning_rate=0.1):
    """What the notebook makes before its loop."""
    np.random.seed(seed)
    X, y = nnfs.datasets.spiral_data(samples=samples, classes=classes)
    widths = [2, *hidden, classes]
    dense = [Dense(a, b) for a, b in itertools.pairwise(widths)]
    return X, y, dense, SoftmaxCrossEntropy(), GradientDescent(learning_rate)


def loop(X, y, dense, loss_activation, optimizer, epochs):
    """The notebook's loop: yields (loss, accuracy, probabilities) of each epoch."""
    relus = [ReLU() for _ in dense[1:]]
    for _ in range(epochs):
        dense[0].forward(X)
        for relu, below, above in zip(relus, dense, dense[1:], strict=False):
            relu.forward(below.outputs)
            above.forward(relu.output)
        loss = loss_activation.forward(dense[-1].outputs, y)
        predictions = np.argmax(loss_activation.output, axis=1)
        accuracy = np.mean(predictions == y)
        yield loss, accuracy, loss_activation.output
        loss_activation.backward(loss_activation.output, y)
        dense[-1].backward(loss_activation.dinputs)
        for relu, below, above in zip(relus[::-1], dense[-2::-1], dense[:0:-1], strict=False):
            relu.backward(above.dinputs)
            below.backward(relu.dinputs)
        for layer in dense:
            optimizer.update_parameters(layer)
