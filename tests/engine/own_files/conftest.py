"""A person's own file, run without a screen and in a worker."""

import json
import time

import pytest

from engine.protocol import frames
from engine.protocol.commands import Drawn, SessionCommand, Subscribe
from engine.protocol.frames import SessionEvent
from engine.protocol.views.curves import CurvesQuery
from engine.protocol.views.samples import SamplesQuery
from engine.protocol.wire import Unpacker, pack
from engine.runs.description import Description
from engine.runs.run import Run
from engine.service.client import Connection, Worker
from tests.command import nntui

DATA = """
import numpy as np
from engine import *
X = np.random.uniform(-1, 1, (200, 2)); y = (X[:, 0] * X[:, 1] > 0).astype(int)
"""

TRAINER = """
trainer = Trainer(Network([Dense(2, 16), ReLU(), Dense(16, 2)]), SoftmaxCrossEntropy(),
                  GradientDescent(0.5), Dataset(X, y), epochs=30)
"""


@pytest.fixture(autouse=True)
def state(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.fixture
def own(tmp_path):
    """Write a file, and run it without a screen."""

    def run(text, *arguments, name="mine.py", **options):
        (tmp_path / name).write_text(text)
        done = nntui(tmp_path / name, "--json", "--log-every", "1", *arguments, **options)
        return done, [json.loads(line) for line in done.stdout.splitlines()]

    return run


class Client:
    """A worker on a file, and a client that hears all it says."""

    def __init__(self, source, **options):
        fields = {"epochs": None, "learning_rate": None, **options}
        self.worker = Worker(Run.create(Description(source=str(source), **fields)))
        self.stream = Connection.open(self.worker)._stream
        self.unpacker = Unpacker(SessionEvent)
        self.heard = []
        self.send(
            Subscribe([CurvesQuery(["loss", "accuracy", "margin"], 20, 100), SamplesQuery(0, 5)])
        )

    def send(self, command: SessionCommand):
        self.stream.sendall(pack(command))

    def until(self, holds, seconds=20):
        """Return the first event, from now on, for which something holds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            while self.heard:
                event = self.heard.pop(0)
                if isinstance(event, frames.Frame):
                    self.send(Drawn())
                if holds(event):
                    return event
            self.stream.settimeout(max(0.01, deadline - time.monotonic()))
            self.heard += self.unpacker.feed(self.stream.recv(1 << 16))
        raise TimeoutError

    def frame(self, holds=lambda frame: True):
        return self.until(lambda event: isinstance(event, frames.Frame) and holds(event))


@pytest.fixture
def watched(tmp_path):
    """Write a file, and start a worker on it."""
    clients = []

    def start(text, **options):
        path = tmp_path / "mine.py"
        path.write_text(text)
        clients.append(Client(path, **options))
        return clients[-1]

    yield start
    for client in clients:
        client.stream.close()
        client.worker.end()


def replayed(name):
    done = nntui("replay", name)
    return done.stdout.splitlines() or done.stderr.splitlines()
