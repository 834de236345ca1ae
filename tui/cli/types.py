"""What the options of the command line accept."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import click

from engine.protocol.bounds import MOST_EPOCHS
from engine.runs.description import REGRESSION, TOY_SOURCES
from engine.runs.names import RunNameError, check_name
from tui.config import values

STANDARD_INPUT = "-"
TABLES = (".csv", ".tsv", ".txt", ".data")
COMPRESSED = ("", ".gz", ".zip", ".bz2", ".xz")
ARRAYS = (".npz", ".npy")
FILE_ENDINGS = (*TABLES, ".parquet", *ARRAYS, ".py")  # a table may be compressed as well
DATA_ENDINGS = (*(e + c for e in TABLES for c in COMPRESSED), ".parquet", ".pq", *ARRAYS)

ABOVE_ZERO = click.IntRange(1, MOST_EPOCHS)

Parameter = click.Parameter | None
Context = click.Context | None


class DataFile(click.ParamType[str]):
    """A file with data, or ``-`` for standard input."""

    name = "file"

    def convert(self, value: Any, param: Parameter, ctx: Context) -> str:
        """Check that there is such a file, and that it may be read."""
        text = str(value)
        if text == STANDARD_INPUT:
            return text
        if not Path(text).exists():
            self.fail(f"there is no file {text!r}", param, ctx)
        if Path(text).is_dir():
            self.fail(f"{text!r} is a folder, not a file", param, ctx)
        if not os.access(text, os.R_OK):
            self.fail(f"the file {text!r} may not be read", param, ctx)
        return text


class Source(DataFile):
    """A toy dataset's name, a file, or ``-`` for standard input.

    A file that exists, or that is named with its folder, is read as a table whatever its ending.
    """

    name = "source"

    def convert(self, value: Any, param: Parameter, ctx: Context) -> str:
        """Check that there is such a source."""
        text = str(value)
        if text in TOY_SOURCES:
            return text
        if text in REGRESSION:
            self.fail(f"{text} is regression data, for which there are no losses yet", param, ctx)
        ending = text.lower().endswith((*DATA_ENDINGS, ".py"))
        named = os.sep in text or text == STANDARD_INPUT or Path(text).exists()
        if not ending and not named:
            endings = ", ".join(f"FILE{ending}" for ending in FILE_ENDINGS)
            known = f"{', '.join(TOY_SOURCES)}, {endings}, or - for standard input"
            self.fail(f"{text!r} is no source; there are {known}", param, ctx)
        return super().convert(text, param, ctx)


class Validation(DataFile):
    """A share of the samples, or a second file."""

    name = "SHARE|FILE"

    def convert(self, value: Any, param: Parameter, ctx: Context) -> str:
        """Check that it is between 0 and 1, or a file."""
        text = str(value)
        if not text:
            return text
        try:
            share = float(text)
        except ValueError:
            return super().convert(text, param, ctx)
        if not 0 < share < 1:
            self.fail(f"{text!r} must be a share between 0 and 1, as 0.2, or a file", param, ctx)
        return text


class Widths(click.ParamType[tuple[int, ...]]):
    """Neurons of the hidden layers: ``64`` or ``64,32``."""

    name = "N[,N...]"

    def convert(self, value: Any, param: Parameter, ctx: Context) -> tuple[int, ...]:
        """Turn text into whole numbers above zero."""
        if isinstance(value, tuple):
            return value
        try:
            widths = tuple(int(part) for part in str(value).split(","))
        except ValueError:
            widths = (0,)
        if min(widths) < 1:
            self.fail(f"{value!r} must be whole numbers above 0, as 64 or 64,32", param, ctx)
        return widths


class Names(click.ParamType[tuple[str, ...]]):
    """Names of columns, separated by commas; one that has a comma itself is put in quotes."""

    name = "A,B"

    def convert(self, value: Any, param: Parameter, ctx: Context) -> tuple[str, ...]:
        """Split the text."""
        if isinstance(value, tuple):
            return value
        names = tuple(name.strip() for name in next(csv.reader([str(value)]), []))
        if not all(names) or not names:
            self.fail(f"{value!r} must be names of columns, as A,B", param, ctx)
        return names


class BatchSize(click.ParamType[int | str]):
    """A number of rows, or ``all``."""

    name = "N|all"

    def convert(self, value: Any, param: Parameter, ctx: Context) -> int | str:
        """Turn text into a number above zero."""
        if value == "all":
            return "all"
        try:
            size = int(value)
        except ValueError:
            size = 0
        if size < 1:
            self.fail(f"{value!r} must be 'all' or a whole number above 0", param, ctx)
        return size


class Number(click.ParamType[float]):
    """A finite number above zero, or from zero on."""

    name = "X"

    def __init__(self, *, zero: bool = False) -> None:
        self.zero = zero

    def convert(self, value: Any, param: Parameter, ctx: Context) -> float:
        """Turn text into such a number."""
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not (0 < number < float("inf") or (self.zero and number == 0)):
            limit = "0 or above" if self.zero else "above 0"
            self.fail(f"{value!r} must be a number {limit}", param, ctx)
        return number


class WeightsFile(click.ParamType[str]):
    """An NPZ file, which need not exist yet."""

    name = "FILE.npz"

    def convert(self, value: Any, param: Parameter, ctx: Context) -> str:
        """Check that it can be one."""
        text = str(value)
        if not text:
            return text
        path = Path(text)
        if path.suffix.lower() != ".npz":
            self.fail(f"{text!r} must be the name of an NPZ file, as weights.npz", param, ctx)
        if path.exists() and not path.is_file():
            self.fail(f"{text!r} is not a regular file", param, ctx)
        if not path.parent.is_dir():
            self.fail(f"there is no folder {str(path.parent)!r}", param, ctx)
        return text


class RunName(click.ParamType[str]):
    """A name that a run can have."""

    name = "name"

    def convert(self, value: Any, param: Parameter, ctx: Context) -> str:
        """Check that."""
        try:
            return check_name(str(value))
        except RunNameError as error:
            self.fail(str(error), param, ctx)


class Speed(click.ParamType[float]):
    """Epochs a second, or ``max``; 0 stands for the latter."""

    name = "N|max"

    def convert(self, value: Any, param: Parameter, ctx: Context) -> float:
        """Turn text into a number above zero, or 0."""
        try:
            return values.speed(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
