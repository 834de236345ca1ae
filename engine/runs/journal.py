"""The files of a run's record: what people did to it, and every figure that it measured.

In the run's directory, ``journal.json`` holds the branches with their changes, and the breakpoints;
``metrics-NAME-N.f64`` the first N metrics of the journal, of each epoch of a branch, in rows of
float64. Where metrics were added on the way, the rows of more of them follow in another file.
"""

from __future__ import annotations

import hashlib
import math
import os
import platform
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
import numpy as np
from threadpoolctl import threadpool_info

from engine import __version__
from engine.debugging.branches import digest
from engine.debugging.trainer import Trainer
from engine.nn.arrays import Array
from engine.protocol.events import Changed, Position
from engine.protocol.metrics import Metric
from engine.runs.description import MOST_THREADS, Description
from engine.runs.files import read_file, reason, write_whole

JOURNAL = "journal.json"
OUTDATED = "journal-outdated.json"  # one that could not be brought up to date any more
NUMBER = 8  # bytes

# The fields of a description that came later than `describe`.
ADDED = (
    "label",
    "features",
    "drop",
    "missing",
    "classes_from_numbers",
    "validation",
    "noise",
    "weights",
    "speed",
)
PLAIN = Description()


class JournalError(ValueError):
    """A journal that cannot be used; its text says why."""


class Environment(msgspec.Struct, frozen=True):
    """What a run's bits depend on, besides its description and its changes.

    ``folder`` is the current one, with all but ASCII escaped: it may have bytes that are no text.
    """

    folder: str
    nntui: str
    python: str
    numpy: str
    blas: str
    threads: Annotated[int, msgspec.Meta(ge=1, le=MOST_THREADS)]
    data: str
    weights: str
    validation: str = ""

    @classmethod
    def of(cls, trainer: Trainer) -> Environment:
        """Describe this process, and a trainer at its beginning."""
        blas = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
        validation = trainer.data.validation
        kind = f"{blas[0]['internal_api']} {blas[0].get('architecture', '')}" if blas else "none"
        return cls(
            _current_folder(),
            __version__,
            platform.python_version(),
            np.__version__,
            kind.strip(),
            blas[0]["num_threads"] if blas else 1,
            digest(trainer.data.X, trainer.data.y),
            digest(trainer.network.parameters),
            digest(validation.X, validation.y) if validation else "",
        )

    @property
    def source_folder(self) -> Path:
        """The folder that relative paths are of."""
        return Path(self.folder.encode().decode("unicode_escape"))


def _current_folder() -> str:
    try:
        return os.getcwd().encode("unicode_escape").decode()
    except OSError:  # it has been removed
        return ""


class ChangeRecord(msgspec.Struct, frozen=True):
    """A change; numbers that JSON does not have, NaN and infinity, by their bits."""

    position: Position
    target: str
    before: float | str
    after: float | str

    @classmethod
    def of(cls, change: Changed) -> ChangeRecord:
        """Take down a change."""
        before, after = _to_json(change.before), _to_json(change.after)
        return cls(change.position, change.target, before, after)

    @property
    def change(self) -> Changed:
        """The same change, to the bit."""
        before, after = _from_json(self.before), _from_json(self.after)
        return Changed(self.position, self.target, before, after)


def _to_json(value: float) -> float | str:
    return value if math.isfinite(value) else struct.pack(">d", value).hex()


def _from_json(value: float | str) -> float:
    if isinstance(value, str):
        (number,) = struct.unpack(">d", bytes.fromhex(value))
        return float(number)
    return value


class BranchRecord(msgspec.Struct, frozen=True):
    """A branch: its changes from the beginning on, how far it came, and its last state's digest.

    ``widths`` holds from which epoch on how many metrics are recorded of the branch itself. Earlier
    epochs are recorded of the branch ``after``; without one, they were measured before the record
    began. ``epochs`` is how many have been measured in all. Older records have a digest of the
    ``weights`` instead of all the ``state``.
    """

    name: str
    widths: list[tuple[int, int]]
    after: str
    epochs: int
    changes: list[ChangeRecord]
    reached: Position
    state: str = ""
    weights: str = ""

    @property
    def first(self) -> int:
        """The first epoch of its own."""
        return self.widths[0][0]


class BreakpointRecord(msgspec.Struct, frozen=True):
    """A breakpoint."""

    condition: str
    on: bool
    held: int


class Journal(msgspec.Struct, frozen=True):
    """All that was done to a run, and a digest of the description that it began with.

    It is ``closed`` once nothing can follow any more.
    """

    description: str
    environment: Environment
    metrics: list[Metric]
    branches: list[BranchRecord]
    current: str
    breakpoints: list[BreakpointRecord]
    closed: bool


class Sealed(msgspec.Struct, frozen=True):
    """A journal with its checksum, by which it is known to be whole."""

    checksum: str
    journal: msgspec.Raw


