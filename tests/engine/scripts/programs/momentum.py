"""The book's style: decay and momentum."""
import numpy as np
np.random.seed(0)

class Layer_Dense:
    def __init__(self, n_inputs, n_neurons):
        self.weights = 0.1 * np.random.randn(n_inputs, n_neurons)
        self.biases = np.zeros((1, n_neurons))
    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights) + self.biases
    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.T, dvalues)
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        self.dinputs = np.dot(dvalues, self.weights.T)

class Activation_ReLU:
    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.maximum(0, inputs)
    def backward(self, dvalues):
        self.dinputs = dvalues.copy()
        self.dinputs[self.inputs <= 0] = 0

class Optimizer_SGD:
    def __init__(self, learning_rate=1., decay=0., momentum=0.):
        self.learning_rate = learning_rate
        self.current_learning_rate = learning_rate
        self.decay = decay
        self.iterations = 0
        self.momentum = momentum
    def pre_update_params(self):
        if self.decay:
            self.current_learning_rate = self.learning_rate * (1. / (1. + self.decay * self.iterations))
    def update_params(self, layer):
        if not hasattr(layer, 'weight_momentums'):
            layer.weight_momentums = np.zeros_like(layer.weights)
            layer.bias_momentums = np.zeros_like(layer.biases)
        layer.weight_momentums = self.momentum * layer.weight_momentums - self.current_learning_rate * layer.dweights
        layer.bias_momentums = self.momentum * layer.bias_momentums - self.current_learning_rate * layer.dbiases
        layer.weights += layer.weight_momentums
        layer.biases += layer.bias_momentums
    def post_update_params(self):
        self.iterations += 1

X = np.random.randn(90, 2)
y = (X[:, 0] * X[:, 1] > 0).astype(int) + (X[:, 0] > 1)
dense1 = Layer_Dense(2, 16)
activation1 = Activation_ReLU()
dense2 = Layer_Dense(16, 3)
optimizer = Optimizer_SGD(decay=1e-3, momentum=0.9)

for epoch in range(121):
    dense1.forward(X)
    activation1.forward(dense1.output)
    dense2.forward(activation1.output)
    exp_values = np.exp(dense2.output - np.max(dense2.output, axis=1, keepdims=True))
    probabilities = exp_values / np.sum(exp_values, axis=1, keepdims=True)
    loss = np.mean(-np.log(np.clip(probabilities[range(len(y)), y], 1e-7, 1)))
    accuracy = np.mean(np.argmax(probabilities, axis=1) == y)
    if not epoch % 20:
        print(f'epoch: {epoch}, acc: {accuracy:.3f}, loss: {loss:.15f}, lr: {optimizer.current_learning_rate}')
    dvalues = probabilities.copy()
    dvalues[range(len(y)), y] -= 1
    dense2.backward(dvalues / len(y))
    activation1.backward(dense2.dinputs)
    dense1.backward(activation1.dinputs)
    optimizer.pre_update_params()
    for layer in (dense1, dense2):
        optimizer.update_params(layer)
    optimizer.post_update_params()
