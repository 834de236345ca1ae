"""A training in its worker with a screen attached, beside the same without."""

import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pexpect

from benchmarks.measure import Row, in_turns
from engine import commands, events
from engine.service.client import Worker
from engine.service.description import Description
from engine.service.wire import Unpacker, pack

SIZES = ((80, 24), (200, 50))
BUDGET = 1.03


def rows(quick: bool) -> Iterator[Row]:
    """Measure at both sizes."""
    epochs, turns = (20_000, 3) if quick else (60_000, 9)
    for columns, lines in SIZES:
        yield in_turns(
            f"{epochs:,} epochs with a screen of {columns}×{lines}",
            "none",
            lambda: _seconds(epochs, None),
            lambda size=(columns, lines): _seconds(epochs, size),
            turns,
            BUDGET,
            ("ms", 1e3),
        )


def _seconds(epochs: int, size: tuple[int, int] | None) -> float:
    """Train from the worker's `Resumed` to its `TrainingCompleted`."""
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        os.environ["XDG_STATE_HOME"] = home
        if size is None:
            worker = Worker(Description(epochs=epochs, paused=True))
            stack.callback(worker.end)
        else:
            stack.enter_context(_screen(epochs, size))
        return _time_training(stack.enter_context(_attached(Path(home))))


@contextmanager
def _screen(epochs: int, size: tuple[int, int]) -> Iterator[None]:
    """A paused run with its screen in a pseudo-terminal, read as fast as it writes."""
    command = ["-m", "tui", "--paused", "--seed", "0", "--epochs", str(epochs)]
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    child = pexpect.spawn(sys.executable, command, dimensions=size[::-1], env=environment)
    reader = threading.Thread(target=_drain, args=(child.child_fd,))
    reader.start()
    time.sleep(1)  # let it open
    try:
        yield
    finally:
        child.send("qy")  # the answer is for a screen that has not heard of the end yet
        reader.join()
        child.close(force=True)


def _drain(terminal: int) -> None:
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        return  # the program has ended


@contextmanager
def _attached(home: Path) -> Iterator[socket.socket]:
    """A second client of the run under ``home``."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(60)
        while True:
            try:
                line.connect(str(next(home.glob("nntui/runs/*/socket"))))
                break
            except (StopIteration, ConnectionRefusedError):
                time.sleep(0.01)
        yield line


def _time_training(line: socket.socket) -> float:
    unpacker, begun = Unpacker(events.SessionEvent), 0.0
    line.sendall(pack(commands.Resume()))
    while data := line.recv(65536):
        for event in unpacker.feed(data):
            if isinstance(event, events.Resumed):
                begun = time.perf_counter()
            if isinstance(event, events.TrainingCompleted):
                return time.perf_counter() - begun
    raise ConnectionError("the session has ended")
