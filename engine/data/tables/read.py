"""From a table to a dataset, and new rows of the same columns to features."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from engine.data.building import Samples, build, split
from engine.data.columns import find_column
from engine.data.dataset import DataError, Dataset
from engine.data.options import ReadingOptions
from engine.data.reading import Column, Kind, NewRows, Reading, Use
from engine.data.tables import roles
from engine.data.tables.columns import (
    categories_in,
    category_numbers,
    check_numbers,
    refuse_typing_errors,
    texts_of,
)
from engine.data.tables.frame import read_parquet_table, read_text_table
from engine.data.tables.matrix import matrices_of
from engine.data.tables.roles import Label
from engine.data.tables.table import Table, Texts
from engine.data.wording import column_named, counted, few
from engine.nn.arrays import Array

PARQUET = (".parquet", ".pq")


def load_table(path: Path, options: ReadingOptions, seed: int, share: float | None) -> Dataset:
    """Load a dataset from a table.

    Parameters
    ----------
    path, options, seed
        See `engine.data.files.load`.
    share : float or None
        Of the samples to keep apart for validation.
    """
    table = _read(path)
    try:
        reading, y = _understand(table, options)
        training: Array | slice = slice(None)
        apart = None
        if share is not None:
            training, apart = split(y, share, seed)
        columns = [_fitted(column, table, j, training) for j, column in enumerate(reading.columns)]
        reading = msgspec.structs.replace(reading, columns=columns)
        X, *more = matrices_of(table, columns, [training] if apart is None else [training, apart])
        validation = None if apart is None else (more[0], y[apart])
        return build(reading, (X, y[training]), validation)
    finally:
        table.close()


def new_table_features(path: Path, reading: Reading) -> NewRows:
    """Read new rows of the same columns; see `Reading.features_of`."""
    table = _read(path, reading)
    try:
        ids = (
            texts_of(table.columns[table.names.index(reading.id)])
            if reading.id in table.names
            else []
        )
        return NewRows(*_new_features(table, reading), ids)
    finally:
        table.close()


def new_table_samples(path: Path, reading: Reading) -> tuple[Samples, list[str]]:
    """Read samples of the same columns and classes, prepared as the training set was."""
    table = _read(path, reading)
    try:
        X, remarks = _new_features(table, reading)
        y = roles.classes_elsewhere(table, _label_columns(table, reading), reading)
        return (X, y), remarks
    finally:
        table.close()


def _read(path: Path, reading: Reading | None = None) -> Table:
    """Read a table, or one with the columns of a table that was read before."""
    if path.suffix.lower() in PARQUET:
        return read_parquet_table(path)
    if reading is None:
        return read_text_table(path)
    texts = {column.name for column in reading.columns if column.kind == "text"}
    if reading.label_is_text:
        texts.add(reading.label)
    texts.add(reading.id)  # as it is written
    return read_text_table(path, texts, reading.dialect, reading.header)


def _understand(table: Table, options: ReadingOptions) -> tuple[Reading, Array]:
    """Find out what each column is; rows that cannot be learned from are left out."""
    if len(table.names) < 2:
        raise DataError("a row needs at least one feature and a label, in columns of their own")
    label = roles.find_label(table, options)
    kinds = roles.kinds_of(table)
    dropped = {find_column(table.names, name, "--drop") for name in options.drop}
    for j, (name, values) in enumerate(zip(table.names, table.columns, strict=True)):
        if isinstance(values, Texts) and j not in dropped and j not in label.columns:
            refuse_typing_errors(table, name, values)
    features = roles.find_features(table, kinds, label, options)
    remarks = [] if table.text is None else _remarks_of_text(table)
    remarks += _treat_missing(table, kinds, features, label, options)
    if not table.rows:
        raise DataError("no row is left: each has a missing value")
    columns = []
    for j, (name, kind) in enumerate(zip(table.names, kinds, strict=True)):
        kind = "number" if j in features and kind in ("id", "index") else kind
        use: Use = "feature" if j in features else "left out"
        use = "label" if j in label.columns else use
        missing = int(table.columns[j].missing.sum())
        columns.append(Column(name=name, kind=kind, use=use, missing=missing))
        if use == "feature" and kind != "text":
            check_numbers(table, columns[-1], table.columns[j])
    classes, y = roles.classes_in(table, label, options)
    reading = Reading(
        file=table.path.name if str(table.path) != "-" else "standard input",
        format=table.format,
        label=label.name,
        label_found=label.why,
        classes=classes,
        columns=columns,
        remarks=remarks,
        dialect=table.layout.dialect if table.layout is not None else None,
        header=table.layout is None or bool(table.layout.header.names),
        label_is_text=isinstance(table.columns[label.columns[0]], Texts),
    )
    return reading, y


def _remarks_of_text(table: Table) -> list[str]:
    encoding = table.format["encoding"]
    return [f"read as {encoding}"] if encoding in ("Latin-1", "Windows-1252") else []


def _treat_missing(
    table: Table, kinds: list[Kind], features: list[int], label: Label, options: ReadingOptions
) -> list[str]:
    """Refuse rows with missing values, or leave them out, or say what will take their place."""
    drop = options.missing == "drop"
    incomplete = np.zeros(table.rows, bool)
    filled, categories = 0, []
    for j in [*label.columns, *features]:
        column, name = table.columns[j], table.names[j]
        missing = column.missing
        if not missing.any():
            continue
        if not drop and j in label.columns:
            raise DataError(
                f"label {name!r} ({label.why}) is missing in {_place(table, missing)}; "
                f"{roles.ANOTHER}, or leave these rows out with --missing drop"
            )
        if options.missing == "refuse":
            raise DataError(f"{column_named(name)} is missing in {_place(table, missing)}")
        incomplete |= missing
        if isinstance(column, Texts) and kinds[j] == "text":
            categories.append(name)
        else:
            filled += int(missing.sum())
    if drop and incomplete.any():
        table.keep(np.flatnonzero(~incomplete))
        return [f"{counted(int(incomplete.sum()), 'row')} with missing values left out"]
    remarks = []
    if filled:
        remarks.append(f"{counted(filled, 'missing value')} filled with medians")
    if categories:
        remarks.append(f"missing text a category of its own: {few(categories)}")
    return remarks


def _place(table: Table, rows: Array) -> str:
    return table.place(np.flatnonzero(rows))


def _fitted(column: Column, table: Table, j: int, rows: Array | slice) -> Column:
    """Return a column with the categories that occur in the training set."""
    values = table.columns[j]
    if column.use != "feature" or column.kind != "text" or not isinstance(values, Texts):
        return column
    return msgspec.structs.replace(column, categories=categories_in(values, rows))


def _new_features(table: Table, reading: Reading) -> tuple[Array, list[str]]:
    """Return prepared features, and remarks on values that could not be taken as they are."""
    chosen = _same_columns(table, reading)
    features = reading.features
    remarks = []
    for column, j in zip(features, chosen, strict=True):
        values = table.columns[j]
        if column.kind != "text":
            check_numbers(table, column, values)
        remarks += _remarks_on(table, column, j)
    part = Table(
        table.path, [c.name for c in features], [table.columns[j] for j in chosen], table.format
    )
    (X,) = matrices_of(part, features, [slice(None)])
    reading.preparation.apply(X)
    return X, [remark for _, remark in sorted(remarks)]


def _same_columns(table: Table, reading: Reading) -> list[int]:
    """Return where the features are, by name, or by position where there are no names."""
    features = reading.features
    if reading.header:
        absent = [column.name for column in features if column.name not in table.names]
        if absent:
            raise DataError(
                f"it has no column {few(absent)}; it has {few(table.names, 5)}, and the training "
                f"set's features are {few([column.name for column in features], 5)}"
            )
        return [table.names.index(column.name) for column in features]
    unlabelled = [column for column in reading.columns if column.use != "label"]
    for columns in (reading.columns, unlabelled, features):
        if len(columns) == len(table.names):
            return [j for j, column in enumerate(columns) if column.use == "feature"]
    raise DataError(
        f"it has {counted(len(table.names), 'column')}, not {len(unlabelled)} or "
        f"{len(reading.columns)} as the training set without and with its label"
    )


def _label_columns(table: Table, reading: Reading) -> list[int]:
    """Return where the labels are."""
    columns = [j for j, column in enumerate(reading.columns) if column.use == "label"]
    if reading.header:
        names = [reading.columns[j].name for j in columns]
        columns = [table.names.index(name) for name in names if name in table.names]
        if len(columns) < len(names):
            raise DataError(f"it has no column {few(names)} with the labels")
    elif len(table.names) != len(reading.columns):
        raise DataError("it has no column with the labels")
    return columns


def _remarks_on(table: Table, column: Column, j: int) -> list[tuple[int, str]]:
    """Return rows in which a value is missing, or a text is new, and one line for each."""
    values = table.columns[j]
    if column.kind != "text":
        return [
            (
                int(row),
                f"row {row + 1}: {column.name} is missing, taken as the training set's median",
            )
            for row in np.flatnonzero(values.missing)
        ]
    assert isinstance(values, Texts)
    new = category_numbers(column, values)[values.codes] < 0
    texts = [*(repr(text) for text in values.texts), "a missing value"]
    return [
        (int(row), f"row {row + 1}: {column.name} {texts[values.codes[row]]} is new, taken as none")
        for row in np.flatnonzero(new)
    ]
