"""Each of those that are compared trains in a process of its own, so that none slows another."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection

from threadpoolctl import threadpool_limits

from benchmarks.peers import Task

Way = Callable[[Task, int, int], float]


class Contender:
    """A process that trains when it is asked to, and tells how long an iteration took.

    Parameters
    ----------
    train : callable
        Trains for some iterations on some threads; returns the seconds of one.
    task : Task
    iterations, threads : int
    """

    def __init__(self, train: Way, task: Task, iterations: int, threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._line, other = context.Pipe()
        arguments = other, train, task, iterations, threads
        self._process = context.Process(target=_serve, args=arguments, daemon=True)

    def __enter__(self) -> Contender:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()

    def measure(self) -> float:
        """Train once, while the other processes wait."""
        self._line.send(None)
        seconds: float = self._line.recv()
        return seconds


def _serve(line: Connection, train: Way, task: Task, iterations: int, threads: int) -> None:
    with threadpool_limits(threads):
        while True:
            line.recv()
            line.send(train(task, iterations, threads))