def describe(description: Description) -> str:
    """Return a digest of a description.

    Fields that runs had not from the beginning count only where they are set, so that the digest of
    an older run stays the same.
    """
    fields = {
        name: value
        for name, value in msgspec.structs.asdict(description).items()
        if name not in ADDED or value != getattr(PLAIN, name)
    }
    text = f"Description({', '.join(f'{name}={value!r}' for name, value in fields.items())})"
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def write_journal(directory: Path, journal: Journal) -> None:
    """Write a journal in place of the last one.

    Where that fails, the last one is renamed, which needs no room on the disk: it is outdated.
    """
    text = msgspec.json.encode(journal)
    sealed = Sealed(hashlib.sha256(text).hexdigest(), msgspec.Raw(text))
    try:
        write_whole(directory / JOURNAL, msgspec.json.encode(sealed))
    except OSError:
        with suppress(OSError):
            (directory / JOURNAL).replace(directory / OUTDATED)
        raise
    (directory / OUTDATED).unlink(missing_ok=True)


def read_journal(directory: Path) -> tuple[Journal, bool]:
    """Return the journal, and whether it is outdated.

    Raises
    ------
    JournalError
        If there is none, or it is damaged.
    """
    for name in (JOURNAL, OUTDATED):
        try:
            sealed = msgspec.json.decode(read_file(directory / name), type=Sealed)
            if hashlib.sha256(sealed.journal).hexdigest() != sealed.checksum:
                raise JournalError("its checksum does not match")
            journal = msgspec.json.decode(sealed.journal, type=Journal)
            _check_branches(journal)
            return journal, name == OUTDATED
        except FileNotFoundError:
            continue
        except OSError as error:
            raise JournalError(f"{name} cannot be read: {reason(error)}") from None
        except (ValueError, RecursionError) as error:
            raise JournalError(f"{name} is damaged: {error}") from None
    raise JournalError("there is no journal in it: nothing was recorded")


def _check_branches(journal: Journal) -> None:
    """Raise JournalError unless each branch has a name of its own and follows an earlier one."""
    if not journal.branches:
        raise JournalError("it has no branches")
    known = {""}
    for branch in journal.branches:
        orderly = _is_orderly(branch, len(journal.metrics))
        if branch.name in known or branch.after not in known or not orderly:
            raise JournalError(f"the branch {branch.name!r} contradicts itself")
        known.add(branch.name)


def _is_orderly(branch: BranchRecord, metrics: int) -> bool:
    """Whether the epochs of a branch, and the numbers of its metrics, may be so."""
    epochs, widths = [epoch for epoch, _ in branch.widths], [width for _, width in branch.widths]
    return (
        bool(epochs)
        and 0 <= epochs[0] <= epochs[-1] <= branch.epochs
        and epochs == sorted(epochs)
        and widths == sorted(set(widths))
        and 0 < widths[0] <= widths[-1] <= metrics
        and 0 <= branch.reached.epoch <= branch.epochs
    )


def metrics_file(directory: Path, branch: str, width: int) -> Path:
    """Return where the epochs of a branch are of which so many metrics were measured."""
    return directory / f"metrics-{branch}-{width}.f64"


class Metrics(NamedTuple):
    """The metrics of the epochs of a branch, as far as they are recorded.

    Attributes
    ----------
    names : list of str
        All metrics of the run.
    values : array, shape (epochs, metrics)
        Without a gap; NaN where a metric had not been added yet.
    widths : array, shape (epochs,)
        How many of the metrics were measured.
    begin : int
        The epoch of the first of them. Those before were measured before the record began.
    missing : int
        How many more epochs were measured.
    """

    names: list[str]
    values: Array
    widths: Array
    begin: int
    missing: int

    @property
    def end(self) -> int:
        """The epoch after the last of them."""
        return self.begin + len(self.values)


def read_metrics(directory: Path, journal: Journal, branch: BranchRecord) -> Metrics:
    """Return the metrics of a branch, which begin with those of the branches before it."""
    branches = {b.name: b for b in journal.branches}
    parts = [(branch, sys.maxsize)]
    while parts[-1][0].after:
        later, end = parts[-1]
        parts.append((branches[later.after], min(end, later.first)))
    begin = known = min(part.first for part, _ in parts)
    names = [metric.name for metric in journal.metrics]
    values, widths = [np.empty((0, len(names)))], [np.empty(0, np.intp)]
    for part, end in reversed(parts):
        for first, width in part.widths:
            if not first == known < end:  # or else what comes before is lost
                continue
            rows = _read_rows(metrics_file(directory, part.name, width), width)[: end - first]
            missed = (0, 0), (0, len(names) - width)
            values.append(np.pad(rows, missed, constant_values=np.nan))
            widths.append(np.full(len(rows), width))
            known += len(rows)
    missing = max(0, branch.epochs - known)
    return Metrics(names, np.concatenate(values), np.concatenate(widths), begin, missing)


def _read_rows(path: Path, width: int) -> Array:
    """Return what a file holds; nothing where it is lost."""
    try:
        data = read_file(path)
    except FileNotFoundError:
        data = b""
    return np.frombuffer(data[: len(data) // (width * NUMBER) * width * NUMBER]).reshape(-1, width)
