"""A run's directory: its description, copies of its inputs, its log, its socket."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import tempfile
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from time import time
from typing import BinaryIO

import msgspec
import platformdirs

from engine.data.wording import few
from engine.runs.about import read_about, write_about
from engine.runs.address import fits, is_private, private_path
from engine.runs.database import RECORD, RecordError, create, open_to_write, reading
from engine.runs.description import Description, SourceError
from engine.runs.files import owner_only, reason, shown
from engine.runs.inputs import (
    exit_on_signals,
    in_own_words,
    keep_copies,
    located,
    needs_copies,
)
from engine.runs.names import check_name, name_from, numbered


def runs_directory() -> Path:
    """Return where the runs of this person are."""
    return platformdirs.user_state_path("nntui").absolute() / "runs"


class Run:
    """The files of one run.

    Parameters
    ----------
    directory : Path, optional
        An existing directory with a record; None for a run that is not recorded.
    description : Description, optional
        What it is made from; read from the directory if not given.
    problem : str
        Why it is not recorded, in one line.
    socket : Path, optional
        Where the session listens, if that has been chosen already.
    copies : Path, optional
        A temporary folder with copies of what can be read only once, of a run that is not recorded.
    anyway : bool
        Whether it is resumed even if it does not go on bit for bit.
    """

    def __init__(
        self,
        directory: Path | None,
        description: Description | None = None,
        problem: str = "",
        socket: Path | None = None,
        copies: Path | None = None,
        anyway: bool = False,
    ) -> None:
        self.directory, self.problem, self.anyway = directory, problem, anyway
        self._description, self._socket = description, socket
        self._copies = copies

    @classmethod
    def create(cls, description: Description) -> Run:
        """Make a directory for a new run, under a name that no other run has.

        Where that is not possible, the run has no directory, and a ``problem``. What can be read
        only once is copied, so this must be called in the process that a person has started.

        Raises
        ------
        RunNameError
            If no run can have the name of the description.
        SourceError
            If something cannot be copied.
        """
        stem = f"{name_from(description.source)}-{datetime.now():%Y%m%d-%H%M%S}"
        name = check_name(description.name or stem)
        try:
            directory = _new_directory(name)
            described = msgspec.structs.replace(description, name=directory.name)
            _describe(directory, described)
        except OSError as error:
            run = cls(None, description, f"this run is not recorded: {reason(error)}")
            if needs_copies(description):
                run._copies = Path(tempfile.mkdtemp(prefix="nntui-"))
        else:
            run = cls(directory, described)
        try:
            if folder := run.directory or run._copies:
                with exit_on_signals():
                    keep_copies(description, folder)
        except BaseException:
            run.remove()
            raise
        return run

    @classmethod
    def find(cls, name: str) -> Run:
        """Return the run of that name, or in that directory; the beginning of a name is enough.

        Raises
        ------
        RunNameError
            If it is neither a directory nor a name that a run can have.
        FileNotFoundError
            If there is no such run, or if several names begin like that.
        """
        try:
            if is_run(Path(name)):
                return cls(Path(name).absolute())
            if os.sep in name:
                raise FileNotFoundError(f"there is no run in {shown(name)}")
            directory = runs_directory() / whole_name(check_name(name))
            if is_run(directory):
                return cls(directory)
        except PermissionError as error:
            raise FileNotFoundError(f"the run cannot be read: {reason(error)}") from None
        raise FileNotFoundError(f"there is no record of a run in {shown(directory)}")

    @property
    def name(self) -> str:
        """Its name; nothing, if it is not recorded."""
        return self.directory.name if self.directory else ""

    @property
    def description(self) -> Description:
        """What it is made from; SourceError if that cannot be read."""
        if self._description is None:
            self._description = self._read_description()
        return self._description

    def _read_description(self) -> Description:
        assert self.directory
        try:
            with reading(self.directory) as database:
                return read_about(database, "description", Description)
        except OSError as error:
            raise SourceError(f"the run cannot be read: {reason(error)}") from None
        except RecordError as error:
            where = shown(self.directory)
            raise SourceError(f"the run in {where} cannot be used: {error}") from None

    @property
    def located(self) -> Description:
        """The description with copies in place of what can be read only once."""
        return located(self.description, self.directory or self._copies)

    def in_own_words(self, text: str) -> str:
        """Return an error's text with its copies named as the person has named what they are of."""
        return in_own_words(text, self.description, self.directory or self._copies)

    def remove(self) -> None:
        """Remove all of it, as far as that can be done."""
        self.remove_copies()
        if self.directory:
            shutil.rmtree(self.directory, ignore_errors=True)

    def remove_copies(self) -> None:
        """Remove the temporary copies of a run that is not recorded."""
        if self._copies:
            shutil.rmtree(self._copies, ignore_errors=True)

    @property
    def log(self) -> Path:
        """Where the worker's output goes."""
        return self.directory / "log" if self.directory else Path(os.devnull)

    def open_log(self) -> BinaryIO:
        """Open the log for a worker's output; what takes everything, where there can be none."""
        try:
            with owner_only():
                return self.log.open("ab")
        except OSError:
            return Path(os.devnull).open("ab")

    @property
    def socket(self) -> Path:
        """Where the session listens: in the directory, if a socket's path may be that long.

        OSError, if there is no place for it.
        """
        if self._socket is None:
            self._socket = self._choose_socket()
        return self._socket

    def _choose_socket(self) -> Path:
        if self.directory is None:
            return private_path(secrets.token_hex(8))
        path = self.directory / "socket"
        if fits(path) and is_private(self.directory):
            return path
        return private_path(hashlib.sha256(os.fsencode(path)).hexdigest()[:16])

    def to_line(self) -> bytes:
        """Return a line of JSON from which another process makes the same run."""
        directory, copies = (str(p) if p else None for p in (self.directory, self._copies))
        described = msgspec.to_builtins(self.description)
        fields = (directory, described, self.problem, str(self.socket), copies, self.anyway)
        return json.dumps(fields).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Run:
        """Make the run again that `to_line` was called on."""
        directory, description, problem, socket, copies, anyway = json.loads(line)
        described = msgspec.convert(description, Description)
        folders = [Path(p) if p else None for p in (directory, copies)]
        return cls(folders[0], described, problem, Path(socket), folders[1], anyway)


