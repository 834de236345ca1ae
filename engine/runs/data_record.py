"""What was understood of a run's data, kept in its record."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import msgspec

from engine.data.dataset import Dataset
from engine.data.reading import Reading
from engine.protocol.text import as_text
from engine.runs.about import read_about, write_about
from engine.runs.database import RecordError, open_to_write, reading
from engine.runs.description import SourceError
from engine.runs.files import reason, shown
from engine.runs.run import Run


class DataRecord(msgspec.Struct, frozen=True):
    """What was understood of a run's data."""

    note: str
    class_names: list[str]
    features: int
    reading: Reading | None


def record_data(data: Dataset, directory: Path) -> None:
    """Write what was understood of the data into a run's record, if that can be done."""
    record = DataRecord(data.note, list(data.class_names), data.features, data.reading)
    # Where it cannot be written, `predict` says that it is not there.
    with suppress(OSError, sqlite3.Error), closing(open_to_write(directory)) as database:
        write_about(database, "data", as_text(msgspec.to_builtins(record)))


def read_data_record(run: Run) -> DataRecord:
    """Return what was understood of a run's data; SourceError if that is not known."""
    assert run.directory
    try:
        with reading(run.directory) as database:
            return read_about(database, "data", DataRecord)
    except OSError as error:
        why = reason(error)
    except RecordError as error:
        why = str(error)
    raise SourceError(f"the run in {shown(run.directory)} cannot predict: {why}")
