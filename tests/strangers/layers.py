"""Layers as people write them, with state of every kind."""

import itertools
import random
from collections import defaultdict, deque
from types import SimpleNamespace

import numpy as np

from engine import (
    Dense,
)

passes = 0

drawn_from = np.random.RandomState(5)

kept = {"mask": None}


class Dropout:
    """Draws with a generator of its own."""

    def __init__(self):
        self.random = np.random.default_rng(1)

    def forward(self, inputs):
        self.mask = self.random.binomial(1, 0.8, inputs.shape) / 0.8
        self.output = inputs * self.mask

    def backward(self, dvalues):
        self.dinputs = dvalues * self.mask


class OldDropout(Dropout):
    def __init__(self):
        self.random = np.random.RandomState(1)


class GlobalDropout(Dropout):
    def __init__(self):
        self.random = np.random


class PythonDropout(Dropout):
    def __init__(self):
        self._chance = random.Random(3)

    def forward(self, inputs):
        self.mask = np.array([[self._chance.random() + random.random() for _ in r] for r in inputs])
        self.output = inputs * self.mask


class ModuleDropout(Dropout):
    """Draws with a generator of the module, and counts in a global variable."""

    def __init__(self):
        pass

    def forward(self, inputs):
        global passes
        passes += 1
        kept["mask"] = drawn_from.uniform(0.5, 1.5, inputs.shape) / (1 + passes / 50)
        self.output = inputs * kept["mask"]

    def backward(self, dvalues):
        self.dinputs = dvalues * kept["mask"]


class GivenDropout(Dropout):
    def __init__(self):
        pass

    def forward(self, inputs, training, random):
        self.mask = random.uniform(0.5, 1.5, inputs.shape) if training else 1.0
        self.output = inputs * self.mask


class BatchNorm:
    """Keeps a running mean, and uses it."""

    def __init__(self, width=8):
        self.mean, self.var = np.zeros(width), np.ones(width)

    def forward(self, inputs):
        self.mean = 0.9 * self.mean + 0.1 * inputs.mean(0)
        self.var = 0.9 * self.var + 0.1 * inputs.var(0)
        self.output = (inputs - self.mean) / np.sqrt(self.var + 1e-5)

    def backward(self, dvalues):
        self.dinputs = dvalues / np.sqrt(self.var + 1e-5)


class InPlaceNorm(BatchNorm):
    def forward(self, inputs):
        self.mean *= 0.9
        self.mean += 0.1 * inputs.mean(0)
        self.output = inputs - self.mean

    def backward(self, dvalues):
        self.dinputs = dvalues


class Containers:
    """Keeps what it needs in a dictionary, a list, a deque and an object in an object."""

    count = 0

    def __init__(self):
        self._of = {"last": 0.0, "all": [], 7: deque(maxlen=3)}
        self._inner = SimpleNamespace(deep=SimpleNamespace(scale=np.ones(1)))
        self._numbers = itertools.count(1)
        self._seen = defaultdict(int)

    def forward(self, inputs):
        Containers.count += 1
        number = next(self._numbers)
        self._of["all"].append(float(np.tanh(inputs.sum())))
        self._of[7].append(number)
        self._seen[number % 3] += 1
        self._inner.deep.scale *= 0.99
        scale = self._inner.deep.scale[0] + 0.01 * sum(self._of["all"][-3:]) + self._seen[0] / 1000
        self._of["last"] = scale + len(self._of[7]) / 100 + Containers.count / 1000
        self.output = inputs * self._of["last"]

    def backward(self, dvalues):
        self.dinputs = dvalues * self._of["last"]


class PReLU:
    def __init__(self):
        self.alpha = np.array([0.25])

    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.where(inputs > 0, inputs, self.alpha * inputs)

    def backward(self, dvalues):
        self.dalpha = np.array([(dvalues * self.inputs)[self.inputs <= 0].sum()])
        self.dinputs = np.where(self.inputs > 0, 1, self.alpha) * dvalues


class Returning:
    """Returns what it computes, and leaves nothing but a number of its own."""

    times = 1.0

    def forward(self, inputs):
        self.times *= 1.001
        return np.tanh(inputs) * self.times

    def backward(self, dvalues):
        return dvalues * self.times


class InPlace:
    """Changes what it is given, and what it gives."""

    def forward(self, inputs):
        inputs *= 1.1
        self.outputs = inputs

    def backward(self, dvalues):
        dvalues *= 1.1
        self.dinputs = dvalues


