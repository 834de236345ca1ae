"""A training in its worker with screens attached, beside the same with none."""

import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pexpect

from benchmarks.measure import MILLISECONDS, Row, each_beside
from engine.protocol import commands, events, frames
from engine.protocol.wire import Unpacker, pack
from engine.runs.description import Description
from engine.runs.run import Run
from engine.service.client import Worker

SIZES = ((80, 24), (200, 50))
BUDGETS = {1: 1.03, 3: 1.05}
OPENING = 1.5  # seconds that screens are given


def rows(quick: bool) -> Iterator[Row]:
    """Measure one screen and three, at both sizes."""
    epochs, turns = (30_000, 2) if quick else (100_000, 7)
    owns = {
        f"{epochs:,} epochs with {screens} of {size[0]}×{size[1]} attached": (
            partial(_seconds, epochs, screens, size),
            budget,
        )
        for size in SIZES
        for screens, budget in BUDGETS.items()
    }
    none = partial(_seconds, epochs, 0, SIZES[0])
    yield from each_beside(owns, "no screen", none, turns, MILLISECONDS)


def _seconds(epochs: int, screens: int, size: tuple[int, int]) -> float:
    """Train from the worker's `Resumed` to its `TrainingCompleted`."""
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        os.environ["XDG_STATE_HOME"] = home
        worker = Worker(Run.create(Description(epochs=epochs, paused=True)))
        stack.callback(worker.end)
        line = stack.enter_context(attached(worker.run.socket))
        for _ in range(screens):
            stack.enter_context(_screen(worker.run.directory, size))
        time.sleep(OPENING if screens else 0.2)
        return _time_training(line)


@contextmanager
def _screen(directory: Path, size: tuple[int, int]) -> Iterator[None]:
    """A screen on a run, in a pseudo-terminal that reads and answers at once."""
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    command = ["-m", "benchmarks.screen", str(directory)]
    child = pexpect.spawn(sys.executable, command, dimensions=size[::-1], env=environment)
    reader = threading.Thread(target=_read, args=(child.child_fd,))
    reader.start()
    try:
        yield
    finally:
        child.close(force=True)
        reader.join()


def _read(terminal: int) -> None:
    try:
        while data := os.read(terminal, 65536):
            os.write(terminal, b"\x1b[1;1R" * data.count(b"\x1b[6n"))
    except OSError:
        return  # the program has ended


@contextmanager
def attached(path: Path) -> Iterator[socket.socket]:
    """A client of the session that listens there."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(60)
        while True:
            try:
                line.connect(str(path))
                break
            except (FileNotFoundError, ConnectionRefusedError):
                time.sleep(0.01)
        yield line


def _time_training(line: socket.socket) -> float:
    unpacker, begun = Unpacker(frames.SessionEvent), 0.0
    line.sendall(pack(commands.Resume()))
    while data := line.recv(65536):
        for event in unpacker.feed(data):
            if isinstance(event, events.Resumed):
                begun = time.perf_counter()
            if isinstance(event, events.TrainingCompleted):
                return time.perf_counter() - begun
    raise ConnectionError("the session has ended")
