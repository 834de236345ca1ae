"""Messages between a script's process and whoever steers it: tuples of plain values."""

from __future__ import annotations

import marshal
import select
import socket
import struct
from typing import Any

_LENGTH = struct.Struct("<Q")
Message = tuple[Any, ...]


class ClosedError(Exception):
    """The other side is gone."""


class Channel:
    """One end of a pair of sockets that carry messages, and sometimes a channel with one."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    @classmethod
    def pair(cls) -> tuple[Channel, Channel]:
        """Make both ends."""
        ours, theirs = socket.socketpair()
        return cls(ours), cls(theirs)

    @classmethod
    def inherited(cls, number: int) -> Channel:
        """Take over an open file."""
        end = socket.socket(fileno=number)
        end.set_inheritable(False)
        return cls(end)

    def fileno(self) -> int:
        """Return the number of the open file."""
        return self._end.fileno()

    def close(self) -> None:
        """Close this end."""
        self._end.close()

    def has_message(self, seconds: float | None = 0) -> bool:
        """Wait until something has come, or the other side is gone; for so long at most."""
        waiting = select.poll()
        waiting.register(self._end, select.POLLIN)
        return bool(waiting.poll(None if seconds is None else seconds * 1000))

    def send(self, message: Message, other: Channel | None = None) -> None:
        """Send a message, and a channel with it."""
        data = marshal.dumps(message)
        head = _LENGTH.pack(len(data))
        try:
            if other:
                socket.send_fds(self._end, [head], [other.fileno()])
            else:
                self._end.sendall(head)
            self._end.sendall(data)
        except OSError:
            raise ClosedError from None

    def receive(self) -> tuple[Message, Channel | None]:
        """Wait for a message, and take the channel that came with it."""
        try:
            head, files, _flags, _address = socket.recv_fds(self._end, _LENGTH.size, 1)
        except OSError:
            raise ClosedError from None
        head += self._exactly(_LENGTH.size - len(head))
        message = marshal.loads(self._exactly(*_LENGTH.unpack(head)))
        return message, Channel.inherited(files[0]) if files else None

    def _exactly(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            try:
                part = self._end.recv(size - len(data))
            except OSError:
                part = b""
            if not part:
                raise ClosedError
            data += part
        return bytes(data)
