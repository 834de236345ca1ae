"""What the book's classes read and write, as it is found in their text."""

import numpy as np
import pytest

from engine.training.formulas import uses_of
from tests import notebook


class Dense(notebook.Dense):
    def __init__(self, n_inputs, n_neurons, l1=0, l2=0):
        super().__init__(n_inputs, n_neurons)
        self.l1, self.l2 = l1, l2

    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.T, dvalues)
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        if self.l1 > 0:
            dl1 = np.ones_like(self.weights)
            dl1[self.weights < 0] = -1
            self.dweights += self.l1 * dl1
        if self.l2 > 0:
            self.dweights += 2 * self.l2 * self.weights
        self.dinputs = np.dot(dvalues, self.weights.T)


class Softmax(notebook.Softmax):
    def backward(self, dvalues):
        self.dinputs = np.empty_like(dvalues)
        for index, (single_output, single_dvalues) in enumerate(
            zip(self.output, dvalues, strict=True)
        ):
            single_output = single_output.reshape(-1, 1)
            jacobian_matrix = np.diagflat(single_output) - np.dot(single_output, single_output.T)
            self.dinputs[index] = np.dot(jacobian_matrix, single_dvalues)


class Sigmoid:
    def forward(self, inputs, training):
        self.inputs = inputs
        self.output = 1 / (1 + np.exp(-inputs))

    def backward(self, dvalues):
        self.dinputs = dvalues * (1 - self.output) * self.output


class Dropout:
    def __init__(self, rate):
        self.rate = 1 - rate

    def forward(self, inputs, training=True):
        self.inputs = inputs
        if not training:
            self.output = inputs.copy()
            return
        self.binary_mask = np.random.binomial(1, self.rate, size=inputs.shape) / self.rate
        self.output = inputs * self.binary_mask

    def backward(self, dvalues):
        self.dinputs = dvalues * self.binary_mask


class BatchNorm:
    def __init__(self, n):
        self.gamma, self.beta = np.ones(n), np.zeros(n)
        self.running_mean, self.running_var = np.zeros(n), np.ones(n)

    def forward(self, inputs, training=True):
        if training:
            mean, var = inputs.mean(axis=0), inputs.var(axis=0)
            self.running_mean = 0.9 * self.running_mean + 0.1 * mean
            self.running_var = 0.9 * self.running_var + 0.1 * var
        else:
            mean, var = self.running_mean, self.running_var
        self.std = np.sqrt(var + 1e-5)
        self.normed = (inputs - mean) / self.std
        self.output = self.gamma * self.normed + self.beta

    def backward(self, dvalues):
        self.dgamma = (dvalues * self.normed).sum(axis=0)
        self.dbeta = dvalues.sum(axis=0)
        d = dvalues * self.gamma
        self.dinputs = (
            d - d.mean(axis=0) - self.normed * (d * self.normed).mean(axis=0)
        ) / self.std


class MeanSquaredError:
    def forward(self, y_pred, y_true):
        return np.mean((y_true - y_pred) ** 2, axis=-1)

    def backward(self, dvalues, y_true):
        samples = len(dvalues)
        outputs = len(dvalues[0])
        self.dinputs = -2 * (y_true - dvalues) / outputs
        self.dinputs = self.dinputs / samples


class Momentum:
    def __init__(self, learning_rate=1.0, decay=0.0, momentum=0.0):
        self.learning_rate = self.current_learning_rate = learning_rate
        self.decay, self.iterations, self.momentum = decay, 0, momentum

    def pre_update_params(self):
        if self.decay:
            self.current_learning_rate = self.learning_rate / (1 + self.decay * self.iterations)

    def update_params(self, layer):
        if self.momentum:
            if not hasattr(layer, "weight_momentums"):
                layer.weight_momentums = np.zeros_like(layer.weights)
            weight_updates = (
                self.momentum * layer.weight_momentums - self.current_learning_rate * layer.dweights
            )
            layer.weight_momentums = weight_updates
        else:
            weight_updates = -self.current_learning_rate * layer.dweights
        layer.weights += weight_updates

    def post_update_params(self):
        self.iterations += 1


class Adam(Momentum):
    beta_1, beta_2, epsilon = 0.9, 0.999, 1e-7

    def update_params(self, layer):
        if not hasattr(layer, "weight_cache"):
            layer.weight_momentums = np.zeros_like(layer.weights)
            layer.weight_cache = np.zeros_like(layer.weights)
        layer.weight_momentums = (
            self.beta_1 * layer.weight_momentums + (1 - self.beta_1) * layer.dweights
        )
        corrected = layer.weight_momentums / (1 - self.beta_1 ** (self.iterations + 1))
        layer.weight_cache = (
            self.beta_2 * layer.weight_cache + (1 - self.beta_2) * layer.dweights**2
        )
        cache = layer.weight_cache / (1 - self.beta_2 ** (self.iterations + 1))
        layer.weights += -self.current_learning_rate * corrected / (np.sqrt(cache) + self.epsilon)


