"""Which column is the label, which are features, and which are left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.data.classes import given_names, known_classes, names_of, one_hot_classes
from engine.data.columns import find_column
from engine.data.dataset import DataError
from engine.data.options import ReadingOptions
from engine.data.reading import Kind, Reading
from engine.data.tables.columns import is_named_id, kind_of
from engine.data.tables.table import Numbers, Table, Values
from engine.data.wording import few
from engine.nn.arrays import Array

LABEL_NAMES = frozenset(["label", "labels", "target", "class", "y"])
COORDINATE = "y"  # is the label's name only where no other is
ANOTHER = "name another column with --label"


@dataclass
class Label:
    """The columns of the label, and why these were taken."""

    columns: list[int]
    name: str
    why: str


def find_label(table: Table, options: ReadingOptions) -> Label:
    """Find the column of the label, or several of a label that is one-hot."""
    names, last = table.names, len(table.names) - 1
    if options.label is not None:
        j = find_column(names, options.label, "--label")
        return Label([j], names[j], "named with --label")
    out = {find_column(names, name, "--drop") for name in options.drop}
    out |= {find_column(names, name, "--features") for name in options.features}
    block = _one_hot_block(table, out)
    if block:
        listed = few([names[j] for j in block])
        return Label(block, listed, "one-hot: each row has a single 1 in these columns")
    named = [j for j, name in enumerate(names) if name.lower() in LABEL_NAMES and j not in out]
    if len(named) > 1:
        named = [j for j in named if names[j].lower() != COORDINATE]
    if len(named) == 1:
        return Label(named, names[named[0]], "by its name")
    left = [j for j in range(last + 1) if j not in out]
    if not left:
        raise DataError("no column is left for the label; name it with --label")
    return Label(left[-1:], names[left[-1]], "the last column" if not out else "the last one left")


def _one_hot_block(table: Table, out: set[int]) -> list[int]:
    """Return the columns at the end of which each row has a single 1, if there are two or more."""
    total: Array = np.zeros(table.rows, np.intp)
    for j in range(len(table.names) - 1, 0, -1):
        column = table.columns[j]
        if j in out or not isinstance(column, Numbers):
            return []
        values = column.values
        ones = values == 1
        if not ones.any() or not (ones | (values == 0)).all():
            return []
        total += ones
        if total.max() > 1:
            return []
        if total.min() == 1:
            block = list(range(j, len(table.names)))
            named = [k for k in block if table.names[k].lower() in LABEL_NAMES]
            return block if len(block) > 1 and not named else []
    return []


def classes_in(table: Table, label: Label, options: ReadingOptions) -> tuple[list[str], Array]:
    """Return the names of the classes, and the class of each row; no label is missing."""
    if len(label.columns) > 1:
        indicators = np.column_stack([_numbers(table, j) for j in label.columns])
        return [table.names[j] for j in label.columns], np.argmax(indicators, axis=1)
    what = f"label {label.name!r} ({label.why})"
    found, y = _different(table.columns[label.columns[0]])
    if found.dtype.kind == "f" and not np.isfinite(found).all():
        raise DataError(f"{what} has infinite values; {ANOTHER}")
    classes = names_of(found, table.rows, what, ANOTHER, any_numbers=options.classes_from_numbers)
    given = table.layout.header.class_names if table.layout is not None else []
    return given_names(classes, y, given)


def classes_elsewhere(table: Table, columns: list[int], reading: Reading) -> Array:
    """Return the class of each row of another file, which has no classes of its own."""
    if len(columns) > 1:
        y = np.column_stack([_numbers(table, j) for j in columns])
        return one_hot_classes(y, f"label {reading.label!r}")
    column = table.columns[columns[0]]
    missing = np.flatnonzero(column.missing)
    if len(missing):
        raise DataError(f"label {reading.label!r} is missing in {table.place(missing)}")
    found, y = _different(column)
    return known_classes(found, y, reading.classes, lambda row: table.place([row]))


def _numbers(table: Table, j: int) -> Array:
    column = table.columns[j]
    if isinstance(column, Numbers):
        return column.values
    raise DataError(f"column {table.names[j]!r} of the label must hold 0 and 1")


def _different(column: Values) -> tuple[Array, Array]:
    """Return the different values of a column, and which of them each row has."""
    if isinstance(column, Numbers):
        found, y = np.unique(column.values, return_inverse=True)
        return found, y.reshape(-1)
    codes, y = np.unique(column.codes, return_inverse=True)
    return np.array(column.texts)[codes], y.reshape(-1)


def kinds_of(table: Table) -> list[Kind]:
    """Return what each column is."""
    return [
        kind_of(values, name, first=j == 0)
        for j, (values, name) in enumerate(zip(table.columns, table.names, strict=True))
    ]


def find_features(
    table: Table, kinds: list[Kind], label: Label, options: ReadingOptions
) -> list[int]:
    """Return the columns to learn from: those that were named, or all that can be learned from."""
    names = table.names
    drop = {find_column(names, name, "--drop") for name in options.drop}
    if options.features:
        wanted = {find_column(names, name, "--features") for name in options.features}
        for j in sorted(wanted - drop):
            if kinds[j] in ("date", "free text", "empty") or j in label.columns:
                reason = "it is the label" if j in label.columns else _unfit(table, kinds, j)
                raise DataError(f"--features: {names[j]!r} cannot be a feature: {reason}")
        if wanted <= drop:
            raise DataError("--drop: no column is left of those that --features names")
        return sorted(wanted - drop)
    left = [j for j in range(len(names)) if j not in drop and j not in label.columns]
    features = [j for j in left if kinds[j] in ("number", "true or false", "text")]
    if not features:  # what only counts up, without the name of an id, may be meant to be learned
        counting = [j for j in left if kinds[j] == "id" and not is_named_id(names[j])]
        features = [j for j in counting if isinstance(table.columns[j], Numbers)]
    if not features:
        found = few([f"{names[j]} ({kinds[j]})" for j in left]) or "none"
        raise DataError(f"no column is left to learn from beside the label {label.name!r}: {found}")
    return features


def _unfit(table: Table, kinds: list[Kind], j: int) -> str:
    if kinds[j] == "date":
        return "it holds dates; make a number of them"
    if kinds[j] == "empty":
        return "it is empty"
    return f"it has {len(table.columns[j].texts):,} different texts"  # type: ignore[union-attr]
