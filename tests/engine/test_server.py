"""The server, on a real socket, in a thread."""

import contextlib
import math
import select
import socket
import threading
import time

import msgspec
import pytest

from engine.protocol import commands, events, frames
from engine.protocol.views.curves import CurvesQuery
from engine.protocol.views.inside import InsideQuery
from engine.protocol.views.samples import Samples, SamplesQuery
from engine.protocol.wire import HEADER, Unpacker, pack
from engine.runs.build import build_trainer
from engine.runs.description import Description
from engine.service import attached
from engine.service.server import MOST_CLIENTS, Server
from engine.service.session import Session
from engine.service.steering import MOST_BREAKPOINTS

WATCHED = commands.Subscribe([CurvesQuery(["loss"], 20, 100), SamplesQuery(0, 3)])


def subscribe(**query):
    """Return a subscription that is not checked."""
    return {"type": "Subscribe", "queries": [query]}


class Line:
    """A client that says and hears."""

    def __init__(self, path):
        self.stream = socket.socket(socket.AF_UNIX)
        self.stream.settimeout(5)
        self.stream.connect(str(path))
        self.unpacker, self.heard = Unpacker(frames.SessionEvent), []

    def say(self, *messages):
        self.stream.sendall(b"".join(pack(m) for m in messages))

    def gone(self):
        """Whether the server has hung up, as seen without reading."""
        watch = select.poll()
        watch.register(self.stream, select.POLLHUP)
        return bool(watch.poll(0))

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
    line.say(WATCHED, commands.Resume())
    line.until(frames.Frame)
    line.stream.settimeout(0.3)
    line.heard.clear()
    with pytest.raises(TimeoutError):
        line.until(frames.Frame)
    line.say(commands.Drawn())
    assert line.until(frames.Frame).status == "running"


def test_a_client_whose_stream_is_broken_is_dropped_and_the_others_are_not(connect):
    attach = connect(epochs=10**9)
    good, bad = attach(), attach()
    bad.until(events.Welcome)
    bad.stream.sendall(b"\xff\xff\xff\x7fabc")
    assert "a message of 2147483647 bytes" in bad.until(events.Rejected).message
    with pytest.raises(AssertionError, match="hung up"):
        bad.until(frames.Frame)
    good.say(WATCHED)
    assert good.until(frames.Frame).status == "paused"


HUGE = 10**18
REFUSED = [
    {"type": "NudgeLearningRate", "steps": 10**9},
    {"type": "NudgeSpeed", "steps": -(10**9)},
    subscribe(type="curves", metrics=[], points=-1, span=1),
    {
        "type": "Subscribe",
        "queries": [{"type": "curves", "metrics": [], "points": HUGE, "span": 1}],
    },
    *(
        subscribe(type="inside", **{name: n})
        for name in msgspec.structs.asdict(InsideQuery())
        if name not in ("array", "kind")
        for n in (-1, HUGE, 2**64 - 1)
    ),
    {"type": "TrainFurther", "epochs": 2**64 - 1},
    {"type": "GoTo", "epoch": HUGE},
    {"type": "SetLearningRate", "learning_rate": math.nan},
    {"type": "SetLearningRate", "learning_rate": math.inf},
    {"type": "SetBreakpoint", "condition": "loss < 1" + " " * 1000},
    {"type": "Edit", "text": "dense_1.weights[" + "1" * 5000 + ", 0] = 1"},
    {"type": "Nonsense"},
    [1, 2, 3],
]


@pytest.mark.parametrize("message", REFUSED, ids=lambda m: str(m)[:60])
def test_a_command_out_of_bounds_is_refused_with_a_reason(connect, message):
    line = connect(epochs=10**9)()
    body = msgspec.msgpack.encode(message)
    line.stream.sendall(HEADER.pack(len(body)) + body)
    assert line.until(events.Rejected).message.startswith("that is no command: ")
    line.say(commands.Step("epoch"))
    assert line.until(events.Paused).reason == "step"


@pytest.mark.parametrize(
    "body",
    [
        pack(commands.SetBreakpoint("(" * 300_000))[4:],
        b"",
        b"abc",
        pack(commands.Edit("abc"))[4:].replace(b"abc", b"\xff\xfe\x80"),
        b"\x82\xa4type\xa5Pause\xa1x" + b"\x91" * 5000 + b"\xc0",
    ],
    ids=["large", "empty", "garbage", "not UTF-8", "nested"],
)
def test_what_is_no_command_is_refused_with_a_reason(connect, body):
    line = connect(epochs=10**9)()
    line.stream.sendall(HEADER.pack(len(body)) + body)
    assert line.until(events.Rejected).message.startswith("that is no command: ")
    line.say(commands.Step("epoch"))
    assert line.until(events.Paused).reason == "step"


