"""The server: trains in short slices, and between them serves its clients."""

from __future__ import annotations

import os
import resource
import selectors
import socket
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import perf_counter, sleep

from engine.protocol import commands, events
from engine.protocol.commands import Subscribe
from engine.protocol.wire import Invalid, pack
from engine.runs.peer import is_own
from engine.service.attached import Client, DroppedError
from engine.service.session import Session

SLICE = 0.004
LONGEST_SLICE = 0.02
FRAME_EVERY = 1 / 15
MOST_CLIENTS = 64
MOST_EVENTS = 16  # of commands that are handled before they are sent
LAST_WORDS = 0.5  # seconds in which clients can read how the session has ended
LINGER = 10.0  # seconds that a session which nobody needs waits for a client


class Server:
    """Serves one session on a listening Unix socket until it is told to end."""

    def __init__(self, session: Session, listener: socket.socket) -> None:
        self.session, self.listener = session, listener
        self.clients: list[Client] = []
        self.ending = False
        self._alone_since = perf_counter()
        listener.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._bell, self._rope = socket.socketpair()
        self._selector.register(self._bell, selectors.EVENT_READ)
        session.wake = self.ring
        self._spare: int | None = os.dup(self._bell.fileno())
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        self._most_clients = min(MOST_CLIENTS, max(1, files // 4))
        if files == resource.RLIM_INFINITY:
            self._most_clients = MOST_CLIENTS

    def serve(self) -> None:
        """Train and serve until a client sends `Shutdown`, or `end` is called.

        A run that is complete is not served any longer when nobody is there, nor comes. Nor is one
        that stands still where nobody can come, since its directory has been removed.
        """
        serving = 0.0
        while not (self.ending or self._lingers() == 0):
            # As much time for the training as the clients took, so that they cannot starve it.
            self.session.advance(min(max(SLICE, serving), LONGEST_SLICE))
            ready = self._selector.select(self._patience())
            begun = perf_counter()
            self._listen(ready)
            self._tell()
            serving = perf_counter() - begun

    def end(self) -> None:
        """End, from a signal's handler too: not within an operation, but before the next slice."""
        self.ending = True
        self.ring()

    def ring(self) -> None:
        """Wake the loop up, from any thread, since clients are to be shown something else."""
        with suppress(OSError):  # a thread may outlive the server
            self._rope.send(b".")

    def tell_last(self, event: events.Event) -> None:
        """Tell all clients how the session has ended, as far as they listen."""
        for client in tuple(self.clients):
            self._send(client, event)
        end = perf_counter() + LAST_WORDS
        while any(c.unsent for c in self.clients) and perf_counter() < end:
            for client in tuple(self.clients):
                with self._dropping(client):
                    client.flush()
            sleep(0.01)

    def close(self) -> None:
        """Hang up on all."""
        for client in self.clients:
            client.stream.close()
        for stream in (self.listener, self._bell, self._rope):
            stream.close()
        self._selector.close()
        self._close_spare()

    def _patience(self) -> float | None:
        """Return for how long nothing needs to be done but to listen."""
        if self.session.outbox or any(c.pending for c in self.clients):
            return 0.0
        waits = [w for w in (self.session.wait(), self._lingers()) if w is not None]
        if any(c.wanted and c.credit and c.shown != self.session.changes for c in self.clients):
            waits.append(FRAME_EVERY / 4)
        return min(waits, default=None)

    def _lingers(self) -> float | None:
        """Return in how many seconds to look whether a client has come; 0 to wait no longer."""
        if self.clients or self.session.running:
            return None
        if self.session.status != "completed" and os.path.exists(self.listener.getsockname()):
            return LINGER
        return max(0.0, self._alone_since + LINGER - perf_counter())

    # -- listening -----------------------------------------------------------------------------

    def _listen(self, ready: list[tuple[selectors.SelectorKey, int]]) -> None:
        received = {c: None for c in self.clients if c.pending}
        for key, mask in ready:
            if self.ending:
                return
            if key.fileobj is self._bell:
                self._bell.recv(64)
                self.session.changes += 1
                continue
            if key.data is None:
                self._accept()
                continue
            if mask & selectors.EVENT_WRITE:
                self._flush(key.data)
            if mask & selectors.EVENT_READ:
                received[key.data] = None
        if any(c.behind for c in self.clients):
            return  # no more events before those that there are have been read
        for client in received:
            self._receive(client, perf_counter() + SLICE / len(received))

    def _accept(self) -> None:
        """Take in a client, or turn it away."""
        try:
            stream, _ = self.listener.accept()
        except OSError:
            self._turn_away_without_files()
            return
        if not is_own(stream):
            stream.close()
        elif len(self.clients) >= self._most_clients:
            _turn_away(stream)
        else:
            stream.setblocking(False)
            client = Client(stream)
            self.clients.append(client)
            self._selector.register(stream, selectors.EVENT_READ, client)
            for event in self.session.greeting():
                self._send(client, event)

    def _turn_away_without_files(self) -> None:
        """Turn a client away with the spare file, where the process may open no other."""
        self._close_spare()
        with suppress(OSError):
            _turn_away(self.listener.accept()[0])
        with suppress(OSError):
            self._spare = os.dup(self._bell.fileno())

    def _close_spare(self) -> None:
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None

    def _receive(self, client: Client, deadline: float) -> None:
        """Handle the messages of a client, at least one, until the time is over."""
        if client not in self.clients:
            return
        with self._dropping(client):
            for message in client.receive():
                self._handle(client, message)
                many = len(self.session.outbox) >= MOST_EVENTS
                if many or perf_counter() >= deadline or client not in self.clients:
                    return

    def _handle(self, client: Client, message: commands.SessionCommand | Invalid) -> None:
        match message:
            case Invalid(reason):
                self._send(client, events.Rejected(f"that is no command: {reason}"))
            case Subscribe():
                self.session.subscribed(client.wanted, message)
                client.wanted, client.shown, client.at = message, -1, 0.0
            case commands.Drawn():
                client.credit = True
            case commands.Shutdown(if_idle):
                self._shut_down(client, if_idle)
            case _:
                self.session.handle(message)
                for other in self.clients:
                    other.at = 0.0

    def _shut_down(self, client: Client, if_idle: bool) -> None:
        if if_idle and (self.session.running or len(self.clients) > 1):
            self._forget(client)
        else:
            self.ending = True

    def _drop(self, client: Client, reason: str) -> None:
        """Forget a client, and say why; the training goes on without one."""
        if client in self.clients:
            if not client.unsent:
                with suppress(OSError):
                    client.stream.send(pack(events.Rejected(f"disconnected: {reason}")))
            self._forget(client)

    def _forget(self, client: Client) -> None:
        self.clients.remove(client)
        self.session.subscribed(client.wanted, None)
        self._selector.unregister(client.stream)
        client.stream.close()
        self._alone_since = perf_counter()

    @contextmanager
    def _dropping(self, client: Client) -> Iterator[None]:
        """Drop a client that turns out to have gone, or to ask too much."""
        try:
            yield
        except DroppedError as error:
            self._drop(client, str(error))

    # -- sending -------------------------------------------------------------------------------

    def _tell(self) -> None:
        outbox, self.session.outbox = self.session.outbox, []
        now = perf_counter()
        for client in tuple(self.clients):
            for event in outbox:
                self._send(client, event)
            due = client.credit and client.shown != self.session.changes and client.wanted
            if due and now - client.at >= FRAME_EVERY and not client.unsent:
                client.credit, client.shown, client.at = False, self.session.changes, now
                self._send_frame(client)

    def _send_frame(self, client: Client) -> None:
        assert client.wanted is not None
        try:
            frame: events.Event = self.session.frame(client.wanted)
        except Exception as error:  # nothing that a client asks for may end the run
            traceback.print_exc()
            self.session.subscribed(client.wanted, None)
            client.wanted, client.credit = None, True
            frame = events.Rejected(f"that cannot be shown: {type(error).__name__}: {error}")
        self._send(client, frame)

    def _send(self, client: Client, event: events.Event) -> None:
        if client in self.clients:
            with self._dropping(client):
                client.send(event)
            self._await(client)

    def _flush(self, client: Client) -> None:
        with self._dropping(client):
            client.flush()
        self._await(client)

    def _await(self, client: Client) -> None:
        """Wait for commands of a client, and until its socket takes what is unsent."""
        if client in self.clients:
            more = selectors.EVENT_WRITE if client.unsent else 0
            self._selector.modify(client.stream, selectors.EVENT_READ | more, client)


def _turn_away(stream: socket.socket) -> None:
    with stream, suppress(OSError):
        stream.setblocking(False)
        stream.send(pack(events.Failed("the session has as many clients as it can take")))
