"""The database of a run: one SQLite file that only its owner may read."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from errno import EACCES, ENOENT
from functools import cache
from pathlib import Path
from urllib.parse import quote

from engine.runs.files import owner_only, reason
from engine.runs.schema import FORMAT, TABLES, VIEW

RECORD = "run.db"
SCHEMA = "select type, name, sql from sqlite_schema order by name"
AHEAD = 256  # pages of 4 KiB that are written ahead, which a disk must have room for besides
PATIENCE = 5.0  # seconds to wait for another process that writes

# What SQLite calls the reasons that the system gives by numbers.
WORDS = {
    sqlite3.SQLITE_FULL: "the disk is full, or the file may not grow",
    sqlite3.SQLITE_READONLY: "it may not be written",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_IOERR: "the disk does not take it",
    sqlite3.SQLITE_PERM: "it may not be read",
    sqlite3.SQLITE_BUSY: "another process writes it",
    sqlite3.SQLITE_CORRUPT: "it is damaged",
    sqlite3.SQLITE_NOTADB: "it is no database",
}


class RecordError(ValueError):
    """A record that cannot be used; its text says why."""


def create(directory: Path) -> None:
    """Make the database of a new run; OSError if that cannot be done."""
    with owner_only(), _as_os_errors(), closing(sqlite3.connect(directory / RECORD)) as made:
        made.execute("pragma journal_mode = wal")
        made.executescript(f"begin; {TABLES} {VIEW} pragma user_version = {FORMAT}; commit")


def open_to_write(directory: Path) -> sqlite3.Connection:
    """Open the database of a run to write it; OSError if that cannot be done.

    Readers do not wait for the writer, nor it for them. What has been written when the process is
    killed stays written.
    """
    with owner_only(), _as_os_errors():
        opened = _open(directory, "rw")
        opened.execute("pragma synchronous = normal")
        opened.execute(f"pragma wal_autocheckpoint = {AHEAD}")
        return opened


@contextmanager
def reading(directory: Path) -> Iterator[sqlite3.Connection]:
    """Open the database of a run to read it.

    Raises
    ------
    OSError
        If it is not there, or cannot be read.
    RecordError
        If it is no record of a run, is damaged, or has another format.
    """
    try:
        with closing(_open(directory, "ro")) as opened:
            (found,) = opened.execute("pragma user_version").fetchone()
            if found != FORMAT:
                raise RecordError(f"its record has format {found}, and this nntui reads {FORMAT}")
            if opened.execute(SCHEMA).fetchall() != _schema():
                raise RecordError("its record is damaged: it has other tables")
            opened.execute("begin")  # all that is read is of the same moment
            yield opened
    except sqlite3.Error as error:
        if _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):
            raise RecordError(f"its record is damaged: {error}") from None
        raise OSError(0, why(error), str(directory / RECORD)) from None


@cache
def _schema() -> list[tuple[str, str, str]]:
    with closing(sqlite3.connect(":memory:")) as made:
        made.executescript(TABLES + VIEW)
        return made.execute(SCHEMA).fetchall()


def _open(directory: Path, mode: str) -> sqlite3.Connection:
    path = directory / RECORD
    if not path.is_file():
        raise FileNotFoundError(ENOENT, os.strerror(ENOENT), str(path))
    if not os.access(path, os.R_OK, effective_ids=True):
        raise PermissionError(EACCES, os.strerror(EACCES), str(path))
    return sqlite3.connect(
        f"file:{quote(os.fsencode(path.absolute()))}?mode={mode}",
        uri=True,
        timeout=PATIENCE,
        isolation_level=None,
    )


@contextmanager
def _as_os_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise OSError(0, why(error)) from None


def why(error: Exception) -> str:
    """Say in a few words why the database could not be written."""
    if isinstance(error, sqlite3.Error):
        return WORDS.get(_code(error), str(error))
    return (error.strerror or reason(error)) if isinstance(error, OSError) else str(error)


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
