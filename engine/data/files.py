"""A person's own data, from tables and arrays."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.data.building import Samples, add_validation
from engine.data.dataset import DataError, Dataset
from engine.data.options import ReadingOptions
from engine.data.reading import NewRows, Reading
from engine.data.wording import clean, counted

ARRAYS = (".npz", ".npy")
MOST_REMARKS = 10
DEFAULT = ReadingOptions()


def load(path: Path, options: ReadingOptions = DEFAULT, seed: int = 0) -> Dataset:
    """Load a dataset from a file, and standardise it.

    Tables of text may be compressed, and are read whatever their names end in; ``-`` is standard
    input. Names that end in ``.parquet``, ``.npz`` and ``.npy`` are read as such.

    Parameters
    ----------
    path : Path
    options : ReadingOptions
        What the person has said of the file.
    seed : int
        Of the split into training and validation set.

    Raises
    ------
    DataError
        With one line that says what is wrong, where, and what to do.
    """
    share, second = _validation(options.validation)
    with errors_of(path):
        if path.suffix.lower() in ARRAYS:
            from engine.data.arrays import load_arrays

            data = load_arrays(path, options, seed, share)
        else:
            from engine.data.tables.read import load_table

            data = load_table(path, options, seed, share)
    if second is not None:
        assert data.reading is not None
        with errors_of(second):
            validation, remarks = _new_samples(second, data.reading)
            unknown = f"{counted(len(remarks), 'value')} of {clean(second.name)} missing or new"
            add_validation(data, validation, second.name, [unknown] if remarks else [])
    return data


def new_features(path: Path, reading: Reading) -> NewRows:
    """Read new rows in the way of a reading; see `Reading.features_of`."""
    with errors_of(path):
        _same_sort(path, reading)
        if reading.array:
            from engine.data.arrays import new_array_features

            rows = new_array_features(path, reading)
        else:
            from engine.data.tables.read import new_table_features

            rows = new_table_features(path, reading)
    more = len(rows.remarks) - MOST_REMARKS
    if more <= 1:
        return rows
    return rows._replace(remarks=[*rows.remarks[:MOST_REMARKS], f"and {more:,} more like these"])


def _new_samples(path: Path, reading: Reading) -> tuple[Samples, list[str]]:
    """Read samples of the same columns and classes, and remarks as of `new_features`."""
    _same_sort(path, reading)
    if reading.array:
        from engine.data.arrays import new_array_samples

        return new_array_samples(path, reading)
    from engine.data.tables.read import new_table_samples

    return new_table_samples(path, reading)


def _same_sort(path: Path, reading: Reading) -> None:
    if (path.suffix.lower() in ARRAYS) != reading.array:
        wanted = "arrays (.npz or .npy)" if reading.array else "a table"
        raise DataError(f"it must be {wanted}, as the training set is")


def _validation(text: str) -> tuple[float | None, Path | None]:
    """Return the share of the samples to validate with, or the file."""
    if not text:
        return None, None
    try:
        share = float(text)
    except ValueError:
        return None, Path(text)
    if not 0 < share < 1:
        raise DataError(f"--validation {text}: the share must be between 0 and 1, or a file")
    return share, None


@contextmanager
def errors_of(path: Path) -> Iterator[None]:
    """Make each error one line that names the file."""
    name = clean(str(path)) if str(path) != "-" else "standard input"
    try:
        yield
    except DataError as error:
        raise DataError(f"{name}: {' '.join(str(error).split())}") from None
    except (zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError):
        raise DataError(f"{name}: the file is damaged or not complete") from None
    except UnicodeDecodeError:
        raise DataError(f"{name}: it is not text in one encoding") from None
    except OSError as error:
        raise DataError(f"cannot read {name}: {error.strerror or error}") from None
    except MemoryError:
        raise DataError(f"{name}: there is not enough memory for it") from None
