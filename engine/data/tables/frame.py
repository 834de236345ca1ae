"""The columns of a table, read by pandas."""

from __future__ import annotations

import os
import re
import warnings
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
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
from engine.nn.arrays import Array

BLOCK = 2**21  # bytes that a thread reads at least
THREADS = min(4, os.cpu_count() or 1)

Part = Array | tuple[Array, list[str]] | None  # numbers; codes and texts; or something else


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
    blocks = _read_blocks(table, texts)
    others = {
        j for j, parts in enumerate(blocks[: layout.width]) if any(part is None for part in parts)
    }
    if others:  # numbers in the first rows, but text in one below
        texts |= others
        blocks = _read_blocks(table, texts)
    for j in range(layout.width):
        if j in texts:
            table.columns.append(_texts(blocks[j], layout.dialect, j in forced))
        else:
            table.columns.append(_numbers(blocks[j]))
    if table.columns[-1].missing.any():
        table.check_widths()
        _leave_out_empty_rows(table)
    return table


def _fits(column: Sequence[str], number: re.Pattern[str]) -> bool:
    return all(cell in MISSING_NUMBERS or number.fullmatch(cell) for cell in column)


def _names(layout: Layout) -> list[str]:
    """Return the names of the columns, each a different one."""
    names: dict[str, None] = {}
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
        names[unique] = None
    return list(names)


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


def _row_blocks(text: TextFile, layout: Layout) -> Iterator[bytes]:
    """Yield the rows some at a time: without the header, and without comments.

    No block ends between quotes.
    """
    characters = layout.dialect.comments.encode()
    comment = re.compile(
        rb"^[ \t]*[" + characters + rb"](?!N/?A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!).*\n?",
        re.MULTILINE,
    )
    skip = layout.first_line - 1
    rest: list[bytes] = []
    quotes = size = 0
    for block in text.encoded():
        while skip and block:
            skip -= 1
            block = block[block.find(b"\n") + 1 :]
        found = block.count(b'"') if b'"' in block else 0
        if any(character in block for character in characters):
            block = _removed(comment, block, quotes)
        quotes += found
        rest.append(block)
        size += len(block)
        if size >= BLOCK and quotes % 2 == 0:
            yield b"".join(rest)
            rest, size = [], 0
    if size:
        yield b"".join(rest)


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


def _read_blocks(table: Table, texts: set[int]) -> list[list[Part]]:
    """Return each column in the parts that pandas has read, the columns ``texts`` as categories."""
    assert table.text is not None
    assert table.layout is not None
    width = table.layout.width + table.layout.trailing
    for columns in (width, width + 1):
        try:
            return _in_parallel(table.text, table.layout, columns, texts)
        except pd.errors.ParserError as error:
            if "EOF inside string" in str(error):
                *_, (line, _row) = table.records()
                raise DataError(f"line {line} opens a quote that is never closed") from None
            table.check_widths()
    raise DataError("the rows cannot be told apart: write the table with commas and one line a row")


def _in_parallel(text: TextFile, layout: Layout, width: int, texts: set[int]) -> list[list[Part]]:
    parts: list[list[Part]] = [[] for _ in range(width)]
    waiting: deque[Future[list[Part]]] = deque()

    def collect() -> None:
        for column, part in zip(parts, waiting.popleft().result(), strict=True):
            column.append(part)

    with warnings.catch_warnings(), ThreadPoolExecutor(THREADS) as pool:
        warnings.simplefilter("ignore")
        for block in _row_blocks(text, layout):
            waiting.append(pool.submit(_parse, block, layout, width, texts))
            if len(waiting) > THREADS:
                collect()
        while waiting:
            collect()
    if not parts[0]:
        raise DataError("there are no rows")
    return parts


def _parse(block: bytes, layout: Layout, width: int, texts: set[int]) -> list[Part]:
    """Return the columns of some rows."""
    dialect = layout.dialect
    missing: Any = sorted(MISSING_NUMBERS)  # for all columns is faster than for each
    if texts:
        missing = {j: sorted(MISSING) if j in texts else missing for j in range(width)}
    source: Any = _Once(block)
    try:
        frame = pd.read_csv(
            source,
            sep=r"\s+" if dialect.separator == " " else dialect.separator,
            header=None,
            names=range(width),
            index_col=False,
            decimal=dialect.decimal,
            thousands=dialect.thousands or None,
            skipinitialspace=layout.padded,
            dtype=dict.fromkeys(texts, object),  # as categories, numbers would become numbers
            na_values=missing,
            keep_default_na=False,
            low_memory=False,
        )
    except pd.errors.EmptyDataError:
        return [np.zeros(0) for _ in range(width)]
    return [_text_part(frame[j]) if j in texts else _part(frame[j]) for j in range(width)]


class _Once:
    """Bytes that can be read once, all together."""

    def __init__(self, block: bytes) -> None:
        self._block = block

    def read(self, _size: int = -1) -> bytes:
        block, self._block = self._block, b""
        return block

    def __iter__(self) -> Iterator[bytes]:
        return iter([])


def _part(column: pd.Series) -> Part:
    return column.to_numpy() if column.dtype.kind in "iuf" else None


def _text_part(column: pd.Series) -> Part:
    codes, found = pd.factorize(column)
    return codes.astype(np.int32), [" ".join(text.split()) for text in found]


def _numbers(parts: list[Part]) -> Numbers:
    return Numbers([part for part in parts if isinstance(part, np.ndarray)])


def _texts(parts: list[Part], dialect: Dialect, is_text: bool) -> Values:
    """Return a column of categories as text, or as numbers if all of it is numbers."""
    pairs = [part for part in parts if isinstance(part, tuple)]
    found = sorted({text for _, texts in pairs for text in texts if text not in MISSING})
    values: Array
    if not is_text and _fits(found, dialect.number):
        values = np.array([dialect.value(text) for text in found] + [np.nan])
    else:
        values = np.array([*range(len(found)), -1])
    numbers = {text: k for k, text in enumerate(found)}
    column = np.concatenate(
        [
            values[np.array([*(numbers.get(text, -1) for text in texts), -1])[codes]]
            for codes, texts in pairs
        ]
    )
    return Numbers([column]) if values.dtype.kind == "f" else Texts(column, found)


def _leave_out_empty_rows(table: Table) -> None:
    empty = np.logical_and.reduce([column.missing for column in table.columns])
    if empty.any():
        table.keep(np.flatnonzero(~empty))


def read_parquet_table(path: Path) -> Table:
    """Read a table from a Parquet file."""
    path.open("rb").close()  # so that a file that is not there is said not to be
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
            return Numbers([series.to_numpy()])
        return Numbers([series.to_numpy(dtype=np.float64, na_value=np.nan)])
    codes, found = pd.factorize(series.astype("string").str.strip(), sort=True)
    return Texts(np.asarray(codes), [str(text) for text in found])
