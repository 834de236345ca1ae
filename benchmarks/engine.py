"""The training alone, beside the notebook's way and beside others."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from time import perf_counter

import numpy as np

from benchmarks.contender import Contender
from benchmarks.measure import Row, beside
from benchmarks.peers import PEERS, RATE, Task, installed, notebooks_way
from engine import Dataset, Dense, GradientDescent, Network, ReLU, SoftmaxCrossEntropy, Trainer
from tests import notebook

NOTEBOOK = "the notebook's way"


def rows(quick: bool) -> Iterator[Row]:
    """Measure the notebook's own network, and one of the size of handwritten digits."""
    turns = 4 if quick else 11
    X, y, *_ = notebook.build()
    for dtype, budget in (("float64", 0.36), ("float32", 0.30)):
        task = Task(X.astype(dtype), y.astype(np.int64), (2, 64, 3), len(X), dtype)
        what = f"an epoch, 300×2 → 64 → 3, {dtype}"
        yield from _measure(what, task, 300 if quick else 1000, turns, 1, budget, list(PEERS))
    random = np.random.default_rng(0)
    samples = 128 * 30
    X = random.standard_normal((samples, 784)).astype("float32")
    task = Task(X, random.integers(0, 10, samples), (784, 128, 128, 10), 128, "float32")
    for threads in (1, 2):
        what = f"a batch of 128, 784 → 128 → 128 → 10, float32, threads: {threads}"
        yield from _measure(what, task, 60 if quick else 240, turns, threads, 0.66, ["PyTorch"])


def _measure(
    what: str,
    task: Task,
    iterations: int,
    turns: int,
    threads: int,
    budget: float,
    among: list[str],
) -> list[Row]:
    ways = {NOTEBOOK: (notebooks_way, budget)}
    ways |= {name: (PEERS[name][1], 1.0) for name in installed() if name in among}
    with ExitStack() as stack:
        own, *others = (
            stack.enter_context(Contender(train, task, iterations, threads))
            for train in (trainer, *(train for train, _ in ways.values()))
        )
        peers = {
            name: (other.measure, most)
            for other, (name, (_, most)) in zip(others, ways.items(), strict=True)
        }
        return beside(what, own.measure, peers, turns)


def trainer(task: Task, iterations: int, threads: int) -> float:
    """Train as the worker does: with events, history, and a check of each loss."""
    layers = [layer for a, b in pairwise(task.widths) for layer in (Dense(a, b), ReLU())]
    training = Trainer(
        Network(layers[:-1], task.dtype),
        SoftmaxCrossEntropy(),
        GradientDescent(RATE),
        Dataset(task.X, task.y),
        epochs=max(1, iterations * task.batch // len(task.X)),
        batch_size=task.batch,
    )
    start = perf_counter()
    training.run()
    return (perf_counter() - start) / (training.epochs * training.batches)
