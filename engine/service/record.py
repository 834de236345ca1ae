"""The record of a run: what people did to it, and every figure that it measured.

In the run's directory, ``journal.json`` holds the branches with their changes, and the breakpoints;
``metrics-NAME.f64`` the loss and the accuracy of each epoch of a branch, in pairs of float64.
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import BinaryIO

import msgspec
import numpy as np
from threadpoolctl import threadpool_info

from engine import __version__, events
from engine.events import Changed, Position
from engine.nn.signals import Array
from engine.training.branches import Branch, digest
from engine.training.trainer import Trainer

JOURNAL = "journal.json"
PAIR = 16  # bytes of an epoch's loss and accuracy


class Environment(msgspec.Struct, frozen=True):
    """What a run's bits depend on, besides its description and its changes."""

    folder: str
    nntui: str
    python: str
    numpy: str
    blas: str
    threads: int
    data: str
    weights: str

    @classmethod
    def of(cls, trainer: Trainer) -> Environment:
        """Describe this process, and a trainer at its beginning."""
        blas = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
        kind = f"{blas[0]['internal_api']} {blas[0].get('architecture', '')}" if blas else "none"
        return cls(
            os.getcwd(),
            __version__,
            platform.python_version(),
            np.__version__,
            kind.strip(),
            blas[0]["num_threads"] if blas else 1,
            digest(trainer.data.X, trainer.data.y),
            digest(trainer.network.parameters),
        )


class BranchRecord(msgspec.Struct, frozen=True):
    """A branch: its changes from the beginning on, how far it came, and its last weights' digest.

    ``first`` is the epoch that its metrics begin with; those before are its parent's.
    """

    name: str
    parent: str
    left: Position
    first: int
    changes: list[Changed]
    reached: Position
    weights: str


class BreakpointRecord(msgspec.Struct, frozen=True):
    """A breakpoint."""

    condition: str
    on: bool
    held: int


class Journal(msgspec.Struct, frozen=True):
    """All that was done to a run."""

    environment: Environment
    branches: list[BranchRecord]
    current: str
    breakpoints: list[BreakpointRecord]


class Recorder:
    """Keeps the record of a trainer, which is at its beginning, in a directory."""

    def __init__(self, trainer: Trainer, directory: Path) -> None:
        self.trainer, self.directory = trainer, directory
        self.environment = Environment.of(trainer)
        self._files: dict[str, BinaryIO] = {}
        self._first: dict[str, int] = {}
        self._follow(None)
        trainer.subscribe(events.Branched, self._follow)
        self.save()

    def _follow(self, event: events.Branched | None) -> None:
        """Write down what a new branch measures."""
        branch = self.trainer.timeline.branch
        self._first[branch.name] = branch.history.epochs
        try:
            self._files[branch.name] = metrics_file(self.directory, branch.name).open("wb")
        except OSError as error:
            print(f"the metrics are not recorded: {error}", file=sys.stderr)
            return
        branch.history.sink = lambda values: self._write(branch, values)

    def _write(self, branch: Branch, values: Array) -> None:
        try:
            self._files[branch.name].write(values.tobytes())
        except OSError as error:
            print(f"the metrics are recorded no further: {error}", file=sys.stderr)
            branch.history.sink = None

    def save(self) -> None:
        """Bring the record up to date."""
        timeline = self.trainer.timeline
        timeline.mark()
        try:
            for branch in timeline.branches:
                branch.history.settle()
            for file in self._files.values():
                file.flush()
            whole = self.directory / (JOURNAL + ".new")
            whole.write_bytes(msgspec.json.encode(self._journal()))
            whole.replace(self.directory / JOURNAL)
        except OSError as error:
            print(f"the journal is not recorded: {error}", file=sys.stderr)

    def _journal(self) -> Journal:
        timeline = self.trainer.timeline
        return Journal(
            self.environment,
            [
                BranchRecord(
                    b.name,
                    b.parent.name if b.parent else "",
                    b.left,
                    self._first[b.name],
                    b.changes,
                    b.reached,
                    b.weights,
                )
                for b in timeline.branches
            ],
            timeline.branch.name,
            [BreakpointRecord(b.text, b.on, b.held) for b in self.trainer.breakpoints.all],
        )

    def close(self) -> None:
        """Save, and write no more."""
        self.save()
        for file in self._files.values():
            file.close()


def metrics_file(directory: Path, branch: str) -> Path:
    """Return where a branch's metrics are."""
    return directory / f"metrics-{branch}.f64"


def read_metrics(directory: Path, journal: Journal, branch: BranchRecord) -> Array:
    """Return the loss and the accuracy of each epoch from the first on, shape (epochs, 2)."""
    data = metrics_file(directory, branch.name).read_bytes()
    own = np.frombuffer(data[: len(data) // PAIR * PAIR]).reshape(-1, 2)
    if not branch.first:
        return own
    parent = next(b for b in journal.branches if b.name == branch.parent)
    return np.concatenate([read_metrics(directory, journal, parent)[: branch.first], own])
