"""Files that only their owner may read, on disks that may be full."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import ENOENT
from pathlib import Path
from typing import TextIO

LONGEST_PATH = 200  # characters of a path that are shown


@contextmanager
def owner_only() -> Iterator[None]:
    """Make files with mode 0600 and directories with 0700 within, whatever the umask is."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file completely, or leave it as it was and raise OSError."""
    new = path.with_name(path.name + ".new")
    try:
        with owner_only():
            new.write_bytes(data)
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise


def read_file(path: Path) -> bytes:
    """Return what a regular file holds; of any other kind, such as a pipe, there is none."""
    if path.exists() and not path.is_file():
        raise FileNotFoundError(ENOENT, "it is not a regular file", str(path))
    return path.read_bytes()


def give_up(stream: TextIO) -> None:
    """Write no more to a stream: what it did not take must not be tried again at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def reason(error: OSError) -> str:
    """Say in one line what went wrong with a file, and with which."""
    said = error.strerror or str(error) or type(error).__name__
    return said if error.filename is None else f"{said}: {shown(error.filename)}"


def shown(path: object) -> str:
    """Return a path so that it can be printed: in one line, and not too long."""
    text = str(path)
    text = text if text.isprintable() else repr(text)
    if len(text) <= LONGEST_PATH:
        return text
    return f"{text[: LONGEST_PATH // 2]}...{text[-LONGEST_PATH // 2 :]}"
