"""A class whose method trains by mini-batches, with Adam and dropout from a generator of its own."""
import numpy as np


class Model:
    def __init__(self, sizes, seed=1):
        self.rng = np.random.default_rng(seed)
        self.params = {}
        for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
            self.params[f"W{i}"] = self.rng.normal(0, (2 / a) ** 0.5, (a, b))
            self.params[f"b{i}"] = np.zeros(b)
        self.m = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.v = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.t = 0

    def forward(self, x):
        p = self.params
        self.x = x
        self.h = np.maximum(0, x @ p["W0"] + p["b0"])
        self.mask = self.rng.random(self.h.shape) < 0.9
        self.hd = self.h * self.mask / 0.9
        return self.hd @ p["W1"] + p["b1"]

    def gradients(self, d):
        p = self.params
        dh = d @ p["W1"].T * self.mask / 0.9 * (self.h > 0)
        return {"W1": self.hd.T @ d, "b1": d.sum(0), "W0": self.x.T @ dh, "b0": dh.sum(0)}

    def step(self, grads, lr):
        self.t += 1
        for k, g in grads.items():
            self.m[k] = 0.9 * self.m[k] + 0.1 * g
            self.v[k] = 0.999 * self.v[k] + 0.001 * g * g
            mh, vh = self.m[k] / (1 - 0.9**self.t), self.v[k] / (1 - 0.999**self.t)
            self.params[k] -= lr * mh / (np.sqrt(vh) + 1e-8)


class Trainer:
    def __init__(self, model, lr=0.01):
        self.model, self.lr = model, lr
        self.history = []

    def batches(self, X, y, size):
        order = self.model.rng.permutation(len(X))
        for start in range(0, len(X), size):
            rows = order[start : start + size]
            yield X[rows], y[rows]

    def fit(self, X, y, epochs):
        for epoch in range(1, epochs + 1):
            total_loss = 0.0
            for xb, yb in self.batches(X, y, 16):
                out = self.model.forward(xb)
                diff = out[:, 0] - yb
                total_loss += float(diff @ diff)
                self.model.step(self.model.gradients(2 * diff[:, None] / len(yb)), self.lr)
            self.train_loss = total_loss / len(X)
            val_error = float(np.abs(out[:, 0] - yb).max())
            self.history.append(self.train_loss)
            if epoch % 5 == 0:
                print("epoch", epoch, "loss", self.train_loss, "worst", val_error)
        return self


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (80, 3))
    y = np.sin(3 * X[:, 0]) + X[:, 1] * X[:, 2]
    trainer = Trainer(Model([3, 12, 1])).fit(X, y, 30)
    print(min(trainer.history))
