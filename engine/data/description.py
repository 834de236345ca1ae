"""All that was understood of a file, as aligned text."""

from __future__ import annotations

from collections.abc import Sequence

from engine.data.reading import Column, Reading
from engine.data.wording import clean, counted, few

MOST_COLUMNS = 200
MOST_CLASSES = 20
WHY = {
    "date": "dates",
    "index": "numbers or names of rows",
    "id": "a different value in each row",
    "free text": "too many different texts",
    "empty": "no values",
}


def describe(reading: Reading) -> list[str]:
    """Return the full description of a reading, one item a line."""
    facts = [(term, fact) for term, fact in reading.format.items() if fact]
    lines = _aligned([("file", clean(reading.file)), *facts, *_samples(reading)], "")
    lines += ["", f"label: {reading.label} ({reading.label_found})"]
    lines += _aligned(_classes(reading), "  ")
    lines += ["", f"{counted(reading.preparation.features, 'feature')}, standardised"]
    rows = _columns(reading)
    shown = rows[: MOST_COLUMNS + 1]
    lines += _aligned(shown, "  ", right=(3, 4, 5))
    if len(rows) > len(shown):
        lines.append(f"  and {len(rows) - len(shown):,} more")
    lines += ["", *(f"note: {remark}" for remark in reading.remarks)] if reading.remarks else []
    return [line.rstrip() for line in lines]


def _samples(reading: Reading) -> list[tuple[str, str]]:
    samples = [("samples", f"{sum(reading.counts):,}")]
    if reading.validation_counts:
        source = f" ({reading.validation_from})" if reading.validation_from else ""
        samples.append(("validation", f"{sum(reading.validation_counts):,}{source}"))
    return samples


def _classes(reading: Reading) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    apart = reading.validation_counts
    for k, name in enumerate(reading.classes[:MOST_CLASSES]):
        more = [f"+ {apart[k]:,} for validation"] if apart else []
        rows.append((clean(name), counted(reading.counts[k], "sample"), *more))
    if len(reading.classes) > MOST_CLASSES:
        rows.append((f"and {len(reading.classes) - MOST_CLASSES:,} more",))
    return rows


def _columns(reading: Reading) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("column", "kind", "use", "missing", "mean", "deviation", "")]
    first = 0
    for column in reading.columns:
        missing = f"{column.missing:,}" if column.missing else "–"
        mean, deviation = "–", "–"
        if column.width == 1 and column.kind != "text":
            mean = f"{reading.preparation.means[first]:.6g}"
            deviation = f"{reading.preparation.deviations[first]:.6g}"
        first += column.width
        rows.append((column.name, column.kind, column.use, missing, mean, deviation, _more(column)))
    return rows


def _more(column: Column) -> str:
    if column.use == "left out":
        return WHY.get(column.kind, "")
    if column.use == "feature" and column.kind == "text":
        names = [name or "(missing)" for name in column.categories]
        return f"one-hot: {few(names, 8)}"
    return ""


def _aligned(rows: Sequence[Sequence[str]], indent: str, right: Sequence[int] = ()) -> list[str]:
    """Return rows of text as lines, each column as wide as its widest cell."""
    widths: dict[int, int] = {}
    for row in rows:
        for j, cell in enumerate(row):
            widths[j] = max(widths.get(j, 0), len(cell))
    return [
        indent
        + "  ".join(
            cell.rjust(widths[j]) if j in right else cell.ljust(widths[j])
            for j, cell in enumerate(row)
        ).rstrip()
        for row in rows
    ]
