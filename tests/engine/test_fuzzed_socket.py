"""Random messages to a real worker: its training must come to its end with the same bits."""

import contextlib
import random
import socket
import threading
import time
from pathlib import Path

import msgspec
import pytest

from engine.protocol import commands, events, frames
from engine.protocol.commands import SessionCommand, Subscribe
from engine.protocol.views.curves import Curves, CurvesQuery
from engine.protocol.views.inside import InsideQuery, Inspection
from engine.protocol.views.samples import Samples, SamplesQuery
from engine.protocol.wire import HEADER, Unpacker, pack
from engine.runs import address
from engine.runs.build import build_trainer
from engine.runs.description import Description
from engine.runs.run import Run
from engine.service.client import Worker
from engine.service.session import Session

RUN = Description(samples=20, hidden=(8,), epochs=6000, seed=5)
WATCHED = Subscribe(
    [
        CurvesQuery(["loss", "accuracy"], 200, 6000),
        SamplesQuery(0, 20),
        InsideQuery(0, "dense_1.weights", rows=8, columns=8),
    ]
)
NUMBERS = (-(2**63), -(10**9), -1, 0, 1, 500, 10**9, 2**31, 2**53, 2**63, 2**64 - 1)
FLOATS = (float("nan"), float("inf"), -float("inf"), 1e308, -1.0, 0.0, 1e-320)
TEXTS = ("", "loss < -1", "(" * 400, "9" * 5000, "dense_1.weights[0, 9] =", "\x1b[2J", "é" * 499)
MEGABYTES = 80  # that the worker may grow by


class Listener(threading.Thread):
    """A client that reads all it is sent, and draws each frame at once."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.stream = address.connect(path, 20)
        self.events, self.frame, self.lost = [], None, False
        self._sending = threading.Lock()
        self.start()

    def say(self, *messages):
        with self._sending:
            self.stream.sendall(b"".join(pack(m) for m in messages))

    def run(self):
        unpacker = Unpacker(frames.SessionEvent)
        with contextlib.suppress(OSError):
            while data := self.stream.recv(1 << 16):
                for event in unpacker.feed(data):
                    if isinstance(event, frames.Frame):
                        self.frame = event
                        self.say(commands.Drawn())
                    else:
                        self.events.append(event)
        self.lost = True

    def wait(self, condition, seconds=30):
        end = time.monotonic() + seconds
        while not condition():
            assert not self.lost, "the worker has hung up"
            assert time.monotonic() < end, f"it does not happen: {self.events[-5:]}"
            time.sleep(0.01)

    def hear(self, text):
        """Set a breakpoint of that text, and wait until this is heard of."""
        self.say(commands.SetBreakpoint(text))
        self.wait(lambda: any(text in _conditions(e) for e in self.events))


def _conditions(event):
    if not isinstance(event, events.BreakpointsChanged):
        return ()
    return [b.condition for b in event.breakpoints]


def harmless(chance):
    """Return a command that does not change what is computed."""
    return chance.choice(
        [
            commands.Pause(),
            commands.Resume(),
            commands.Step(chance.choice(["operation", "batch", "epoch"]), chance.random() < 0.5),
            commands.GoTo(chance.randint(-100, 100), relative=True),
            commands.GoTo(chance.randint(-5, 6500)),
            commands.RunBack(),
            commands.Undo(),
            commands.NudgeSpeed(chance.randint(-3, 3)),
            commands.SetBreakpoint(f"loss < -{chance.random()}"),
            commands.SwitchBreakpoint(chance.randint(0, 20)),
            commands.RemoveBreakpoint(chance.randint(0, 1000)),
            commands.Fork(),
            commands.GoOver(f"branch {chance.randint(0, 5)}"),
            commands.Drawn(),
            commands.Edit("data.y[0] = nonsense"),
            WATCHED,
        ]
    )


def extreme(chance):
    """Return a message of any kind, with a number or a text in it that no session takes."""
    kind = chance.choice(SessionCommand.__args__)
    fields = {"type": kind.__name__}
    for field in msgspec.structs.fields(kind):
        pool = {
            "learning_rate": FLOATS,
            "queries": ([inspected(chance)], [{"type": "curves", "metrics": NUMBERS}]),
        }.get(field.name)
        fields[field.name] = chance.choice(pool or chance.choice((NUMBERS, TEXTS)))
    if kind in (commands.Shutdown, commands.Restart):
        fields["type"] = "Nothing"
    if kind is commands.TrainFurther:
        fields["epochs"] = -1
    if kind in (commands.NudgeLearningRate, commands.SetLearningRate):
        fields.update(steps=10**9, learning_rate=chance.choice(FLOATS))
    body = msgspec.msgpack.encode(fields)
    if chance.random() < 0.5:
        body = body.replace(b"loss", b"\xff\xfe\xfd\xfc")  # which is no UTF-8
    return HEADER.pack(len(body)) + body


def inspected(chance):
    names = [f.name for f in msgspec.structs.fields(InsideQuery)]
    fields = {name: chance.choice((*NUMBERS, 5, "")) for name in chance.sample(names, 3)}
    return {"type": "inside", **fields}


def attack(chance, path, kept):
    """Do one of the things that a client must not do, or may."""
    try:
        stream = address.connect(path, 2)
    except OSError:
        return  # too many wait already
    with contextlib.suppress(OSError):
        match chance.randrange(8):
            case 0:
                stream.sendall(b"".join(pack(harmless(chance)) for _ in range(20)))
            case 1:
                stream.sendall(b"".join(extreme(chance) for _ in range(20)))
            case 2:
                whole = pack(harmless(chance)) + extreme(chance)
                stream.sendall(whole[: chance.randrange(len(whole))])
            case 3:
                stream.sendall(chance.randbytes(chance.randrange(2000)))
            case 4:
                for byte in pack(harmless(chance)):
                    stream.sendall(bytes([byte]))
            case 5:
                message = chance.choice([WATCHED, commands.Drawn(), commands.Resume()])
                stream.settimeout(0.3)
                stream.sendall(pack(message) * 6000)
            case 6:
                kept += (address.connect(path, 2) for _ in range(chance.choice((2, 80))))
            case 7:
                stream.sendall(HEADER.pack(2**32 - 1) + b"x" * 1000)
    if chance.random() < 0.5:
        kept.append(stream)
    else:
        stream.close()
    while len(kept) > 40:
        kept.pop(chance.randrange(len(kept))).close()


def resident(process):
    """Megabytes of a process."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def undisturbed():
    session = Session(build_trainer(RUN), RUN)
    while session.running:
        session.advance(1)
    return session.frame(WATCHED)


