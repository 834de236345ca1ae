"""Messages on a socket: four bytes of length, then MessagePack."""

from __future__ import annotations

import struct
from typing import Any

import msgspec

from engine.service.text import as_text

HEADER = struct.Struct("<I")
MOST = 64 * 1024 * 1024

_encoder = msgspec.msgpack.Encoder()


def pack(message: msgspec.Struct) -> bytes:
    """Encode a message with its length."""
    try:
        body = _encoder.encode(message)
    except UnicodeEncodeError:
        fields = msgspec.to_builtins(message, builtin_types=(bytes,))
        body = _encoder.encode(as_text(fields))
    return HEADER.pack(len(body)) + body


class Unpacker:
    """Decodes messages of one type from pieces of a stream.

    Parameters
    ----------
    kind : type
        A union of tagged structs. Anything else raises msgspec.DecodeError.
    """

    def __init__(self, kind: Any) -> None:
        self._decoder = msgspec.msgpack.Decoder(kind)
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Any]:
        """Take in some bytes, and return the messages that are now whole."""
        self._buffer += data
        messages = []
        while len(self._buffer) >= HEADER.size:
            (length,) = HEADER.unpack_from(self._buffer)
            if length > MOST:
                raise msgspec.DecodeError(f"a message of {length} bytes")
            end = HEADER.size + length
            if len(self._buffer) < end:
                break
            messages.append(self._decoder.decode(self._buffer[HEADER.size : end]))
            del self._buffer[:end]
        return messages
