"""Keeps the record of a run while it is trained, on a disk that may fill or be taken away."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from errno import ENOENT
from io import FileIO
from pathlib import Path

import numpy as np

from engine.debugging.branches import Branch
from engine.debugging.trainer import Trainer
from engine.nn.arrays import Array
from engine.protocol import events
from engine.runs.description import Description
from engine.runs.files import owner_only
from engine.runs.journal import (
    NUMBER,
    BranchRecord,
    BreakpointRecord,
    ChangeRecord,
    Environment,
    Journal,
    describe,
    metrics_file,
    write_journal,
)

MOST_NAMED = 2  # branches that are named in a message


class Recorder:
    """Writes down what a trainer measures, and what people do to it.

    Parameters
    ----------
    trainer : Trainer
        As it was built from the description.
    description : Description
    directory : Path
    warn : callable
        Called whenever it changes what is not recorded, with that and the reason in one line;
        with nothing, where all is recorded again.
    """

    def __init__(
        self,
        trainer: Trainer,
        description: Description,
        directory: Path,
        warn: Callable[[str], None],
    ) -> None:
        self.trainer, self.directory, self._warn = trainer, directory, warn
        self.description, self.environment = describe(description), Environment.of(trainer)
        self._widths: dict[Branch, list[tuple[int, int]]] = {}
        self._after: dict[Branch, str] = {}
        self._lost: dict[Branch, tuple[int, str]] = {}
        self._outdated = ""
        self._said = ""
        self._closed = False
        self._file: FileIO | None = None
        self._file_of: Branch | None = None
        for branch in trainer.timeline.branches:
            branch.history.settle()
            self._follow(branch, "")
        self._unsubscribe = trainer.observe(events.Branched, self._follow_new)
        self.save()

    # -- what is measured ----------------------------------------------------------------------

    def _follow_new(self, event: events.Branched) -> None:
        branch = self.trainer.timeline.branch
        self._follow(branch, branch.parent.name if branch.parent else "")

    def _follow(self, branch: Branch, after: str) -> None:
        """Write down what a branch measures from now on, after what is recorded of another."""
        width = len(self.trainer.metrics.schema)
        self._widths[branch], self._after[branch] = [(branch.history.epochs, width)], after
        branch.history.sink = lambda values: self._write(branch, values)
        branch.history.source = lambda first, end: self._read(branch, first, end)
        try:
            self._open(branch, "wb")
        except OSError as error:
            self._lose(branch, error)

    def _write(self, branch: Branch, values: Array) -> None:
        try:
            self._widen(branch, values)
            if branch is not self._file_of:
                self._open(branch, "ab")
            assert self._file
            if os.fstat(self._file.fileno()).st_nlink == 0:
                raise FileNotFoundError(ENOENT, "its file has been removed")
            _write_all(self._file, values.tobytes())
        except OSError as error:
            self._lose(branch, error)
            self._write_journal()  # by which a replay knows that there was more

    def _read(self, branch: Branch, first: int, end: int) -> Array | None:
        """Return the metrics of some epochs of a branch, and of those that it follows."""
        all_metrics = self._widths[branch][-1][1]
        parts: list[Array] = []
        of: Branch | None = branch
        try:
            while of in self._widths and first < end:
                for begin, width in reversed(self._widths[of]):
                    if max(begin, first) < end:
                        path = metrics_file(self.directory, of.name, width)
                        rows = _read_rows(path, width, max(begin, first) - begin, end - begin)
                        missed = (0, 0), (0, all_metrics - width)
                        parts.append(np.pad(rows, missed, constant_values=np.nan))
                        end = max(begin, first)
                of = of.parent if self._after[of] else None
        except OSError:
            return None
        return np.concatenate(parts[::-1]) if parts else None

    def _widen(self, branch: Branch, values: Array) -> None:
        """Begin another file, where metrics have been added."""
        width = values.shape[1]
        if width > self._widths[branch][-1][1]:
            self._widths[branch].append((branch.history.epochs - len(values), width))
            self._open(branch, "wb")
            self._write_journal()

    def _open(self, branch: Branch, mode: str) -> None:
        """Have the latest file of one branch open, and no other."""
        self._close_file()
        with owner_only():
            path = metrics_file(self.directory, branch.name, self._widths[branch][-1][1])
            self._file, self._file_of = FileIO(path, mode), branch

    def _close_file(self) -> None:
        file, self._file, self._file_of = self._file, None, None
        if file:
            with suppress(OSError):
                file.close()

    def _lose(self, branch: Branch, error: OSError) -> None:
        """Record no more of a branch, since a gap would shift all that follows."""
        branch.history.sink = None
        if branch is self._file_of:
            self._close_file()
        epoch, width = self._widths[branch][-1]
        with suppress(OSError):
            size = metrics_file(self.directory, branch.name, width).stat().st_size
            epoch += size // (width * NUMBER)
        self._lost[branch] = epoch, _reason(error)

    # -- what is done --------------------------------------------------------------------------

    def save(self) -> None:
        """Bring the record up to date."""
        timeline = self.trainer.timeline
        timeline.mark()
        for branch in timeline.branches:
            branch.history.settle()
        self._write_journal()

    def _write_journal(self) -> None:
        try:
            write_journal(self.directory, self._journal())
        except OSError as error:
            self._outdated = _reason(error)
        else:
            self._outdated = ""
        self._say_what_is_lost()

    def _journal(self) -> Journal:
        timeline = self.trainer.timeline
        return Journal(
            self.description,
            self.environment,
            list(self.trainer.metrics.schema),
            [
                BranchRecord(
                    branch.name,
                    self._widths[branch],
                    self._after[branch],
                    branch.history.epochs,
                    [ChangeRecord.of(change) for change in branch.changes],
                    branch.reached,
                    branch.state,
                )
                for branch in timeline.branches
            ],
            timeline.branch.name,
            [BreakpointRecord(b.text, b.on, b.held) for b in self.trainer.breakpoints.all],
            self._closed,
        )

    def close(self) -> None:
        """Save, and write no more."""
        self._closed = True
        self.save()
        self._unsubscribe()
        for branch in self._widths:
            branch.history.sink = branch.history.source = None
        self._close_file()

    def _problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is not recorded, and why."""
        lost = [branch for branch in self.trainer.timeline.branches if branch in self._lost]
        if len(lost) > MOST_NAMED:
            yield f"epochs of {len(lost)} branches", self._lost[lost[-1]][1]
            lost = []
        for branch in lost:
            epoch, why = self._lost[branch]
            yield f"epochs of {branch.name} from {epoch:,} on", why
        if self._outdated:
            yield "changes and breakpoints", self._outdated

    def _say_what_is_lost(self) -> None:
        said = _in_words(self._problems())
        if said != self._said:
            self._said = said
            self._warn(said)


def _read_rows(path: Path, width: int, first: int, end: int) -> Array:
    """Return some of the rows that a file holds; fewer, where there are no more."""
    with path.open("rb") as file:
        file.seek(first * width * NUMBER)
        data = file.read((end - first) * width * NUMBER)
    return np.frombuffer(data[: len(data) // (width * NUMBER) * width * NUMBER]).reshape(-1, width)


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _in_words(problems: Iterable[tuple[str, str]]) -> str:
    """Say what is not recorded, each reason once."""
    by_reason: dict[str, list[str]] = {}
    for what, why in problems:
        by_reason.setdefault(why, []).append(what)
    said = "; ".join(f"{', '.join(whats)} ({why})" for why, whats in by_reason.items())
    return f"not recorded: {said}" if said else ""


def _write_all(file: FileIO, data: bytes) -> None:
    """Write all of it: an unbuffered file may take a part, and refuse the rest."""
    while data:
        data = data[file.write(data) :]
