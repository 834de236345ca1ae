"""What is known of a run beside its journal, each thing as JSON under its name."""

from __future__ import annotations

import json
import sqlite3
from typing import Any, TypeVar

import msgspec

from engine.runs.database import RecordError

T = TypeVar("T")


def write_about(database: sqlite3.Connection, name: str, value: Any) -> None:
    """Write one thing. Names of files in it may be any bytes, so it is JSON in ASCII."""
    text = json.dumps(value)
    database.execute("insert or replace into about values (?, ?)", (name, text))


def read_about(database: sqlite3.Connection, name: str, kind: type[T]) -> T:
    """Return one thing; RecordError if it is not there, or not of that kind."""
    found = database.execute("select value from about where name = ?", (name,)).fetchone()
    if found is None:
        raise RecordError(f"its record holds no {name}")
    try:
        return msgspec.convert(json.loads(found[0]), kind)
    except (ValueError, TypeError, RecursionError) as error:
        raise RecordError(f"its record is damaged: {name}: {error}") from None