def run_names() -> list[str]:
    """Return the names of all that lies where the runs of this person are, in order.

    OSError if that cannot be read.
    """
    try:
        with os.scandir(runs_directory()) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir())
    except FileNotFoundError:
        return []


def whole_name(beginning: str) -> str:
    """Return the only name of a run that begins so, or that is just this.

    FileNotFoundError if there is none, or more than one.
    """
    found = [name for name in run_names() if name.startswith(beginning)]
    if beginning in found:
        return beginning
    if not found:
        raise FileNotFoundError(f"there is no run {beginning!r} in {shown(runs_directory())}")
    if len(found) > 1:
        raise FileNotFoundError(f"{beginning!r} begins several names: {few(found)}")
    return found[0]


def is_run(directory: Path) -> bool:
    """Whether there is a run in a directory."""
    try:
        return (directory / RECORD).is_file()
    except PermissionError:
        raise
    except OSError:  # such as a name that is too long
        return False


def _new_directory(name: str) -> Path:
    """Make a directory of that name, or of a variant that is free yet."""
    runs = runs_directory()
    with owner_only():
        runs.mkdir(parents=True, exist_ok=True)
        for number in range(1, 1000):
            directory = runs / numbered(name, number)
            with suppress(FileExistsError):
                directory.mkdir()
                return directory
    raise FileExistsError(f"there are too many runs named {name}")


def _describe(directory: Path, description: Description) -> None:
    """Begin the record of a new run with its description, or remove its directory again."""
    try:
        create(directory)
        with closing(open_to_write(directory)) as database:
            write_about(database, "description", msgspec.to_builtins(description))
            write_about(database, "begun", time())
    except OSError:
        shutil.rmtree(directory, ignore_errors=True)
        raise
