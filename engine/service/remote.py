"""Sessions and runs on another machine, reached through the user's own ``ssh``."""

from __future__ import annotations

import asyncio
import os
import shlex
import socket
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path

import platformdirs

from engine.protocol import events
from engine.protocol.frames import SessionEvent
from engine.runs.files import owner_only
from engine.service.client import Connection, Disconnected

# A dead line is found out within fifteen seconds; all else is as the user has configured it.
ALIVE = ("-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3")
SILENT = ("-o", "BatchMode=yes")  # nothing is asked while the screen has the terminal
LONGEST_REASON = 300  # characters
FIRST = 60.0  # seconds in which somebody may type a password
PATIENCE = 2.0  # seconds for ssh to end
WAITS = (0.5, 1.0, 2.0, 5.0)  # seconds until the line is tried again, the last one over and over
ANSWERED = (0, 1, 2)  # the exit status of nntui there: it can be reached, but has no such session


class RemoteError(ConnectionError):
    """Another machine, or a run on it, cannot be reached; its text says why, in one line."""


@dataclass(frozen=True)
class Host:
    """Another machine.

    Attributes
    ----------
    name : str
        As ``ssh`` takes it: ``host`` or ``user@host``, or a name of its config.
    command : str
        How nntui is called there, in words of its shell.
    """

    name: str
    command: str = "nntui"

    def run(self, *arguments: str) -> str:
        """Run a command of nntui there, and return what it prints; RemoteError if it fails."""
        done = subprocess.run(
            self._call(arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode:
            raise RemoteError(_in_a_line(done.stderr) or f"{self.name} cannot be reached")
        return done.stdout

    def open(self, run: str, ask: bool = False) -> Line:
        """Open a line to a session there.

        Parameters
        ----------
        run : str
            The name of a run; the latest one if it is empty.
        ask : bool
            Whether ``ssh`` may ask for a password.
        """
        near, far = socket.socketpair()
        options = () if ask else SILENT
        try:
            process = subprocess.Popen(
                self._call(("relay", *([run] if run else [])), options),
                stdin=far.fileno(),
                stdout=far.fileno(),
                stderr=subprocess.PIPE,
                start_new_session=not ask,  # Ctrl+C is a key of the screen's
            )
        except OSError as error:
            near.close()
            raise RemoteError(f"ssh cannot be started: {error.strerror}") from None
        finally:
            far.close()
        return Line(near, process)

    def _call(self, arguments: tuple[str, ...], options: tuple[str, ...] = ()) -> list[str]:
        remote = f"{self.command} {shlex.join(arguments)}"
        return ["ssh", *ALIVE, *options, "--", self.name, remote]


class Line:
    """An open line to a session on another machine.

    Attributes
    ----------
    stream : socket
        What the session sends and hears.
    """

    def __init__(self, stream: socket.socket, process: subprocess.Popen[bytes]) -> None:
        self.stream, self._process = stream, process

    def close(self) -> Disconnected:
        """End the line; return why it has ended, as far as ``ssh`` or nntui there has said so."""
        self.stream.close()
        try:
            status = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        assert self._process.stderr is not None
        with self._process.stderr as said:
            reason = _in_a_line(said.read(1 << 16).decode(errors="replace"))
        return Disconnected(reason, final=status in ANSWERED)


@dataclass(frozen=True)
class RemoteRun:
    """What is known here of a run on another machine.

    Attributes
    ----------
    log : Path
        Where an unforeseen error of the screen is written.
    directory : None
        It has none here.
    """

    log: Path
    directory: None = None


class RemoteSession:
    """A session on another machine.

    Attributes
    ----------
    name : str
        The run's name, once it is known.
    """

    def __init__(self, host: Host, name: str) -> None:
        self.host, self.name = host, name
        self.run = RemoteRun(_screen_log())
        self._connection: RemoteConnection | None = None

    def connect(self) -> RemoteConnection:
        """Open a line to it.

        Raises
        ------
        ConnectionError
            If there is none; its text says why, in one line.
        """
        self.end()
        connection = RemoteConnection(self.host, self.name)
        if connection.first() is None:
            said = connection.close().reason
            raise RemoteError(f"{self.host.name}: {said or 'the line was closed'}")
        self._connection = connection
        return connection

    def end(self) -> None:
        """Close the line; the session goes on."""
        if self._connection:
            self.name = self._connection.run
            self._connection.close()
            self._connection = None


def _screen_log() -> Path:
    """Return where the screen of a run that is elsewhere writes its own errors."""
    folder = platformdirs.user_state_path("nntui")
    try:
        with owner_only():
            folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(os.devnull)
    return folder / "screen.log"


class RemoteConnection(Connection):
    """An open line to a session on another machine, which is opened again whenever it breaks.

    Parameters
    ----------
    host : Host
    run : str
    """

    def __init__(self, host: Host, run: str) -> None:
        self.host, self.run = host, run
        self._line = host.open(run, ask=True)
        super().__init__(self._line.stream, FIRST)

    async def events(self) -> AsyncIterator[SessionEvent | Disconnected]:
        """Yield what the session tells, and each time that the line breaks, `Disconnected`."""
        waits = chain(WAITS, repeat(WAITS[-1]))
        while True:
            async for event in super().events():
                if isinstance(event, events.Welcome):
                    self.run, waits = event.name, chain(WAITS, repeat(WAITS[-1]))
                yield event
            broken = await asyncio.to_thread(self._line.close)
            if broken.reason or not broken.final:
                yield broken
            if broken.final:
                return
            await asyncio.sleep(next(waits))
            self._line = self.host.open(self.run)
            self.renew(self._line.stream)

    def close(self) -> Disconnected:
        """End the line, and return why it has ended."""
        return self._line.close()


def _in_a_line(text: str) -> str:
    lines = [line.strip().removeprefix("nntui: ") for line in text.splitlines() if line.strip()]
    return lines[-1][:LONGEST_REASON] if lines else ""
