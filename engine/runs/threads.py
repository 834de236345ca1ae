"""On how many threads a training multiplies its matrices."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from statistics import median
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

from engine.debugging.branches import BEGINNING
from engine.debugging.changes import threads_in_use
from engine.debugging.trainer import Trainer
from engine.nn.arrays import Array

# Multiply-adds of a product from which on OpenBLAS wakes a second thread.
WORTH_A_THREAD = 2**18
GAIN = 1.5  # how many times as fast several threads must be to be worth it
TURNS = 7  # of the trial
SLICE = 0.003  # seconds of a turn on one number of threads, at least

STRETCH = 0.15  # seconds of training, at least, whose speed is one measurement
STRETCHES = 20  # whose median is compared with the greatest median before
HALF_AS_FAST = "the training is half as fast as before: it goes on with one thread"


def limit_threads(trainer: Trainer, threads: int | None = None) -> threadpool_limits:
    """Return a context in which products take that many threads; if None, as many as a trial shows.

    A product may be rounded otherwise on two threads than on one. So there is no trial for what a
    file of one's own has trained already: it goes on as it began.
    """
    return threadpool_limits(threads or best_number(trainer), "blas")


def best_number(trainer: Trainer) -> int:
    """Return one, or as many as there are where they compute the largest product a third faster.

    Threads wait for each other, so beside other programs several may be much slower than one.
    """
    n_inputs, n_neurons = max(trainer.network.matrices, key=math.prod, default=(0, 0))
    several = threads_in_use()
    size = trainer.batch_size * n_inputs * n_neurons
    if several == 1 or size < WORTH_A_THREAD or trainer.timeline.reached > BEGINNING:
        return 1
    dtype = trainer.network.dtype
    rows = np.ones((trainer.batch_size, n_inputs), dtype)
    weights = np.ones((n_inputs, n_neurons), dtype)
    seconds: dict[int, list[float]] = {1: [], several: []}
    deadline = perf_counter() + 0.2
    while len(seconds[several]) < TURNS and perf_counter() < deadline:
        for threads in seconds:
            with threadpool_limits(threads, "blas"):
                seconds[threads].append(_seconds_of(rows, weights))
    return several if helps(seconds[several], seconds[1]) else 1


def helps(on_several: list[float], on_one: list[float]) -> bool:
    """Whether several threads take a third less time, as a rule."""
    return median(on_one) >= GAIN * median(on_several)


def _seconds_of(rows: Array, weights: Array) -> float:
    """Return how long a product takes, of as many as fit into a slice."""
    begin, times = perf_counter(), 0
    while True:
        np.matmul(rows, weights)
        times += 1
        passed = perf_counter() - begin
        if passed >= SLICE:
            return passed / times


class Slowdown:
    """Finds out whether training has become half as fast as it was, over some seconds.

    A median of many measurements is not misled by one during which the process was stopped.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew, as when more is done for each iteration from now on."""
        self._speeds: deque[float] = deque(maxlen=STRETCHES)
        self._fastest = 0.0
        self._iterations, self._seconds = 0, 0.0

    def has_halved(self, iterations: int, seconds: float) -> bool:
        """Take down how long some more iterations took; return whether the speed has halved."""
        self._iterations += iterations
        self._seconds += seconds
        if self._seconds < STRETCH:
            return False
        self._speeds.append(self._iterations / self._seconds)
        self._iterations, self._seconds = 0, 0.0
        if len(self._speeds) < STRETCHES:
            return False
        speed = median(self._speeds)
        self._fastest = max(self._fastest, speed)
        return speed < self._fastest / 2


class FullSpeed:
    """Trains at full speed, and falls back to one thread where several become slow.

    Only the time of the training itself counts, and only while the same breakpoints are set.

    Parameters
    ----------
    trainer : Trainer
    say : callable
        Called with a line for a person when the training goes on with one thread.
    """

    def __init__(self, trainer: Trainer, say: Callable[[str], None]) -> None:
        self.trainer, self._say = trainer, say
        self._watches = threads_in_use() > 1
        self._conditions: list[str] = []
        self.slowdown = Slowdown()

    def run(self, until: int | None = None, deadline: float = math.inf) -> None:
        """Go on, as `Trainer.run` does."""
        if not self._watches:
            return self.trainer.run(until, deadline)
        trainer = self.trainer
        conditions = [breakpoint.text for breakpoint in trainer.breakpoints.active]
        if conditions != self._conditions:
            self._conditions = conditions
            self.slowdown.forget()
        iteration, begin = trainer.iteration, perf_counter()
        trainer.run(until, deadline)
        halved = self.slowdown.has_halved(trainer.iteration - iteration, perf_counter() - begin)
        if halved and not (trainer.done or trainer.timeline.in_the_past) and threads_in_use() > 1:
            trainer.use_threads(1)
            self._say(HALF_AS_FAST)
        return None
