"""The client's side: start a worker, attach to it, hear events, send commands."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator

import msgspec

from engine.commands import SessionCommand
from engine.events import SessionEvent
from engine.service.description import Description
from engine.service.run import Run
from engine.service.wire import Unpacker, pack


class Worker:
    """A worker process that this process has started, and that ends with it."""

    def __init__(self, description: Description) -> None:
        self.run = Run.create(description)
        with self.run.open_log() as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "engine.service.worker"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has died, which `Connection.open` says
            self.process.stdin.write(self.run.to_line())
            self.process.stdin.flush()

    def end(self, patience: float = 0.5) -> None:
        """End the process and whatever it started, kindly at first."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self._kill(signal.SIGKILL)
            self.process.wait()
        self._kill(signal.SIGKILL)
        with contextlib.suppress(OSError):
            self.run.socket.unlink()

    def _kill(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


class Connection:
    """An open line to a session."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream
        self._unpacker = Unpacker(SessionEvent)
        self._heard: list[SessionEvent] = []
        self._writer: asyncio.StreamWriter | None = None

    @classmethod
    def open(cls, worker: Worker) -> Connection:
        """Attach as soon as the worker listens; ConnectionError if it has died."""
        while True:
            stream = socket.socket(socket.AF_UNIX)
            try:
                stream.connect(str(worker.run.socket))
                return cls(stream)
            except (FileNotFoundError, ConnectionRefusedError):
                stream.close()
                if worker.process.poll() is not None:
                    raise ConnectionError("the worker did not start") from None
                time.sleep(0.005)

    def first(self, patience: float) -> SessionEvent | None:
        """Wait so many seconds for the first event, which `events` will yield all the same."""
        self._stream.settimeout(patience)
        try:
            while not self._heard and (data := self._stream.recv(1 << 16)):
                self._heard += self._unpacker.feed(data)
        except TimeoutError:
            pass
        return self._heard[0] if self._heard else None

    async def events(self) -> AsyncIterator[SessionEvent]:
        """Yield what the session tells, until the line ends."""
        self._stream.setblocking(False)
        reader, self._writer = await asyncio.open_unix_connection(sock=self._stream)
        for event in self._heard:
            yield event
        try:
            while data := await reader.read(1 << 16):
                for event in self._unpacker.feed(data):
                    yield event
        except (OSError, msgspec.MsgspecError):
            return

    def send(self, command: SessionCommand) -> None:
        """Send a command, without waiting; nothing, where there is no session any more."""
        if self._writer and not self._writer.is_closing():
            self._writer.write(pack(command))
