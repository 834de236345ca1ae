"""The part of an array that fits on a screen: heatmap, numbers, the cell under the cursor."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import cast

import numpy as np

from engine.debugging.statistics import levels, part_of, scale_of, statistics
from engine.debugging.updates import Update
from engine.nn.arrays import Array
from engine.protocol.views.inside import Cell, HeatMap, InsideQuery, Kind, Table, heat_room


def shape_text(shape: Iterable[int]) -> str:
    """Write a shape, as ``300×64``."""
    return "×".join(map(str, shape)) or "scalar"


def as_matrix(values: Array) -> Array:
    """Return an array of any shape as rows and columns; a vector is one column."""
    if values.ndim <= 1:
        return values.reshape(-1, 1)
    return values.reshape(len(values), -1)


def differs(before: Array, now: Array) -> Array:
    """Return where two arrays differ; a NaN is no other NaN."""
    different: Array = before != now
    if now.dtype.kind == "f":
        different = different & ~(np.isnan(before) & np.isnan(now))
    return different


class Window:
    """Windows of one array.

    Parameters
    ----------
    name : str
    value : array
    then : array, optional
        As it was before the last step, if that is known.
    gradient : array, optional
        The loss's derivative by it, if that is computed.
    update : Update, optional
        If it is a parameter.
    exact : bool
        Whether figures are of all values; see `engine.debugging.statistics.part_of`.
    """

    def __init__(
        self,
        name: str,
        value: Array,
        then: Array | None = None,
        gradient: Array | None = None,
        update: Update | None = None,
        exact: bool = True,
    ) -> None:
        self.name, self.value, self.then = name, value, then
        self.gradient, self.update, self.exact = gradient, update, exact
        self.matrix = as_matrix(value)

    @property
    def gradient_name(self) -> str:
        """The name of a parameter's gradient, as ``dense_1.dweights``; empty if it is none."""
        return f"{self.name.rpartition('.')[0]}.{self.update.name}" if self.update else ""

    @property
    def update_ratio(self) -> float | None:
        """The length of the update, divided by the parameter's own."""
        step = self.update.step(self._part) if self.update else None
        if step is None:
            return None
        length = np.linalg.norm(self._part(self.value))
        return float(np.linalg.norm(step) / length) if length else math.nan

    def scale(self, kind: Kind) -> float:
        """Return a round number that hardly any finite value of a kind exceeds."""
        part = self._values(kind, self._part)
        return 1.0 if part is None else scale_of(statistics(part))

    def heat(self, wanted: InsideQuery) -> HeatMap:
        """Return the heatmap, moved so that it lies within the matrix."""
        room = heat_room(self.matrix.shape, (wanted.heat_rows, wanted.heat_columns))
        cut, row, column = self._within((wanted.heat_row, wanted.heat_column), room)
        part, scale = self._values(wanted.kind, cut), self.scale(wanted.kind)
        if part is None:
            return HeatMap(row, column, 0, b"", scale)
        return HeatMap(row, column, part.shape[1], levels(part, scale).tobytes(), scale)

    def table(self, wanted: InsideQuery, kind: Kind) -> Table:
        """Return the numbers of a kind, moved likewise."""
        first = wanted.first_row, wanted.first_column
        cut, row, column = self._within(first, (wanted.rows, wanted.columns))
        part = self._values(kind, cut)
        changed = np.zeros(cut(self.value).shape, bool)
        if self.then is not None and kind != "gradient":
            changed = differs(cut(self.then), cut(self.value))
        numbers = [] if part is None else part.astype(np.float64).tolist()
        return Table(row, column, cast(list[list[float]], numbers), changed.tolist())

    def cell(self, wanted: InsideQuery) -> Cell:
        """Return the value under the cursor."""
        rows, columns = self.matrix.shape
        row, column = _clamp(wanted.row, rows - 1), _clamp(wanted.column, columns - 1)
        at = np.unravel_index(row * columns + column, self.value.shape) if self.value.ndim else ()
        index = ", ".join(map(str, at))
        step = self.update.step(lambda values: values[at]) if self.update else None
        return Cell(
            f"{self.name}[{index}]" if index else self.name,
            row,
            column,
            float(self.value[at]),
            None if self.then is None else float(self.then[at]),
            None if self.gradient is None else float(self.gradient[at]),
            None if step is None else float(step),
        )

    def _values(self, kind: Kind, part: Callable[[Array], Array]) -> Array | None:
        """Return a part of the values of a kind; None if there are none."""
        match kind:
            case "change":
                if self.then is None:
                    return None
                return np.subtract(part(self.value), part(self.then), dtype=np.float64)
            case "gradient":
                return None if self.gradient is None else part(self.gradient)
            case _:
                return part(self.value)

    def _part(self, values: Array) -> Array:
        return part_of(values, self.exact)

    def _within(
        self, first: tuple[int, int], size: tuple[int, int]
    ) -> tuple[Callable[[Array], Array], int, int]:
        """Return what cuts a window out of an array of this shape, and where it begins."""
        row, column = (
            _clamp(f, n - s) for f, n, s in zip(first, self.matrix.shape, size, strict=True)
        )

        def cut(values: Array) -> Array:
            part: Array = as_matrix(values)[row : row + size[0], column : column + size[1]]
            return part

        return cut, row, column


def _clamp(value: int, most: int) -> int:
    return max(0, min(value, most))
