import math


class Neuron:
    def __init__(self, n):
        self.w = [0.1] * n
        self.b = 0.0

    def __call__(self, x):
        return 1 / (1 + math.exp(-sum(w * v for w, v in zip(self.w, x)) - self.b))

    def update_weights(self, x, error, lr):
        self.w = [w - lr * error * v for w, v in zip(self.w, x)]
        self.b -= lr * error
