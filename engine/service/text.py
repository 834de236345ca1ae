"""Text that is none: names of files may hold bytes that are not UTF-8."""

from __future__ import annotations

from typing import Any


def as_text(value: Any) -> Any:
    """Return a value with such bytes escaped, in all of the text that it consists of."""
    match value:
        case str():
            return value.encode(errors="backslashreplace").decode()
        case list() | tuple():
            return [as_text(item) for item in value]
        case dict():
            return {as_text(key): as_text(item) for key, item in value.items()}
    return value
