"""What a run is made from is kept with it: what can be read only once, and its first weights."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import msgspec

from engine.runs.description import Description, SourceError
from engine.runs.files import owner_only, reason

STANDARD_INPUT = "-"
FIRST_WEIGHTS = "first-weights.npz"
KEPT = ("source", "validation")  # the fields of a description whose files may be streams
ENDING = (signal.SIGTERM, signal.SIGHUP)
KEPT_ENDINGS = (".parquet", ".npz", ".npy")  # by which a file is known; tables need none


def is_stream(path: str) -> bool:
    """Whether what a path names can be read only once, or only by this process."""
    if path == STANDARD_INPUT:
        return True
    if path.startswith(("/dev/", "/proc/")):
        return True
    place = Path(path)
    return place.exists() and not place.is_file() and not place.is_dir()


def needs_copies(description: Description) -> bool:
    """Whether another process could not read all that a description names."""
    return any(is_stream(getattr(description, field)) for field in KEPT)


def keep_copies(description: Description, directory: Path) -> None:
    """Copy what can be read only once, and the first weights, into a directory.

    Raises
    ------
    SourceError
        If something cannot be read or written.
    """
    try:
        with owner_only():
            for field in KEPT:
                if is_stream(path := getattr(description, field)):
                    _copy_stream(path, directory, field)
            if description.weights and Path(description.weights).exists():
                shutil.copyfile(description.weights, directory / FIRST_WEIGHTS)
    except OSError as error:
        raise SourceError(f"the data cannot be copied into the run: {reason(error)}") from None


def located(description: Description, directory: Path | None) -> Description:
    """Return a description that names the copies in a directory, where there are some.

    Weights that were not there when the run began are left out.
    """
    fields = {}
    for field in KEPT:
        if directory and is_stream(getattr(description, field)):
            fields[field] = str(_copy_of(directory, field))
    if description.weights:
        copy = directory / FIRST_WEIGHTS if directory else Path(description.weights)
        fields["weights"] = str(copy) if copy.exists() else ""
    return msgspec.structs.replace(description, **fields)


def in_own_words(text: str, description: Description, directory: Path | None) -> str:
    """Return an error's text with the copies named as the person has named what they are of."""
    for field in KEPT:
        path = getattr(description, field)
        if directory and is_stream(path):
            text = text.replace(str(_copy_of(directory, field)), own_name(path))
    return text


def own_name(path: str) -> str:
    """Return how a file that was copied is named where people read."""
    return "standard input" if path == STANDARD_INPUT else path


@contextmanager
def exit_on_signals() -> Iterator[None]:
    """Let a signal that ends the process raise SystemExit, so that what is begun can be removed.

    In a thread beside the main one, and where a signal is heeded in another way, nothing changes.
    """

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)  # as a shell reports it

    heeded: list[signal.Signals] = []
    if threading.current_thread() is threading.main_thread():
        heeded = [number for number in ENDING if signal.getsignal(number) == signal.SIG_DFL]
    for number in heeded:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in heeded:
            signal.signal(number, signal.SIG_DFL)


def _copy_stream(path: str, directory: Path, field: str) -> None:
    copy = directory / field
    number = os.dup(0) if path == STANDARD_INPUT else os.open(path, os.O_RDONLY)
    # Without a buffer, which would wait for all of a portion before a signal is heeded.
    with os.fdopen(number, "rb", buffering=0) as stream, copy.open("wb") as file:
        shutil.copyfileobj(stream, file, 1 << 20)
    copy.rename(directory / f"{field}{_ending(copy)}")


def _copy_of(directory: Path, field: str) -> Path:
    """Return the copy of a field's file, whatever its ending."""
    names = [f"{field}{ending}" for ending in KEPT_ENDINGS]
    return next((directory / n for n in names if (directory / n).exists()), directory / field)


def _ending(file: Path) -> str:
    """Return the ending by which the kind of a file is known, from how it begins."""
    with file.open("rb") as stream:
        head = stream.read(6)
    if head == b"\x93NUMPY":
        return ".npy"
    if head.startswith(b"PAR1"):
        return ".parquet"
    with suppress(OSError, zipfile.BadZipFile):
        if head.startswith(b"PK") and all(
            name.endswith(".npy") for name in zipfile.ZipFile(file).namelist()
        ):
            return ".npz"
    return ""
