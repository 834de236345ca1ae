"""On how many threads a training multiplies its matrices."""

from __future__ import annotations

from statistics import median
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from engine.nn.signals import Array
from engine.training.trainer import Trainer

# Multiply-adds of a product from which on OpenBLAS wakes a second thread.
WORTH_A_THREAD = 2**18
GAIN = 1.5  # how many times as fast several threads must be to be worth it
TURNS = 7  # of the trial
SLICE = 0.003  # seconds of a turn on one number of threads, at least


def limit_threads(trainer: Trainer, threads: int | None = None) -> threadpool_limits:
    """Return a context in which products take that many threads; if None, as many as a trial shows.

    A product may round otherwise on two threads than on one, so a run's number never changes.
    """
    return threadpool_limits(threads or best_number(trainer), "blas")


def current_number() -> int:
    """Return how many threads multiply matrices now."""
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return max((pool["num_threads"] for pool in pools), default=1)


def best_number(trainer: Trainer) -> int:
    """Return one, or as many as there are where they compute the largest product a third faster.

    Threads wait for each other, so beside other programs several may be much slower than one.
    """
    layer = max(trainer.network.dense, key=lambda layer: layer.n_inputs * layer.n_neurons)
    several = current_number()
    size = trainer.batch_size * layer.n_inputs * layer.n_neurons
    if several == 1 or size < WORTH_A_THREAD:
        return 1
    dtype = trainer.network.dtype
    rows = np.ones((trainer.batch_size, layer.n_inputs), dtype)
    weights = np.ones((layer.n_inputs, layer.n_neurons), dtype)
    seconds: dict[int, list[float]] = {1: [], several: []}
    deadline = perf_counter() + 0.2
    while len(seconds[several]) < TURNS and perf_counter() < deadline:
        for threads in seconds:
            with threadpool_limits(threads, "blas"):
                seconds[threads].append(_seconds_of(rows, weights))
    helps = median(seconds[1]) >= GAIN * median(seconds[several])
    return several if helps else 1


def _seconds_of(rows: Array, weights: Array) -> float:
    """Return how long a product takes, of as many as fit into a slice."""
    begin, times = perf_counter(), 0
    while True:
        np.matmul(rows, weights)
        times += 1
        passed = perf_counter() - begin
        if passed >= SLICE:
            return passed / times
