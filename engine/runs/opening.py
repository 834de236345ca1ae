"""A run is opened to be trained: from its description, or from where its record ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from shlex import quote

import msgspec

from engine.debugging.trainer import Trainer
from engine.runs.address import require_private
from engine.runs.build import build_run, build_trainer
from engine.runs.data_record import record_data
from engine.runs.database import reading
from engine.runs.description import Description, SourceError
from engine.runs.journal import Journal, has_journal
from engine.runs.lock import hold
from engine.runs.rebuild import description_again, read_run
from engine.runs.recorder import Recorder
from engine.runs.resume import check, resume
from engine.runs.run import Run
from engine.runs.threads import limit_threads

TAKEN = "it is being trained already: `nntui attach {name}` shows it"


@dataclass
class Opened:
    """A run that can be trained.

    Attributes
    ----------
    trainer : Trainer
    description : Description
        What it is to begin with; where it is resumed, paused if it was.
    recorder : Recorder or None
        Keeps its record; None where nothing can be written.
    """

    trainer: Trainer
    description: Description
    recorder: Recorder | None


@contextmanager
def opened(run: Run) -> Iterator[Opened]:
    """Build the trainer of a run, put it where its record ends, and record what follows.

    Raises
    ------
    SourceError
        If it cannot be built, or not be resumed.
    """
    if run.directory is None:
        trainer = build_run(run)
        with limit_threads(trainer, run.description.threads):
            yield Opened(trainer, run.description, None)
        return
    with _held(run):
        if _has_begun(run):
            yield from _resumed(run)
        else:
            yield from _new(run)


def _new(run: Run) -> Iterator[Opened]:
    assert run.directory
    description = run.description
    try:
        trainer = build_run(run)
    except BaseException:
        run.remove()
        raise
    with limit_threads(trainer, description.threads):
        record_data(trainer.data, run.directory)
        yield Opened(trainer, description, Recorder(trainer, run))


def _resumed(run: Run) -> Iterator[Opened]:
    assert run.directory
    journal = read_run(run)
    description = description_again(run, journal)
    trainer = build_trainer(description)
    with limit_threads(trainer, journal.environment.threads):
        check(trainer, description, journal, run.anyway)
        kept = resume(trainer, run, journal)
        recorder = Recorder(trainer, run, journal, kept)
        yield Opened(trainer, _as_it_was(run.description, trainer, journal), recorder)


def _as_it_was(description: Description, trainer: Trainer, journal: Journal) -> Description:
    """Return the description of a run that goes on as it was, paused or not."""
    progress = journal.progress
    paused = progress.status == "paused" or trainer.paused
    return msgspec.structs.replace(description, paused=paused, speed=progress.speed)


def _has_begun(run: Run) -> bool:
    assert run.directory
    try:
        with reading(run.directory) as database:
            return has_journal(database)
    except (OSError, ValueError) as error:
        raise SourceError(f"the run cannot be read: {error}") from None


@contextmanager
def _held(run: Run) -> Iterator[None]:
    assert run.directory
    try:
        require_private(run.directory)
        lock = hold(run.directory)
    except BlockingIOError:
        raise SourceError(TAKEN.format(name=quote(run.name))) from None
    except OSError as error:
        raise SourceError(f"the run cannot be opened: {error}") from None
    try:
        yield
    finally:
        os.close(lock)
