"""What was understood of a run's data, kept in its directory."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import msgspec

from engine.data.dataset import Dataset
from engine.data.reading import Reading
from engine.protocol.text import as_text
from engine.runs.description import SourceError
from engine.runs.files import read_file, reason, shown, write_whole
from engine.runs.run import Run

DATA = "data.json"


class DataRecord(msgspec.Struct, frozen=True):
    """What was understood of a run's data."""

    note: str
    class_names: list[str]
    features: int
    reading: Reading | None


def record_data(data: Dataset, directory: Path) -> None:
    """Write what was understood of the data into a run's directory, if that can be done."""
    record = DataRecord(data.note, list(data.class_names), data.features, data.reading)
    text = json.dumps(as_text(msgspec.to_builtins(record)))
    with suppress(OSError):  # then `predict` says that it is not there
        write_whole(directory / DATA, text.encode())


def read_data_record(run: Run) -> DataRecord:
    """Return what was understood of a run's data; SourceError if that is not known."""
    assert run.directory
    try:
        return msgspec.convert(json.loads(read_file(run.directory / DATA)), DataRecord)
    except FileNotFoundError:
        why = "it holds no record of its data: train it again"
    except OSError as error:
        why = reason(error)
    except (ValueError, RecursionError) as error:
        why = f"its record is damaged: {error}"
    raise SourceError(f"the run in {shown(run.directory)} cannot predict: {why}")