class Remembering:
    """Adds what came in the last time, where as many rows came."""

    def __init__(self):
        self.before = None

    def forward(self, inputs):
        same = self.before is not None and self.before.shape == inputs.shape
        self.output = inputs + 0.1 * self.before if same else inputs + 0
        self.before = inputs

    def backward(self, dvalues):
        self.dinputs = dvalues


class Squares:
    """Twice as wide as what comes in."""

    def forward(self, inputs):
        self.output = np.hstack([inputs, inputs**2])

    def backward(self, dvalues):
        self.dinputs = dvalues[:, : dvalues.shape[1] // 2]


class Transposed:
    """Names its parameters in its own way, and lays them out in its own way."""

    def __init__(self):
        self.W, self.b = 0.5 * np.random.randn(8, 8), np.zeros(8)

    def forward(self, x):
        self.x = x
        return x @ self.W.T + self.b

    def backward(self, delta):
        self.dW, self.db = delta.T @ self.x, delta.sum(axis=0)
        return delta @ self.W


class Scale:
    """Has a number for a parameter."""

    def __init__(self):
        self.scale = 1.5

    def forward(self, inputs):
        self.inputs = inputs
        self.output = inputs * self.scale

    def backward(self, dvalues):
        self.dscale = float((dvalues * self.inputs).sum())
        self.dinputs = dvalues * self.scale


class Whole(Scale):
    """Has a whole number for a parameter."""

    def __init__(self):
        self.scale = 1


class LateScale(Scale):
    """Has a number for a parameter once it has seen a batch."""

    def __init__(self):
        self.scale = None

    def forward(self, inputs):
        if self.scale is None:
            self.scale = 1.5
        super().forward(inputs)


class Affine:
    """Names what it computes, and the derivative of that, as its parameters and theirs."""

    def __init__(self):
        self.W, self.b, self.z = 0.5 * np.random.randn(8, 8), np.zeros(8), None

    def forward(self, x):
        self.x = x
        self.z = self.x @ self.W + self.b
        return np.tanh(self.z)

    def backward(self, dout):
        self.dz = dout * (1 - np.tanh(self.z) ** 2)
        self.dW, self.db = self.x.T @ self.dz, self.dz.sum(axis=0)
        self.dx = self.dz @ self.W.T
        return self.dx


class InDictionary:
    """Has its layers in a dictionary."""

    def __init__(self):
        self.of = {"first": Transposed(), "second": Transposed()}

    def forward(self, x):
        return self.of["second"].forward(self.of["first"].forward(x))

    def backward(self, delta):
        return self.of["first"].backward(self.of["second"].backward(delta))


class Lazy:
    """Draws its weights when it sees the first batch."""

    def __init__(self):
        self.weights = None

    def forward(self, inputs):
        if self.weights is None:
            self.weights = 0.5 * np.random.randn(inputs.shape[1], 8)
        self.inputs = inputs
        self.output = inputs @ self.weights

    def backward(self, dvalues):
        self.dweights = self.inputs.T @ dvalues
        self.dinputs = dvalues @ self.weights.T


class Slots:
    __slots__ = ("dinputs", "dweights", "inputs", "output", "times", "weights")

    def __init__(self):
        self.weights, self.times = np.eye(8), 0

    def forward(self, inputs):
        self.times += 1
        self.inputs = inputs
        self.output = inputs @ self.weights * (1 + self.times / 100)

    def backward(self, dvalues):
        self.dweights = self.inputs.T @ dvalues
        self.dinputs = dvalues @ self.weights.T


class Residual:
    """Has layers of its own."""

    def __init__(self):
        self.layers = [Dense(8, 8), Dropout(), Dense(8, 8)]

    def forward(self, inputs):
        output = inputs
        for layer in self.layers:
            layer.forward(output)
            output = layer.output
        self.output = inputs + output

    def backward(self, dvalues):
        gradient = dvalues
        for layer in self.layers[::-1]:
            layer.backward(gradient)
            gradient = layer.dinputs
        self.dinputs = dvalues + gradient


class Property:
    def __init__(self):
        self._kept = np.eye(8)

    @property
    def weights(self):
        return self._kept

    def forward(self, inputs):
        self.inputs = inputs
        self.output = inputs @ self.weights

    def backward(self, dvalues):
        self.dweights = self.inputs.T @ dvalues
        self.dinputs = dvalues @ self.weights.T
