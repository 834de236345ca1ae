"""Runs in a line each: how each is, and how far it has come, from its lock and its record."""

from __future__ import annotations

import os
import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path
from time import time

import msgspec

from engine.protocol.events import Status
from engine.protocol.metrics import ACCURACY, LOSS
from engine.runs.about import read_about
from engine.runs.blocks import NUMBER, last_epoch
from engine.runs.database import reading
from engine.runs.description import Description
from engine.runs.files import reason
from engine.runs.journal import ENDED, Progress, has_journal
from engine.runs.lock import is_held
from engine.runs.run import run_names, runs_directory

BLOCK = (
    "select first, step, epochs, width, data from blocks where branch = ? and first <= ?"
    " order by first desc, rowid desc limit 1"
)
RECENT = (
    "select first + step * epochs, time from blocks where branch = ? order by first desc limit 20"
)
FOLLOWS = "select first, after from branches where name = ?"


class Summary(msgspec.Struct):
    """A run in a line.

    Attributes
    ----------
    status : str or None
        None where the record cannot be read, and ``problem`` says why.
    epoch : int or None
        The last one that has been measured, of ``epochs``.
    epochs_per_second : float or None
        Of a run that is running.
    age : float or None
        Seconds since it was begun.
    bytes : int
        What it takes on the disk.
    live : bool
        Whether a process holds it, to train it.
    """

    name: str
    directory: str
    status: Status | None = None
    epoch: int | None = None
    epochs: int | None = None
    loss: float | None = None
    accuracy: float | None = None
    epochs_per_second: float | None = None
    age: float | None = None
    bytes: int = 0
    problem: str = ""
    live: bool = False


def summaries() -> list[Summary]:
    """Return a summary of each run of this person, the newest first."""
    found = [summary_of(runs_directory() / name) for name in run_names()]
    return sorted(found, key=lambda run: (run.age is None, run.age))


def summary_of(directory: Path) -> Summary:
    """Return the summary of the run in a directory, whatever that holds."""
    live = is_held(directory)  # before it is read: what ends meanwhile is not lost
    found = Summary(directory.name, str(directory), bytes=_bytes(directory), live=live)
    try:
        with reading(directory) as database:
            return _read(found, database)
    except FileNotFoundError:
        problem = "there is no record of a run"
    except OSError as error:
        problem = reason(error)
    except (ValueError, TypeError, ArithmeticError, RecursionError, struct.error) as error:
        problem = str(error)
    return msgspec.structs.replace(found, problem=problem)


def _read(found: Summary, database: sqlite3.Connection) -> Summary:
    """Return a summary with what the record says."""
    summary = msgspec.structs.replace(found, age=time() - read_about(database, "begun", float))
    if not has_journal(database):  # it is being built, or never was
        summary.status = "running" if summary.live else "lost"
        summary.epochs = read_about(database, "description", Description).epochs
        return summary
    progress = read_about(database, "progress", Progress)
    summary.status, summary.epochs = _status(progress.status, summary.live), progress.epochs
    measured = progress.position.epoch
    if progress.status == "running":
        measured = max(measured, last_epoch(database, progress.branch))
    if measured:
        summary.epoch = measured - 1
        metrics = _metrics(database, progress.branch, measured - 1)
        summary.loss, summary.accuracy = metrics.get(LOSS.name), metrics.get(ACCURACY.name)
    if summary.status == "running":
        summary.epochs_per_second = _speed(database, progress.branch)
    return summary


def _status(recorded: Status, live: bool) -> Status:
    """Return how a run is that was so when it was last recorded."""
    if not live:
        return recorded if recorded in ENDED else "lost"
    return "running" if recorded in ("stopped", "failed") else recorded  # it is being resumed


def _metrics(database: sqlite3.Connection, branch: str, epoch: int) -> dict[str, float]:
    """Return the metrics of an epoch, or of the last one before it that is recorded."""
    first, after = database.execute(FOLLOWS, (branch,)).fetchone() or (0, "")
    if epoch < first and after:
        return _metrics(database, after, epoch)
    found = database.execute(BLOCK, (branch, epoch)).fetchone()
    if found is None:
        return {}
    first, step, epochs, width, data = found
    row = min((epoch - first) // step, epochs - 1)
    values = struct.unpack_from(f"<{width}d", data, row * width * NUMBER.itemsize)
    names = database.execute("select name from metrics order by number").fetchall()
    return {name: value for (name,), value in zip(names, values, strict=False)}


def _speed(database: sqlite3.Connection, branch: str) -> float | None:
    """Return how many epochs a second have been recorded of late."""
    marks = database.execute(RECENT, (branch,)).fetchall()
    if len(marks) < 2:
        return None
    (now, last), (then, first) = marks[0], marks[-1]
    return float((now - then) / (last - first)) if last > first else None


def _bytes(directory: Path) -> int:
    """Return how much of the disk the files of a directory take."""
    return sum(512 * found.st_blocks for found in _files(directory))


def _files(directory: Path) -> Iterator[os.stat_result]:
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                yield entry.stat(follow_symlinks=False)
    except OSError:  # it cannot be read, or is being removed
        return
