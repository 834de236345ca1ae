"""No library at all: scalars that know their gradients."""
import random
random.seed(1)

class Value:
    def __init__(self, data, children=()):
        self.data, self.grad, self._prev = data, 0.0, children
        self._backward = lambda: None
    def __add__(self, other):
        out = Value(self.data + other.data, (self, other))
        def _backward():
            self.grad += out.grad
            other.grad += out.grad
        out._backward = _backward
        return out
    def __mul__(self, other):
        out = Value(self.data * other.data, (self, other))
        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
        out._backward = _backward
        return out
    def backward(self):
        topo, seen = [], set()
        def build(v):
            if v not in seen:
                seen.add(v)
                for child in v._prev: build(child)
                topo.append(v)
        build(self)
        self.grad = 1.0
        for v in reversed(topo):
            v._backward()

weights = [Value(random.gauss(0, 1)) for _ in range(3)]
points = [(random.random(), random.random()) for _ in range(12)]
for step in range(40):
    losses = []
    for a, b in points:
        p = weights[0] * Value(a) + weights[1] * Value(b) + weights[2]
        d = p + Value(-(3 * a - 2 * b + 1))
        losses.append(d * d)
    loss = sum(losses[1:], losses[0]) * Value(1 / len(points))
    for w in weights: w.grad = 0.0
    loss.backward()
    for w in weights: w.data -= 0.1 * w.grad
    if step % 10 == 0: print(step, loss.data)
print([w.data for w in weights])
