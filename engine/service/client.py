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
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from shlex import quote

import msgspec

from engine.protocol.commands import SessionCommand
from engine.protocol.events import PROTOCOL, Event, Failed, Welcome
from engine.protocol.frames import SessionEvent
from engine.protocol.wire import Invalid, StreamError, Unpacker, pack
from engine.runs import address
from engine.runs.files import reason
from engine.runs.lock import is_held
from engine.runs.run import Run

# The current folder is not on the path (-P): what lies there is data, and no program of ours. The
# folder of this package is, behind all others, for where it is not installed.
START = """
import sys
sys.path.append(sys.argv.pop())
from engine.service.worker import main
main()
"""

PATIENCE = 30.0  # seconds in which a worker that has been started has to listen,
MOMENT = 1.0  # and one that trains already

# Seconds to wait for the first event before a screen opens, where that is not certain: what cannot
# be built, or attached to, is then told in a line, without a screen that flashes.
VERDICT = 1.5
MOST_UNSENT = 1024 * 1024  # bytes of commands that may wait for a worker that does not read
OTHER_VERSION = (
    "the session speaks version {0} of the protocol, and this nntui speaks "
    f"{PROTOCOL}: `nntui stop {{1}}` ends it, and `nntui resume {{1}}` goes on with it here"
)


class Worker:
    """A worker process that this process has started; it goes on without it if it is recorded."""

    def __init__(self, run: Run) -> None:
        self.run, self.patience = run, PATIENCE
        self.verdict = 0.0 if run.description.is_toy else VERDICT
        line = self.run.to_line()
        with self.run.open_log() as log:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-c", START, str(Path(__file__).parents[2])],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has died, which `Connection.open` says
            self.process.stdin.write(line)
            self.process.stdin.flush()

    def connect(self) -> Connection:
        """Attach as soon as it listens; see `Connection.open`."""
        return Connection.open(self)

    def why_not(self) -> str:
        """Say why nobody listens; nothing, as long as that may still come."""
        return "the worker did not start" if self.process.poll() is not None else ""

    def end(self, patience: float = 3.0) -> None:
        """End the process and whatever it started; it first has time to save its weights."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.terminate()
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self._kill(signal.SIGKILL)
            self.process.wait()
        self._kill(signal.SIGKILL)
        address.remove(self.run.socket)
        self.run.remove_copies()

    def _kill(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


class Ongoing:
    """A session that another process has started."""

    def __init__(self, run: Run) -> None:
        self.run, self.patience, self.verdict = run, MOMENT, VERDICT

    def connect(self) -> Connection:
        """Attach to it; see `Connection.open`."""
        return Connection.open(self)

    def why_not(self) -> str:
        """Say why nobody listens; nothing, as long as the run is trained."""
        assert self.run.directory
        return "" if is_held(self.run.directory) else "it is not being trained"

    def end(self) -> None:
        """Leave it to go on, since it is of others."""


class Disconnected(Event, frozen=True, tag=True):
    """The line to another machine is down; ``final`` if there is no session to go back to."""

    reason: str
    final: bool = False


class Connection:
    """An open line to a session.

    Parameters
    ----------
    stream : socket
    patience : float
        Seconds to wait for the first event; see `first`.
    name : str
        The run's, for what is said of it.
    """

    def __init__(self, stream: socket.socket, patience: float = 0.0, name: str = "RUN") -> None:
        self._stream, self._patience, self._name = stream, patience, name
        self._unpacker = Unpacker(SessionEvent)
        self._heard: list[SessionEvent] = []
        self._broken = False
        self._writer: asyncio.StreamWriter | None = None

    @classmethod
    def open(cls, session: Worker | Ongoing) -> Connection:
        """Attach as soon as somebody listens.

        Raises
        ------
        ConnectionError
            If it has died, does not listen, or somebody else does.
        """
        patience, run = session.patience, session.run
        end = time.monotonic() + patience
        while True:
            try:
                stream = address.connect(run.socket, patience)
                return cls(stream, session.verdict, quote(run.name))
            except (FileNotFoundError, ConnectionRefusedError, BlockingIOError, TimeoutError):
                if why := session.why_not():
                    raise ConnectionError(why) from None
            except OSError as error:
                raise ConnectionError(f"there is no way to the worker: {reason(error)}") from None
            if time.monotonic() > end:
                raise ConnectionError(f"the worker did not answer in {patience:g} seconds")
            time.sleep(0.005)

    def renew(self, stream: socket.socket) -> None:
        """Go on with another stream, whose session tells all from the beginning."""
        self._stream, self._unpacker = stream, Unpacker(SessionEvent)
        self._heard.clear()
        self._broken, self._writer = False, None

    def first(self) -> SessionEvent | None:
        """Wait a little for the first event, which `events` will yield all the same."""
        self._stream.settimeout(self._patience)
        with contextlib.suppress(OSError):
            while not self._heard and (data := self._stream.recv(1 << 16)):
                self._heard += self._decode(data)
        return self._heard[0] if self._heard else None

    def _decode(self, data: bytes) -> Iterator[SessionEvent]:
        """Decode events; `Failed` is the last one where something else is found among them."""
        self._unpacker.add(data)
        try:
            for event in self._unpacker.messages():
                if (version := _spoken(event)) != PROTOCOL:
                    self._broken = True
                    yield Failed(OTHER_VERSION.format(version, self._name))
                    return
                if isinstance(event, Invalid):
                    raise StreamError(event.reason)
                yield event
        except StreamError as error:
            self._broken = True
            yield Failed(f"what the worker sends cannot be read: {error}")

    async def events(self) -> AsyncIterator[SessionEvent | Disconnected]:
        """Yield what the session tells, until the line ends."""
        self._stream.setblocking(False)
        reader, self._writer = await asyncio.open_unix_connection(sock=self._stream)
        try:
            for event in self._heard:
                yield event
            while not self._broken and (data := await reader.read(1 << 16)):
                for event in self._decode(data):
                    yield event
        except OSError:
            return
        finally:
            self._writer.close()

    def send(self, command: SessionCommand) -> None:
        """Send a command, without waiting; nothing, where no session reads it."""
        writer = self._writer
        if writer is None or writer.is_closing():
            return
        if writer.transport.get_write_buffer_size() < MOST_UNSENT:
            writer.write(pack(command))


class Greeting(msgspec.Struct, tag="Welcome"):
    """What every version of the protocol says in its first message."""

    protocol: int


def _spoken(event: SessionEvent | Invalid) -> int:
    """Return the version that a session greets in; all but a greeting is of this one."""
    if isinstance(event, Welcome):
        return event.protocol
    if isinstance(event, Invalid):
        with contextlib.suppress(msgspec.MsgspecError, ValueError, RecursionError):
            return msgspec.msgpack.decode(event.body, type=Greeting).protocol
    return PROTOCOL
