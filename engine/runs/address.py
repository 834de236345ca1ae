"""Where a session listens: at a socket that only its owner can reach, whatever the umask is."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from shlex import quote

from engine.runs.files import owner_only
from engine.runs.peer import is_own

LONGEST_PATH = 100  # bytes that a socket's path may have on any system,
LONGEST_NAME = 50  # and those of them that its folder and its name take


def fits(path: Path) -> bool:
    """Whether a socket can have that path."""
    return len(os.fsencode(path)) <= LONGEST_PATH


def private_path(name: str) -> Path:
    """Return the path of a socket in a folder of this user that nobody else may enter.

    That is in XDG_RUNTIME_DIR, or else among the temporary files, made if there is none. OSError
    if no folder can be made.
    """
    for folder in _folders():
        if fits(folder / name):
            with suppress(OSError), owner_only():
                folder.mkdir()
            if is_private(folder):
                return folder / name
    # Somebody else has taken those names.
    return Path(tempfile.mkdtemp(prefix=_prefix(), dir=_temporary())) / name


def _folders() -> Iterator[Path]:
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or ".")
    if runtime.is_absolute() and is_private(runtime):
        yield runtime / "nntui"
    yield _temporary() / f"nntui-{os.geteuid()}"


def _temporary() -> Path:
    """Return where temporary files are, if a socket in a folder there has a path of its length."""
    try:
        folder = Path(tempfile.gettempdir())
    except FileNotFoundError:  # no file can be written there, but a socket needs no room
        folder = Path("/tmp")
    return folder if fits(folder / ("x" * LONGEST_NAME)) else Path("/tmp")


def _prefix() -> str:
    return f"nntui-{os.geteuid()}-"


def is_private(folder: Path) -> bool:
    """Whether it is a folder of this user, no link to one, that nobody else may enter."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    return own and stat.S_IMODE(found.st_mode) == 0o700


def require_private(folder: Path) -> None:
    """Raise PermissionError for a folder of a run that others may enter, with what mends it."""
    if is_private(folder):
        return
    name = quote(str(folder))
    foreign = folder.lstat().st_uid != os.geteuid()
    mend = f"chown -R {os.geteuid()} {name} && chmod 700 {name}" if foreign else f"chmod 700 {name}"
    raise PermissionError(f"the folder of the run is not yours alone: {mend}")


def listen(path: Path) -> socket.socket:
    """Listen at a path where there is nothing yet; OSError if there is something."""
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
        listener.listen()
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener


def connect(path: Path, timeout: float) -> socket.socket:
    """Connect to a session of this user; OSError if none listens, PermissionError if not theirs."""
    stream = socket.socket(socket.AF_UNIX)
    stream.settimeout(timeout)
    try:
        stream.connect(str(path))
        if not is_own(stream):
            raise PermissionError("another user listens at the socket of the session")
    except OSError:
        stream.close()
        raise
    return stream


def remove_stale(path: Path) -> None:
    """Remove a socket that nobody listens at, and nothing else that may be there."""
    with suppress(OSError):
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()


def remove(path: Path) -> None:
    """Remove a socket, and the folder that `private_path` has made for it alone."""
    with suppress(OSError):
        path.unlink()
    if path.parent.name.startswith(_prefix()):
        with suppress(OSError):
            path.parent.rmdir()
