"""The same training as others do it: what nntui is measured beside.

Each peer is a function that trains for some iterations and returns the seconds of one. It reads
the loss and the accuracy of each, as a monitor must.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from time import perf_counter

import numpy as np

from tests import notebook

RATE = 0.1


@dataclass
class Task:
    """A network, its data, and the batches that an iteration takes in turn.

    Attributes
    ----------
    X, y : array
    widths : tuple of int
        From the inputs to the classes.
    batch : int
        Rows of an iteration; all of them, if there are as many.
    dtype : str
    """

    X: np.ndarray
    y: np.ndarray
    widths: tuple[int, ...]
    batch: int
    dtype: str

    def batches(self, iterations: int) -> list[slice]:
        """Return the rows of each iteration."""
        starts = [k * self.batch % len(self.X) for k in range(iterations)]
        return [slice(start, start + self.batch) for start in starts]

    def weights(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Draw weights and biases of each layer."""
        random = np.random.default_rng(0)
        return [
            ((0.01 * random.standard_normal((a, b))).astype(self.dtype), np.zeros(b, self.dtype))
            for a, b in pairwise(self.widths)
        ]


def notebooks_way(task: Task, iterations: int, threads: int) -> float:
    """The notebook's classes, one after the other."""
    dense = [notebook.Dense(a, b) for a, b in pairwise(task.widths)]
    for layer, (weights, biases) in zip(dense, task.weights(), strict=True):
        layer.weights, layer.biases = weights, biases[None]
    parts = dense, notebook.SoftmaxCrossEntropy(), notebook.GradientDescent(RATE)
    batches = task.batches(iterations)
    start = perf_counter()
    for rows in batches:
        for _ in notebook.loop(task.X[rows], task.y[rows], *parts, 1):
            pass
    return (perf_counter() - start) / iterations


def pytorch(task: Task, iterations: int, threads: int) -> float:
    """PyTorch as most write it: eager, with its own layers and optimizer."""
    import torch
    from torch import nn

    torch.set_num_threads(threads)

    layers: list[nn.Module] = []
    for (a, b), (weights, biases) in zip(pairwise(task.widths), task.weights(), strict=True):
        linear = nn.Linear(a, b, dtype=getattr(torch, task.dtype))
        linear.weight.data = torch.from_numpy(weights.T.copy())
        linear.bias.data = torch.from_numpy(biases)
        layers += [linear, nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(model.parameters(), RATE)
    X, y = torch.from_numpy(task.X), torch.from_numpy(task.y)
    batches = task.batches(iterations)
    start = perf_counter()
    for rows in batches:
        logits = model(X[rows])
        loss = nn.functional.cross_entropy(logits, y[rows])
        loss.item()
        (logits.argmax(1) == y[rows]).double().mean().item()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return (perf_counter() - start) / iterations


def jax_jit(task: Task, iterations: int, threads: int) -> float:
    """JAX: one compiled function for the whole iteration. It takes the threads it likes."""
    import jax
    from jax import numpy as jnp

    jax.config.update("jax_enable_x64", task.dtype == "float64")

    def loss_of(weights, X, y):
        for w, b in weights[:-1]:
            X = jnp.maximum(X @ w + b, 0)
        logits = X @ weights[-1][0] + weights[-1][1]
        log_softmax = jax.nn.log_softmax(logits)
        return -log_softmax[jnp.arange(len(y)), y].mean(), (logits.argmax(1) == y).mean()

    @jax.jit
    def step(weights, X, y):
        (loss, accuracy), slopes = jax.value_and_grad(loss_of, has_aux=True)(weights, X, y)
        return jax.tree.map(lambda w, s: w - RATE * s, weights, slopes), loss, accuracy

    weights = jax.tree.map(jnp.asarray, task.weights())
    X, y = jnp.asarray(task.X), jnp.asarray(task.y)
    parts = [(X[rows], y[rows]) for rows in task.batches(iterations)]
    step(weights, *parts[0])[1].block_until_ready()
    start = perf_counter()
    for part in parts:
        weights, loss, accuracy = step(weights, *part)
        float(loss), float(accuracy)
    return (perf_counter() - start) / iterations


def scikit_learn(task: Task, iterations: int, threads: int) -> float:
    """scikit-learn's MLPClassifier, by `partial_fit`, with the accuracy asked for."""
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        task.widths[1:-1], solver="sgd", learning_rate_init=RATE, momentum=0, alpha=0
    )
    model.batch_size = task.batch
    classes = np.arange(task.widths[-1])
    batches = task.batches(iterations)
    model.partial_fit(task.X[batches[0]], task.y[batches[0]], classes=classes)
    start = perf_counter()
    for rows in batches:
        model.partial_fit(task.X[rows], task.y[rows])
        model.score(task.X[rows], task.y[rows])
    return (perf_counter() - start) / iterations


# By name: the module to be installed, and how it trains for so many iterations on so many threads.
PEERS: dict[str, tuple[str, Callable[[Task, int, int], float]]] = {
    "JAX jit": ("jax", jax_jit),
    "PyTorch": ("torch", pytorch),
    "scikit-learn": ("sklearn", scikit_learn),
}


def installed() -> list[str]:
    """Name the peers that can be measured here."""
    return [name for name, (module, _) in PEERS.items() if find_spec(module)]
