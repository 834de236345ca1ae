"""A client as the server sees it: what it sends, what is sent to it, and how much of either."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from time import perf_counter
from typing import Any

from engine.protocol import events
from engine.protocol.commands import SessionCommand, Subscribe
from engine.protocol.wire import LARGEST_COMMAND, Unpacker, pack

MOST_UNSENT = 4 * 1024 * 1024  # bytes that may wait for a client that does not read,
MANY_UNSENT = 64 * 1024  # and so many that one that does read is waited for
PATIENCE = 1.0  # seconds in which a client that reads has read something
MOST_AT_ONCE, MOST_A_SECOND = 4000, 400  # messages of one client


class DroppedError(Exception):
    """A client that has gone, or is to be; its text says why."""


class Client:
    """One screen, or one program, attached to the session.

    Parameters
    ----------
    stream : socket
        It does not block.

    Attributes
    ----------
    wanted : Subscribe or None
        What it shows.
    credit : bool
        Whether it has drawn the last frame.
    shown : int
        The session's number of changes at the last frame, and ``at``, when that was.
    unsent : bytearray
        What its socket did not take yet.
    """

    def __init__(self, stream: socket.socket) -> None:
        self.stream = stream
        self.wanted: Subscribe | None = None
        self.credit, self.shown, self.at = True, -1, 0.0
        self.unsent = bytearray()
        self._read = perf_counter()
        self._unpacker = Unpacker(SessionCommand, LARGEST_COMMAND)
        self._allowance, self._counted = float(MOST_AT_ONCE), perf_counter()

    @property
    def pending(self) -> bool:
        """Whether a message has been received that was not handled yet."""
        return self._unpacker.pending

    @property
    def behind(self) -> bool:
        """Whether it reads, but not as fast as events are sent."""
        return len(self.unsent) > MANY_UNSENT and perf_counter() - self._read < PATIENCE

    def receive(self) -> Iterator[Any]:
        """Yield the messages that have been received; more are read only when those are handled.

        DroppedError is raised when there will be no more.
        """
        data = b""
        if not self.pending:
            try:
                data = self.stream.recv(65536)
            except BlockingIOError:
                return
            except OSError as error:
                raise DroppedError(str(error)) from None
            if not data:
                raise DroppedError("it has hung up")
        try:
            self._unpacker.add(data)
            for message in self._unpacker.messages():
                self._count()
                yield message
        except ValueError as error:
            raise DroppedError(str(error)) from None

    def _count(self) -> None:
        now = perf_counter()
        gained = (now - self._counted) * MOST_A_SECOND
        self._allowance = min(MOST_AT_ONCE, self._allowance + gained) - 1
        self._counted = now
        if self._allowance < 0:
            raise DroppedError(f"more than {MOST_A_SECOND} commands a second")

    def send(self, event: events.Event) -> None:
        """Send an event, or keep it until the socket takes it."""
        if len(self.unsent) > MOST_UNSENT:
            raise DroppedError("it does not read what it is sent")
        self.unsent += pack(event)
        self.flush()

    def flush(self) -> None:
        """Send as much as the socket takes."""
        try:
            sent = self.stream.send(self.unsent)
            del self.unsent[:sent]
            self._read = perf_counter()
        except BlockingIOError:
            pass
        except OSError as error:
            raise DroppedError(str(error)) from None
