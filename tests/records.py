"""Runs that are made by commands, what their records hold, and records that are changed by hand."""

import sqlite3
from contextlib import closing, contextmanager

import numpy as np

from engine.runs.blocks import INSERT, block, read_metrics
from engine.runs.database import RECORD, reading
from engine.runs.description import Description
from engine.runs.journal import read_journal, write_journal
from engine.runs.opening import opened
from engine.runs.run import Run
from engine.service.session import Session


def do(session, ways):
    """Give commands, each when the one before has been done."""
    for way in ways:
        session.handle(way)
        while session.running:
            session.advance(1)


@contextmanager
def session_of(run):
    """Open a run, and hold it in a session; close it at the end."""
    with opened(run) as held:
        session = Session(held.trainer, held.description, recorder=held.recorder)
        yield session
        session.close()


def make(ways, **options):
    """Make a run, do as told, and return it."""
    options = {"samples": 5, "hidden": (4,), "epochs": 60, "paused": True, **options}
    run = Run.create(Description(**options))
    with session_of(run) as session:
        do(session, ways)
        assert session.reason != "error", session.message
    assert not session.not_recorded
    return run


def own(path, **options):
    """Return the options of a run of a person's own file."""
    return {"source": str(path), "epochs": None, "learning_rate": None, **options}


def journal_of(run):
    with reading(run.directory) as database:
        return read_journal(database)


def metrics_of(run, branch=0):
    with reading(run.directory) as database:
        journal = read_journal(database)
        return read_metrics(database, journal, journal.branches[branch])


def all_metrics(run):
    """Return, by branch, which epochs are recorded, and their figures as bytes."""
    names = [branch.name for branch in journal_of(run).branches]
    found = (metrics_of(run, k) for k in range(len(names)))
    return {
        name: (m.epochs.tolist(), m.widths.tolist(), m.values.tobytes(), m.missing)
        for name, m in zip(names, found, strict=True)
    }


def states_of(run):
    """Return, by branch, how far it came, and a digest of its last state."""
    return {b.name: (b.reached, b.changes, b.state) for b in journal_of(run).branches}


@contextmanager
def changing(directory):
    """Open a record to change it by SQL."""
    with closing(sqlite3.connect(directory / RECORD)) as database, database:
        yield database


def execute(run, statement, *values):
    with changing(run.directory) as database:
        return database.execute(statement, values).fetchall()


def reseal(run, journal):
    """Write another journal, with the checksum that it has then."""
    with changing(run.directory) as database:
        write_journal(database, journal)


def rewrite_metrics(run, change, branch="main"):
    """Put other figures in place of those of a branch.

    ``change`` is given the first epoch of each block and its figures, and returns both.
    """
    with changing(run.directory) as database:
        blocks = "select rowid, first, step, width, data from blocks where branch = ?"
        for number, first, step, width, data in database.execute(blocks, (branch,)).fetchall():
            first, values = change(first, np.frombuffer(data).copy().reshape(-1, width))
            database.execute("delete from blocks where rowid = ?", (number,))
            if len(values):
                database.execute(INSERT, block(branch, first, step, values))