def fuzz(seed, attacks):
    chance, kept = random.Random(seed), []
    worker = Worker(Run.create(RUN))
    try:
        wait_for(worker.run.socket, worker.process)
        path = worker.run.socket
        good, quiet = Listener(path), Listener(path)
        for listener in (good, quiet):
            listener.wait(lambda heard=listener.events: len(heard) >= 3)
        good.hear("loss < -1000")
        before = resident(worker.process.pid)
        for number in range(attacks):
            attack(chance, path, kept)
            if number % 10 == 0:
                good.hear(f"loss < -{1001 + number}")
        for stream in kept:
            stream.close()
        finish(good)
        assert resident(worker.process.pid) < before + MEGABYTES
        compare(good.frame, undisturbed())
        quiet.wait(lambda: len(quiet.events) >= len(good.events))
        common = min(len(good.events), len(quiet.events))
        after = [e for e in good.events[:common] if not private(e)]
        assert after == [e for e in quiet.events[:common] if not private(e)]
        assert worker.process.poll() is None
        log = worker.run.log.read_text()
        assert "Traceback" not in log, log
        for listener in (good, quiet):
            listener.stream.shutdown(socket.SHUT_RDWR)
            listener.join(10)
            listener.stream.close()
    finally:
        for stream in kept:
            stream.close()
        worker.end()


def private(event):
    """Whether only the one is told who asked for it."""
    return isinstance(event, events.Rejected) and event.message.startswith("that is no command")


def wait_for(path, process):
    end = time.monotonic() + 30
    while not path.exists():
        assert process.poll() is None, "the worker did not start"
        assert time.monotonic() < end
        time.sleep(0.01)
    time.sleep(0.05)


def finish(good):
    """Let the training come to its end, at full speed."""
    good.say(commands.Pause())
    good.say(commands.NudgeSpeed(1000), WATCHED, commands.Drawn())

    def at_the_end():
        frame = good.frame
        if frame and frame.status == "completed" and frame.epoch == RUN.epochs - 1:
            return frame.answer(Inspection) is not None and frame.answer(Samples) is not None
        if frame and frame.status == "paused":
            good.say(commands.Resume())
            time.sleep(0.05)
        return False

    good.wait(at_the_end, 60)


def compare(frame, expected):
    for name in ("metrics", "learning_rate", "seed", "epochs"):
        assert getattr(frame, name) == getattr(expected, name), name
    assert frame.answer(Curves).curves == expected.answer(Curves).curves
    assert frame.answer(Samples) == expected.answer(Samples)
    assert frame.answer(Inspection).table.values == expected.answer(Inspection).table.values


@pytest.fixture(autouse=True)
def state(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.mark.parametrize("seed", range(3))
def test_random_messages_do_not_disturb_a_training(seed):
    fuzz(seed, 40)


@pytest.mark.endurance
@pytest.mark.parametrize("seed", range(100, 200))
def test_many_random_messages_do_not_disturb_a_training(seed):
    fuzz(seed, 300)
