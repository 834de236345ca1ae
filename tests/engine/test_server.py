"""The server, on a real socket, in a thread."""

import socket
import threading
import time

import pytest

from engine import commands, events
from engine.service.build import build_trainer
from engine.service.description import Description
from engine.service.server import Server
from engine.service.session import Session
from engine.service.wire import Unpacker, pack


class Line:
    """A client that says and hears."""

    def __init__(self, path):
        self.stream = socket.socket(socket.AF_UNIX)
        self.stream.settimeout(5)
        self.stream.connect(str(path))
        self.unpacker, self.heard = Unpacker(events.SessionEvent), []

    def say(self, *messages):
        self.stream.sendall(b"".join(pack(m) for m in messages))

    def until(self, kind):
        """Return the next event of that kind, and drop those before it."""
        while True:
            while self.heard:
                event = self.heard.pop(0)
                if isinstance(event, kind):
                    return event
            data = self.stream.recv(65536)
            assert data, "the server has hung up"
            self.heard += self.unpacker.feed(data)


@pytest.fixture
def connect(tmp_path):
    """Serve a session until the test is over."""
    lines, threads = [], []

    def begin(**options):
        description = Description(**{"samples": 10, "hidden": (4,), "paused": True, **options})
        path = tmp_path / "socket"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen()
        server = Server(Session(build_trainer(description), description), listener)
        threads.append(threading.Thread(target=lambda: (server.serve(), server.close())))
        threads[-1].start()
        return lambda: lines.append(Line(path)) or lines[-1]

    yield begin
    lines[0].say(commands.Shutdown())
    threads[0].join(5)
    assert not threads[0].is_alive()
    for line in lines:
        line.stream.close()


def test_what_must_not_be_lost_reaches_a_client_that_asks_for_no_frames(connect):
    line = connect(epochs=200)()
    line.say(commands.Resume())
    line.until(events.Resumed)
    assert line.until(events.TrainingCompleted).epoch == 199


def test_a_frame_comes_only_when_the_one_before_is_drawn(connect):
    line = connect(epochs=10**9)()
    line.say(commands.Subscribe(20, 100, 0, 3), commands.Resume())
    line.until(events.Frame)
    line.stream.settimeout(0.3)
    line.heard.clear()
    with pytest.raises(TimeoutError):
        line.until(events.Frame)
    line.say(commands.Drawn())
    assert line.until(events.Frame).status == "running"


def test_a_client_that_speaks_nonsense_is_dropped_and_the_others_are_not(connect):
    attach = connect(epochs=10**9)
    good, bad = attach(), attach()
    bad.until(events.Welcome)
    bad.stream.sendall(b"\x03\x00\x00\x00abc")
    with pytest.raises(AssertionError, match="hung up"):
        bad.until(events.Frame)
    good.say(commands.Subscribe(20, 100, 0, 3))
    assert good.until(events.Frame).status == "paused"


def test_two_clients_see_the_same_run(connect):
    attach = connect(epochs=10**9)
    one, two = attach(), attach()
    one.say(commands.SetLearningRate(0.5))
    assert two.until(events.Changed).after == 0.5
    two.say(commands.Restart(new_weights=False))
    assert one.until(events.Restarted).seed == 0


def test_even_a_screen_that_draws_at_once_gets_fifteen_frames_a_second(connect):
    line = connect(epochs=10**9)()
    line.say(commands.Subscribe(20, 100, 0, 3), commands.Resume())
    line.until(events.Frame)
    frames, begun = 0, time.monotonic()
    while time.monotonic() - begun < 1:
        line.say(commands.Drawn())
        line.until(events.Frame)
        frames += 1
    assert frames <= 17