class RMSprop(Momentum):
    rho, epsilon = 0.9, 1e-7

    def update_params(self, layer):
        if not hasattr(layer, "weight_cache"):
            layer.weight_cache = np.zeros_like(layer.weights)
        layer.weight_cache = self.rho * layer.weight_cache + (1 - self.rho) * layer.dweights**2
        layer.weights += (
            -self.current_learning_rate
            * layer.dweights
            / (np.sqrt(layer.weight_cache) + self.epsilon)
        )


BOOK = [
    (
        notebook.Dense(2, 3),
        "forward",
        "self.weights inputs self.biases",
        "self.inputs self.outputs",
    ),
    (
        notebook.Dense(2, 3),
        "backward",
        "self.inputs dvalues self.weights",
        "self.dweights self.dbiases self.dinputs",
    ),
    (
        Dense(2, 3),
        "backward",
        "self.inputs dvalues self.l1 self.weights self.l2",
        "self.dweights self.dbiases self.dinputs",
    ),
    (notebook.ReLU(), "forward", "inputs", "self.inputs self.output"),
    (notebook.ReLU(), "backward", "dvalues self.inputs", "self.dinputs"),
    (Softmax(), "forward", "inputs", "self.output"),
    (Softmax(), "backward", "dvalues self.output", "self.dinputs"),
    (Sigmoid(), "forward", "inputs", "self.inputs self.output"),
    (Sigmoid(), "backward", "dvalues self.output", "self.dinputs"),
    (
        Dropout(0.1),
        "forward",
        "training inputs self.rate",
        "self.inputs self.output self.binary_mask",
    ),
    (Dropout(0.1), "backward", "dvalues self.binary_mask", "self.dinputs"),
    (
        BatchNorm(3),
        "forward",
        "training inputs self.running_mean self.running_var self.gamma self.beta",
        "self.running_mean self.running_var self.std self.normed self.output",
    ),
    (
        BatchNorm(3),
        "backward",
        "dvalues self.normed self.gamma self.std",
        "self.dgamma self.dbeta self.dinputs",
    ),
    (notebook.CrossEntropyLoss(), "forward", "y_pred y_true", ""),
    (notebook.CrossEntropyLoss(), "backward", "dvalues y_true", "self.dinputs"),
    (
        notebook.SoftmaxCrossEntropy(),
        "forward",
        "inputs y_true",
        "self.activation.output self.output",
    ),
    (notebook.SoftmaxCrossEntropy(), "backward", "dvalues y_true", "self.dinputs"),
    (MeanSquaredError(), "forward", "y_true y_pred", ""),
    (MeanSquaredError(), "backward", "dvalues y_true", "self.dinputs"),
    (
        notebook.GradientDescent(),
        "update_parameters",
        "self.learning_rate layer.dweights layer.weights layer.dbiases layer.biases",
        "layer.weights layer.biases",
    ),
    (
        Momentum(),
        "pre_update_params",
        "self.decay self.learning_rate self.iterations",
        "self.current_learning_rate",
    ),
    (Momentum(), "post_update_params", "self.iterations", "self.iterations"),
    (
        Momentum(),
        "update_params",
        "self.momentum layer.weight_momentums layer.weights self.current_learning_rate "
        "layer.dweights",
        "layer.weight_momentums layer.weights",
    ),
    (
        Adam(),
        "update_params",
        "layer.weight_cache layer.weights self.beta_1 layer.weight_momentums layer.dweights "
        "self.iterations self.beta_2 self.current_learning_rate self.epsilon",
        "layer.weight_momentums layer.weight_cache layer.weights",
    ),
    (
        RMSprop(),
        "update_params",
        "layer.weight_cache layer.weights self.rho layer.dweights self.current_learning_rate "
        "self.epsilon",
        "layer.weight_cache layer.weights",
    ),
]


@pytest.mark.parametrize(
    ("part", "name", "reads", "writes"),
    BOOK,
    ids=[f"{type(part).__name__}.{name}" for part, name, *_ in BOOK],
)
def test_the_books_classes(part, name, reads, writes):
    uses = uses_of(getattr(part, name))
    assert (set(uses.reads), set(uses.writes)) == (set(reads.split()), set(writes.split()))
    assert not uses.opaque
    assert uses.returns == (name == "forward" and not hasattr(part, "inputs") and "y_" in reads)
