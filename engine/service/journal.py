"""The files of a run's record: what people did to it, and every figure that it measured.

In the run's directory, ``journal.json`` holds the branches with their changes, and the breakpoints;
``metrics-NAME.f64`` the loss and the accuracy of each epoch of a branch, in pairs of float64.
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
from engine.nn.signals import Array
from engine.protocol.events import Changed, Position
from engine.service.description import MOST_THREADS, Description
from engine.service.files import read_file, reason, write_whole

JOURNAL = "journal.json"
OUTDATED = "journal-outdated.json"  # one that could not be brought up to date any more
PAIR = 16  # bytes of an epoch's loss and accuracy


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

    @classmethod
    def of(cls, trainer: Trainer) -> Environment:
        """Describe this process, and a trainer at its beginning."""
        blas = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
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
    """A branch: its changes from the beginning on, how far it came, and its last weights' digest.

    ``first`` is the epoch that its own metrics begin with. Those before are in the metrics of the
    branch ``after``; without one, they were measured before the record began. ``epochs`` is how
    many have been measured in all.
    """

    name: str
    first: int
    after: str
    epochs: int
    changes: list[ChangeRecord]
    reached: Position
    weights: str


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
    branches: list[BranchRecord]
    current: str
    breakpoints: list[BreakpointRecord]
    closed: bool


class Sealed(msgspec.Struct, frozen=True):
    """A journal with its checksum, by which it is known to be whole."""

    checksum: str
    journal: msgspec.Raw


def describe(description: Description) -> str:
    """Return a digest of a description."""
    return hashlib.sha256(repr(description).encode(errors="surrogateescape")).hexdigest()


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
        orderly = 0 <= branch.first <= branch.epochs and 0 <= branch.reached.epoch <= branch.epochs
        if branch.name in known or branch.after not in known or not orderly:
            raise JournalError(f"the branch {branch.name!r} contradicts itself")
        known.add(branch.name)


def metrics_file(directory: Path, branch: str) -> Path:
    """Return where a branch's metrics are."""
    return directory / f"metrics-{branch}.f64"


class Metrics(NamedTuple):
    """The loss and the accuracy of the epochs of a branch, as far as they are recorded.

    Attributes
    ----------
    values : array, shape (epochs, 2)
        Without a gap.
    begin : int
        The epoch of the first of them. Those before were measured before the record began.
    missing : int
        How many more epochs were measured.
    """

    values: Array
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
    values = [np.empty((0, 2))]
    for part, end in reversed(parts):
        if end <= part.first:
            continue
        if part.first != known:  # what comes before is lost
            break
        values.append(_own_metrics(directory, part.name)[: end - part.first])
        known += len(values[-1])
    return Metrics(np.concatenate(values), begin, max(0, branch.epochs - known))


def _own_metrics(directory: Path, branch: str) -> Array:
    """Return what is recorded of a branch itself; nothing where that is lost."""
    try:
        data = read_file(metrics_file(directory, branch))
    except FileNotFoundError:
        data = b""
    return np.frombuffer(data[: len(data) // PAIR * PAIR]).reshape(-1, 2)
