"""The server: trains in short slices, and between them listens to and tells its clients."""

from __future__ import annotations

import selectors
import socket
from dataclasses import dataclass, field
from time import perf_counter

import msgspec

from engine import commands, events
from engine.commands import SessionCommand, Subscribe
from engine.service.session import Session
from engine.service.wire import Unpacker, pack

SLICE = 0.004
FRAME_EVERY = 1 / 15


@dataclass
class Client:
    """One screen, or one program, attached to the session."""

    stream: socket.socket
    unpacker: Unpacker = field(default_factory=lambda: Unpacker(SessionCommand))
    wanted: Subscribe | None = None
    credit: bool = True
    shown: int = -1
    at: float = 0.0
    unsent: bytearray = field(default_factory=bytearray)


class Server:
    """Serves one session on a listening Unix socket until it is told to end."""

    def __init__(self, session: Session, listener: socket.socket) -> None:
        self.session, self.listener = session, listener
        self.clients: list[Client] = []
        self.ending = False
        listener.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._bell, self._rope = socket.socketpair()
        self._selector.register(self._bell, selectors.EVENT_READ)

    def serve(self) -> None:
        """Train and tell until a client says `Shutdown`, or `end` is called."""
        while not self.ending:
            self.session.advance(SLICE)
            self._listen(self._patience())
            self._tell()

    def end(self) -> None:
        """End, from a signal's handler too: not within an operation, but before the next slice."""
        self.ending = True
        self._rope.send(b".")

    def fail(self, message: str) -> None:
        """Tell all clients that the run broke."""
        for client in self.clients:
            client.stream.setblocking(True)
            client.stream.sendall(pack(events.Failed(message)))

    def close(self) -> None:
        """Hang up on all."""
        for client in self.clients:
            client.stream.close()
        for stream in (self.listener, self._bell, self._rope):
            stream.close()
        self._selector.close()

    def _patience(self) -> float | None:
        """Return for how long nothing needs to be done but to listen."""
        if self.session.outbox:
            return 0.0
        waits = [w for w in (self.session.wait(),) if w is not None]
        if any(c.wanted and c.credit and c.shown != self.session.changes for c in self.clients):
            waits.append(FRAME_EVERY / 4)
        return min(waits, default=None)

    def _listen(self, patience: float | None) -> None:
        for key, mask in self._selector.select(patience):
            if key.fileobj is self._bell:
                return
            if key.data is None:
                stream, _ = self.listener.accept()
                stream.setblocking(False)
                client = Client(stream)
                self.clients.append(client)
                self._selector.register(stream, selectors.EVENT_READ, client)
                for event in self.session.greeting():
                    self._send(client, event)
            elif mask & selectors.EVENT_READ:
                self._receive(key.data)
            else:
                self._flush(key.data)

    def _receive(self, client: Client) -> None:
        try:
            data = client.stream.recv(65536)
            messages = client.unpacker.feed(data) if data else None
        except BlockingIOError:
            return
        except (OSError, msgspec.MsgspecError):
            messages = None
        if messages is None:
            self._drop(client)
            return
        for command in messages:
            match command:
                case Subscribe():
                    self.session.subscribed(client.wanted, command)
                    client.wanted, client.shown, client.at = command, -1, 0.0
                case commands.Drawn():
                    client.credit = True
                case commands.Shutdown():
                    self.ending = True
                case _:
                    self.session.handle(command)
                    for other in self.clients:
                        other.at = 0.0

    def _drop(self, client: Client) -> None:
        """Forget a client; the training goes on without one."""
        if client in self.clients:
            self.clients.remove(client)
            self.session.subscribed(client.wanted, None)
            self._selector.unregister(client.stream)
            client.stream.close()

    def _tell(self) -> None:
        outbox, self.session.outbox = self.session.outbox, []
        now = perf_counter()
        for client in tuple(self.clients):
            for event in outbox:
                self._send(client, event)
            due = client.credit and client.shown != self.session.changes and client.wanted
            if due and now - client.at >= FRAME_EVERY and not client.unsent:
                client.credit, client.shown, client.at = False, self.session.changes, now
                assert client.wanted is not None
                self._send(client, self.session.frame(client.wanted))

    def _send(self, client: Client, event: events.Event) -> None:
        client.unsent += pack(event)
        self._flush(client)

    def _flush(self, client: Client) -> None:
        """Send what the socket takes, and the rest when it can take more."""
        try:
            sent = client.stream.send(client.unsent)
            del client.unsent[:sent]
        except BlockingIOError:
            pass
        except OSError:
            self._drop(client)
            return
        if client in self.clients:
            more = selectors.EVENT_WRITE if client.unsent else 0
            self._selector.modify(client.stream, selectors.EVENT_READ | more, client)