def test_a_client_that_sends_commands_without_end_is_dropped_and_the_training_goes_on(connect):
    attach = connect(epochs=10**9)
    good, bad = attach(), attach()
    good.say(commands.Resume())
    flood = pack(commands.SetLearningRate(0.5)) * 1000

    def pour():
        with contextlib.suppress(OSError):
            for _ in range(100):
                bad.stream.sendall(flood)

    pouring = threading.Thread(target=pour)
    pouring.start()
    with contextlib.suppress(OSError, AssertionError):
        while "disconnected" not in bad.until(events.Rejected).message:
            pass
    pouring.join(20)
    assert not pouring.is_alive()
    good.say(commands.SetLearningRate(0.25))
    while good.until(events.Changed).after != 0.25:
        pass
    good.say(WATCHED, commands.Drawn())
    assert good.until(frames.Frame).epoch > 0


def test_a_client_that_does_not_read_is_dropped_when_too_much_waits_for_it(connect, monkeypatch):
    monkeypatch.setattr(attached, "MOST_UNSENT", 20_000)
    attach = connect(epochs=10**9)
    good, stalled = attach(), attach()
    stalled.until(events.Welcome)
    condition = "loss < 0.1" + " and accuracy > 0.99" * 20
    for number in range(1, 4000):
        good.say(commands.SetBreakpoint(condition), commands.RemoveBreakpoint(number))
        good.until(events.BreakpointsChanged)
        good.until(events.BreakpointsChanged)
        if stalled.gone():
            break
        time.sleep(0.002)
    else:
        raise AssertionError("it is still attached")
    good.say(commands.Step("epoch"))
    assert good.until(events.Paused).reason == "step"


def test_breakpoints_that_are_too_many_are_refused(connect):
    line = connect(epochs=10**9)()
    for number in range(MOST_BREAKPOINTS):
        line.say(commands.SetBreakpoint(f"loss < -{number}"))
    line.say(commands.SetBreakpoint("loss < 0"))
    assert "100 breakpoints" in line.until(events.Rejected).message


def test_clients_that_come_too_many_are_turned_away(connect):
    attach = connect(epochs=10**9)
    taken = [attach() for _ in range(MOST_CLIENTS)]
    for line in taken:
        line.until(events.Welcome)
    late = attach()
    assert "as many clients" in late.until(events.Failed).message
    taken[3].stream.close()
    time.sleep(0.1)
    attach().until(events.Welcome)


def test_two_clients_see_the_same_run(connect):
    attach = connect(epochs=10**9)
    one, two = attach(), attach()
    one.say(commands.SetLearningRate(0.5))
    assert two.until(events.Changed).after == 0.5
    two.say(commands.Restart(new_weights=False))
    assert one.until(events.Restarted).seed == 0


def test_of_very_many_samples_a_second_frame_shows_those_of_all_rows(connect):
    options = {"samples": 20_000, "paused": True, "hidden": (4,)}
    trainer = build_trainer(Description(**options))
    trainer.step_epoch()
    line = connect(**options)()
    line.say(commands.Step("epoch"))
    line.until(events.Paused)
    line.say(commands.Subscribe([SamplesQuery(0, 9, "uncertain")]))
    first = line.until(frames.Frame)
    assert first.answer(Samples).every > 1
    line.say(commands.Drawn())
    second = line.until(frames.Frame)
    order = trainer.probabilities.max(axis=1).argsort(kind="stable")
    assert second.answer(Samples).every == 1
    assert [row.row for row in second.answer(Samples).rows] == order[:9].tolist()
    assert msgspec.structs.replace(second, answers=first.answers) == first
    line.say(commands.Drawn())
    line.stream.settimeout(0.3)
    with pytest.raises(TimeoutError):
        line.until(frames.Frame)


def test_even_a_screen_that_draws_at_once_gets_fifteen_frames_a_second(connect):
    line = connect(epochs=10**9)()
    line.say(WATCHED, commands.Resume())
    line.until(frames.Frame)
    count, begun = 0, time.monotonic()
    while time.monotonic() - begun < 1:
        line.say(commands.Drawn())
        line.until(frames.Frame)
        count += 1
    assert count <= 17
