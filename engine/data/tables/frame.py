"""The columns of a table, read by pandas."""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engine.data.dataset import DataError
from engine.data.tables.cells import MISSING, MISSING_NUMBERS
from engine.data.tables.dialect import SEPARATORS, Dialect, Layout, find_layout
from engine.data.tables.table import Numbers, Table, Texts, Values
from engine.data.tables.text import TextFile
from engine.data.wording import clean


def read_text_table(
    path: Path,
    as_text: Collection[str] = (),
    like: Dialect | None = None,
    header: bool | None = None,
) -> Table:
    """Read a table from a text file.

    Parameters
    ----------
    path : Path
    as_text : collection of str
        Columns that hold text, whatever they look like.
    like, header
        As `find_layout` takes them.
    """
    text = TextFile(path)
    try:
        try:
            return _read(text, as_text, like, header)
        except UnicodeDecodeError:
            text.take_as_one_byte_each()
            return _read(text, as_text, like, header)
    except BaseException:
        text.close()
        raise


def _read(
    text: TextFile, as_text: Collection[str], like: Dialect | None, header: bool | None
) -> Table:
    layout = find_layout(text, like, header)
    names = _names(layout)
    number = layout.dialect.number
    forced = {j for j, name in enumerate(names) if name in as_text}
    texts = forced | {
        j for j, column in enumerate(zip(*layout.sample, strict=False)) if not _fits(column, number)
    }
    table = Table(text.path, names, [], _format(text, layout), text, layout)
    frame = _frame(table, texts)
    others = {j for j in range(layout.width) if frame.dtypes[j].kind not in "iuf"} - texts
    if others:  # numbers in the first rows, but text in one below
        texts |= others
        frame = _frame(table, texts)
    for j in range(layout.width):
        if j not in texts:
            table.columns.append(Numbers(frame[j].to_numpy()))
        else:
            table.columns.append(_texts(frame[j], layout.dialect, j in forced))
    if table.columns[-1].missing.any():
        table.check_widths()
        _leave_out_empty_rows(table)
    return table


def _fits(column: Sequence[str], number: re.Pattern[str]) -> bool:
    return all(cell in MISSING_NUMBERS or number.fullmatch(cell) for cell in column)


def _names(layout: Layout) -> list[str]:
    """Return the names of the columns, each a different one."""
    names: list[str] = []
    given = layout.header.names or [""] * layout.width
    for j, name in enumerate(map(clean, given)):
        if not name:
            named = layout.header.names and j == 0
            name = f"column {j + 1}"
            if named:
                name = "row names" if layout.header.row_names else "unnamed index"
        unique, k = name, 0
        while unique in names:
            k += 1
            unique = f"{name}.{k}"
        names.append(unique)
    return names


def _format(text: TextFile, layout: Layout) -> dict[str, str]:
    dialect = layout.dialect
    facts = {
        "separator": SEPARATORS[dialect.separator],
        "encoding": text.encoding_name,
        "compression": text.compression,
        "header": "yes" if layout.header.names else "no",
    }
    if dialect.decimal == ",":
        facts["decimal point"] = "a comma"
    if dialect.thousands:
        facts["thousands"] = {",": "commas", ".": "points"}[dialect.thousands]
    return facts


class _Rows:
    """The rows of a file, as pandas reads them: without the header and without comments."""

    def __init__(self, text: TextFile, layout: Layout) -> None:
        self._blocks = self._without_comments(text.encoded(), layout)
        self._skip = layout.first_line - 1

    def read(self, _size: int = -1) -> bytes:
        """Return the next lines, or nothing at the end."""
        return next(self._blocks, b"")

    def __iter__(self) -> Iterator[bytes]:
        return self._blocks

    def _without_comments(self, blocks: Iterator[bytes], layout: Layout) -> Iterator[bytes]:
        characters = layout.dialect.comments.encode()
        pattern = re.compile(
            rb"^[ \t]*[" + characters + rb"](?!N/?A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!).*\n?",
            re.MULTILINE,
        )
        quotes = 0
        for block in blocks:
            while self._skip and block:
                self._skip -= 1
                block = block[block.index(b"\n") + 1 :]
            kept = block
            if any(character in block for character in characters):
                kept = _removed(pattern, block, quotes)
            quotes += block.count(b'"')
            if kept:
                yield kept


