"""The far side of a line: copies between the standard streams and the socket of a session."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress

CHUNK = 1 << 16


def relay(session: socket.socket) -> None:
    """Copy both ways until either side ends."""
    session.setblocking(True)
    threading.Thread(target=_to_session, args=(session,), daemon=True).start()
    with suppress(OSError):
        while data := session.recv(CHUNK):
            _write(data)


def _to_session(session: socket.socket) -> None:
    with suppress(OSError):
        while data := os.read(0, CHUNK):
            session.sendall(data)
    with suppress(OSError):
        session.shutdown(socket.SHUT_RDWR)  # which ends the other direction as well


def _write(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]
