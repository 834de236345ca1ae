"""Who is at the other end of a Unix socket."""

from __future__ import annotations

import os
import socket
import struct

_LOCAL_PEERCRED = 0x001  # of macOS and the BSDs, whose `xucred` begins with a version and the user


def is_own(stream: socket.socket) -> bool:
    """Whether the other end belongs to the user of this process."""
    try:
        return _user(stream) == os.geteuid()
    except OSError:
        return False


def _user(stream: socket.socket) -> int:
    """Return the user id of the process that connected, or that listens."""
    if hasattr(socket, "SO_PEERCRED"):
        credentials = stream.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        return int(struct.unpack("iII", credentials)[1])
    credentials = stream.getsockopt(0, _LOCAL_PEERCRED, 76)
    return int(struct.unpack_from("II", credentials)[1])
