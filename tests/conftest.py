"""The real app over a real session in the same process, so that nothing depends on time."""

import asyncio
import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import settings

from engine.protocol import commands, frames
from engine.protocol.views.curves import Curves
from engine.runs.build import build_trainer
from engine.runs.description import Description
from engine.service.session import Session
from tui.app import Monitor

if os.environ.get("CI"):  # where hypothesis tries the same examples each time, and fewer
    settings.register_profile("ci", settings.get_profile("ci"), max_examples=30)
    settings.load_profile("ci")


@pytest.fixture(scope="session", autouse=True)
def no_config_file(tmp_path_factory):
    """Keep away from the config file of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield


class InProcess:
    """What `Connection` is to a worker: does each command to its end, then sends a frame."""

    def __init__(self, session):
        self.session, self.wanted = session, None
        self.told = asyncio.Queue()
        self.sent = []

    def first(self):
        return self.session.greeting()[0]

    async def events(self):
        for event in self.session.greeting():
            yield event
        while True:
            event = await self.told.get()
            if event is None:
                return
            yield event

    def send(self, command):
        self.sent.append(command)
        match command:
            case commands.Drawn():
                return
            case commands.Shutdown():
                self.hang_up()
                return
            case commands.Subscribe():
                self.session.subscribed(self.wanted, command)
                self.wanted = command
            case _:
                self.session.handle(command)
        while self.session.running:
            self.session.advance(1)
        self.tell()

    def tell(self):
        frame = [self.session.frame(self.wanted)] if self.wanted else []
        for event in (*self.session.outbox, *frame):
            self.told.put_nowait(event)
        self.session.outbox.clear()

    def hang_up(self):
        self.told.put_nowait(None)


@pytest.fixture
def monitor(monkeypatch):
    """Make an app; its session is ``app.connection.session``."""
    monkeypatch.setenv("TEXTUAL_THEME", "nntui-dark")
    monkeypatch.setenv("COLORTERM", "truecolor")

    def make(at=None, **options):
        description = Description(**{"samples": 30, "epochs": 400, "paused": True, **options})
        session = Session(build_trainer(description), description)
        if at is not None:
            session.handle(commands.GoTo(at))
            while session.running:
                session.advance(1)
            session.outbox.clear()
        return Monitor(InProcess(session), Path("/the/run/log"))

    return make


@pytest.fixture
def screen_text():
    """Return what the screen shows, as text."""

    def read(app):
        return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())

    return read


PLAIN = frames.Frame(
    status="running",
    reason="user",
    message="",
    epoch=9,
    epochs=100,
    metrics={"loss": 1.0, "accuracy": 0.5},
    learning_rate=0.1,
    epochs_per_second=1000.0,
    seconds_left=1.0,
    speed=None,
    seed=0,
    reached=9,
    longest=9,
)


@pytest.fixture
def frame():
    """Make a frame of given fields, with answers to curves and perhaps to samples."""

    def make(curves=None, samples=None, rate_changes=(), **fields):
        answers = [
            Curves(0, 100, curves or {}, [], list(rate_changes)),
            *([samples] if samples else []),
        ]
        return msgspec.structs.replace(PLAIN, answers=answers, **fields)

    return make
