"""Messages on a socket: four bytes of length, then MessagePack."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from engine.protocol.text import as_text

HEADER = struct.Struct("<I")
LARGEST_COMMAND = 8 * 1024  # bytes of a message to the session,
LARGEST_EVENT = 64 * 1024 * 1024  # and of one to a client

_encoder = msgspec.msgpack.Encoder()


def pack(message: msgspec.Struct) -> bytes:
    """Encode a message with its length."""
    try:
        body = _encoder.encode(message)
    except UnicodeEncodeError:
        fields = msgspec.to_builtins(message, builtin_types=(bytes,))
        body = _encoder.encode(as_text(fields))
    return HEADER.pack(len(body)) + body


class StreamError(ValueError):
    """A stream of which no further message can be read."""


@dataclass(frozen=True, slots=True)
class Invalid:
    """A complete message that could not be decoded.

    Attributes
    ----------
    reason : str
    body : bytes
        The message, unless it is too large.
    """

    reason: str
    body: bytes = field(default=b"", compare=False)


class Unpacker:
    """Decodes messages of one type from pieces of a stream.

    Parameters
    ----------
    kind : type
        A union of tagged structs. Anything else is `Invalid`.
    largest : int
        Bytes of the largest message.
    """

    def __init__(self, kind: Any, largest: int = LARGEST_EVENT) -> None:
        self._decoder = msgspec.msgpack.Decoder(kind)
        self._largest = largest
        self._buffer = bytearray()
        self._skipped = 0  # bytes that are left of a message that is too large

    def feed(self, data: bytes) -> list[Any]:
        """Take in some bytes, and return the messages that are now complete."""
        self.add(data)
        return list(self.messages())

    def add(self, data: bytes) -> None:
        """Take in some bytes."""
        self._buffer += data

    @property
    def pending(self) -> bool:
        """Whether `messages` has something to do without more data."""
        if self._skipped:
            return bool(self._buffer)
        length = self._length()
        return length is not None and (
            length > self._largest or len(self._buffer) >= HEADER.size + length
        )

    def _length(self) -> int | None:
        if len(self._buffer) < HEADER.size:
            return None
        return int(HEADER.unpack_from(self._buffer)[0])

    def messages(self) -> Iterator[Any]:
        """Decode the messages that are complete one by one; those not taken wait for the next call.

        One that is too large is skipped, and `Invalid`. StreamError is raised where the length is
        one that no message can have.
        """
        while self.pending:
            length = self._skipped or self._length() or 0
            if self._skipped:
                self._skipped -= min(length, len(self._buffer))
                del self._buffer[: length - self._skipped]
            elif length > LARGEST_EVENT:
                raise StreamError(f"a message of {length} bytes")
            elif length > self._largest:
                del self._buffer[: HEADER.size]
                self._skipped = length
                yield Invalid(f"a message of {length} bytes; {self._largest} is the most")
            else:
                end = HEADER.size + length
                body = bytes(self._buffer[HEADER.size : end])
                del self._buffer[:end]
                yield self._decode(body)

    def _decode(self, body: bytes) -> Any:
        try:
            return self._decoder.decode(body)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            return Invalid(str(error), body)
