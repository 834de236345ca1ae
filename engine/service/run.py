"""A run's directory: its description, its log, its socket."""

from __future__ import annotations

import hashlib
import os
import tempfile
from datetime import datetime
from pathlib import Path

import msgspec
import platformdirs

from engine.service.description import Description

LONGEST_SOCKET_PATH = 100


def runs_directory() -> Path:
    """Return where the runs of this person are."""
    return platformdirs.user_state_path("nntui") / "runs"


class Run:
    """The files of one run.

    Parameters
    ----------
    directory : Path
        An existing directory with a ``run.json``.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @classmethod
    def create(cls, description: Description) -> Run:
        """Make a directory for a new run, under a name that no other run has."""
        runs = runs_directory()
        runs.mkdir(parents=True, exist_ok=True, mode=0o700)
        stem = Path(description.source).stem
        name = description.name or f"{stem}-{datetime.now():%Y%m%d-%H%M%S}"
        for k in range(1, 1000):
            unique = name if k == 1 else f"{name}-{k}"
            try:
                (runs / unique).mkdir(mode=0o700)
            except FileExistsError:
                continue
            run = cls(runs / unique)
            described = msgspec.structs.replace(description, name=unique)
            (run.directory / "run.json").write_bytes(msgspec.json.encode(described))
            return run
        raise FileExistsError(f"there are too many runs named {name}")

    @classmethod
    def find(cls, name: str) -> Run:
        """Return the run of that name, or in that directory; FileNotFoundError if there is none."""
        for directory in (runs_directory() / name, Path(name)):
            if (directory / "run.json").is_file():
                return cls(directory)
        raise FileNotFoundError(f"there is no run {name!r} in {runs_directory()}")

    @property
    def description(self) -> Description:
        """What it is made from."""
        text = (self.directory / "run.json").read_bytes()
        return msgspec.json.decode(text, type=Description)

    @property
    def log(self) -> Path:
        """Where the worker's output goes."""
        return self.directory / "log"

    @property
    def socket(self) -> Path:
        """Where the session listens: in the directory, if a socket's path may be that long."""
        path = self.directory / "socket"
        if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
            return path
        digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"nntui-{os.getuid()}-{digest}"
