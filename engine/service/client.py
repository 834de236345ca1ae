"""The client's side: start a worker, attach to it, hear events, send commands."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
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
        with self.run.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "engine.service.worker", str(self.run.directory)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )

    def end(self, patience: float = 0.5) -> None:
        """End the process and whatever it started, kindly at first."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self._kill(signal.SIGKILL)
            self.process.wait()
        self._kill(signal.SIGKILL)
        self.run.socket.unlink(missing_ok=True)

    def _kill(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


class Connection:
    """An open line to a session."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, worker: Worker) -> Connection:
        """Attach as soon as the worker listens; ConnectionError if it has died."""
        path = str(worker.run.socket)
        while True:
            try:
                return cls(*await asyncio.open_unix_connection(path))
            except (FileNotFoundError, ConnectionRefusedError):
                if worker.process.poll() is not None:
                    raise ConnectionError("the worker did not start") from None
                await asyncio.sleep(0.01)

    def send(self, command: SessionCommand) -> None:
        """Send a command, without waiting."""
        if not self._writer.is_closing():
            self._writer.write(pack(command))

    async def events(self) -> AsyncIterator[SessionEvent]:
        """Yield what the session tells, until the line ends."""
        unpacker = Unpacker(SessionEvent)
        try:
            while data := await self._reader.read(1 << 16):
                for event in unpacker.feed(data):
                    yield event
        except (OSError, msgspec.MsgspecError):
            return

    def close(self) -> None:
        """Hang up."""
        self._writer.close()
