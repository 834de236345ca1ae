"""Dropout, which is left out when the network predicts."""

import numpy as np

from tests.book.adam import Optimizer_Adam
from tests.book.basics import Activation_ReLU, Layer_Dense
from tests.book.momentum import Activation_Softmax_Loss_CategoricalCrossentropy


class Layer_Dropout:
    def __init__(self, rate):
        self.rate = 1 - rate

    def forward(self, inputs, training):
        self.inputs = inputs
        if not training:
            self.output = inputs.copy()
            return
        self.binary_mask = np.random.binomial(1, self.rate, size=inputs.shape) / self.rate
        self.output = inputs * self.binary_mask

    def backward(self, dvalues):
        self.dinputs = dvalues * self.binary_mask


def build(n_inputs=2, classes=3):
    layers = [
        Layer_Dense(n_inputs, 16),
        Activation_ReLU(),
        Layer_Dropout(0.1),
        Layer_Dense(16, classes),
    ]
    loss = Activation_Softmax_Loss_CategoricalCrossentropy()
    return layers, loss, Optimizer_Adam(0.05, decay=5e-5)
