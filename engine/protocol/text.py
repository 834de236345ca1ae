"""Text that cannot be sent or shown as it is, with what is wrong in it escaped."""

from __future__ import annotations

from typing import Any


def as_text(value: Any) -> Any:
    """Return a value with bytes escaped that are not UTF-8, which names of files may hold."""
    match value:
        case str():
            return value.encode(errors="backslashreplace").decode()
        case list() | tuple():
            return [as_text(item) for item in value]
        case dict():
            return {as_text(key): as_text(item) for key, item in value.items()}
    return value


def printable(text: str) -> str:
    """Return a text with characters escaped that would control a terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else ascii(c)[1:-1] for c in text)