def _removed(pattern: re.Pattern[bytes], block: bytes, quotes: int) -> bytes:
    """Leave out what matches, unless it stands between quotes."""
    parts, end = [], 0
    for match in pattern.finditer(block):
        quotes += block.count(b'"', end, match.start())
        if quotes % 2 == 0:
            parts.append(block[end : match.start()])
            end = match.end()
        else:
            parts.append(block[end : match.start()])
            end = match.start()
    return b"".join([*parts, block[end:]])


def _frame(table: Table, texts: set[int]) -> pd.DataFrame:
    """Read the rows, the columns ``texts`` as categories.

    Where comments are not expected, pandas reads the file itself, which is faster. One that comes
    later makes a row too long, or its first number a text; the rows are then read without them.
    """
    text, layout = table.text, table.layout
    assert text is not None
    assert layout is not None
    width = layout.width + layout.trailing
    if text.plain and layout.plain:
        try:
            frame = _from_pandas(text.path, layout, width, texts, layout.first_line - 1)
            if 0 in texts or frame.dtypes[0].kind in "iuf":
                return frame
        except (pd.errors.ParserError, pd.errors.EmptyDataError):
            pass
    for columns in (width, width + 1):
        try:
            return _from_pandas(_Rows(text, layout), layout, columns, texts)
        except pd.errors.ParserError as error:
            if "EOF inside string" in str(error):
                *_, (line, _row) = table.records()
                raise DataError(f"line {line} opens a quote that is never closed") from None
            table.check_widths()
        except pd.errors.EmptyDataError:
            raise DataError("there are no rows") from None
    raise DataError("the rows cannot be told apart: write the table with commas and one line a row")


def _from_pandas(
    source: Any, layout: Layout, width: int, texts: set[int], skipped: int = 0
) -> pd.DataFrame:
    """Read rows from a path or from what can be read."""
    dialect = layout.dialect
    missing: Any = {j: sorted(MISSING if j in texts else MISSING_NUMBERS) for j in range(width)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame: pd.DataFrame = pd.read_csv(
            source,
            sep=r"\s+" if dialect.separator == " " else dialect.separator,
            header=None,
            names=range(width),
            index_col=False,
            skiprows=skipped,
            decimal=dialect.decimal,
            thousands=dialect.thousands or None,
            skipinitialspace=layout.padded,
            dtype=dict.fromkeys(texts, "category"),
            na_values={j: sorted(MISSING if j in texts else MISSING_NUMBERS) for j in range(width)},
            keep_default_na=False,
        )
    return frame


def _texts(column: pd.Series, dialect: Dialect, is_text: bool) -> Values:
    """Return a column of categories as text, or as numbers if all of it is numbers."""
    codes = column.cat.codes.to_numpy().astype(np.intp)
    found = [" ".join(str(text).split()) for text in column.cat.categories]
    known = [text for text in found if text not in MISSING]
    if not is_text and _fits(known, dialect.number):
        return Numbers(np.array([*map(dialect.value, found), np.nan])[codes])
    texts = sorted(set(known))
    numbers = {text: k for k, text in enumerate(texts)}
    return Texts(np.array([*(numbers.get(text, -1) for text in found), -1])[codes], texts)


def _leave_out_empty_rows(table: Table) -> None:
    empty = np.logical_and.reduce([column.missing for column in table.columns])
    if empty.any():
        table.keep(np.flatnonzero(~empty))


def read_parquet_table(path: Path) -> Table:
    """Read a table from a Parquet file."""
    try:
        frame = pd.read_parquet(path)
    except ImportError:
        raise DataError("Parquet files are read with pyarrow: pip install pyarrow") from None
    except OSError:
        raise
    except Exception:
        raise DataError("it is not a Parquet file that pandas can read") from None
    if frame.index.name or not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    columns = [_from_series(frame.iloc[:, j]) for j in range(frame.shape[1])]
    names = [clean(str(name)) for name in frame.columns]
    if not len(frame) or not columns:
        raise DataError("there are no rows")
    return Table(path, names, columns, {"format": "Parquet"})


def _from_series(series: pd.Series) -> Values:
    if pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series):
        if series.dtype.kind in "iu" and not series.isna().any():
            return Numbers(series.to_numpy())
        return Numbers(series.to_numpy(dtype=np.float64, na_value=np.nan))
    codes, found = pd.factorize(series.astype("string").str.strip(), sort=True)
    return Texts(np.asarray(codes), [str(text) for text in found])
