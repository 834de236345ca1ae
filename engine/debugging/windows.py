"""The part of an array that fits on a screen: heat map, numbers, the cell under the cursor."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import cast

import numpy as np

from engine.debugging.statistics import levels, part_of, scale_of, statistics
from engine.debugging.updates import Update
from engine.nn.arrays import Array
from engine.protocol.views.inside import Cell, HeatMap, InsideQuery, Table


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
    value, then : array
        As it is, and as it was before the last step, if that is known.
    update : Update, optional
        If it is a parameter.
    exact : bool
        Whether figures are of all values; see `engine.debugging.statistics.part_of`.
    """

    def __init__(
        self,
        name: str,
        value: Array,
        then: Array | None,
        update: Update | None,
        exact: bool = True,
    ) -> None:
        self.name, self.value, self.then, self.update = name, value, then, update
        self.exact = exact
        self.matrix = as_matrix(value)

    @property
    def gradient_name(self) -> str:
        """The gradient's name, as ``dense_1.dweights``; empty if there is none."""
        return f"{self.name.rpartition('.')[0]}.{self.update.name}" if self.update else ""

    @property
    def gradient_scale(self) -> float:
        """A round number that hardly any finite value of the gradient exceeds."""
        if self.update is None:
            return 1.0
        return scale_of(statistics(part_of(self.update.gradient, self.exact)))

    @property
    def update_ratio(self) -> float | None:
        """The length of the update, divided by the parameter's own."""
        step = self.update.step(self._part) if self.update else None
        if step is None:
            return None
        length = np.linalg.norm(self._part(self.value))
        return float(np.linalg.norm(step) / length) if length else math.nan

    def heat(self, wanted: InsideQuery, scale: float) -> HeatMap:
        """Return the heat map, moved so that it lies within the matrix."""
        part, row, column = _within(
            self.matrix,
            (wanted.heat_row, wanted.heat_column),
            (wanted.heat_rows, wanted.heat_columns),
        )
        return HeatMap(row, column, part.shape[1], levels(part, scale).tobytes())

    def table(self, wanted: InsideQuery) -> Table:
        """Return the numbers, moved likewise."""
        first = wanted.first_row, wanted.first_column
        part, row, column = _within(self.matrix, first, (wanted.rows, wanted.columns))
        changed = np.zeros(part.shape, bool)
        if self.then is not None:
            changed = differs(_part(self.then, row, column, part), part)
        return Table(row, column, _numbers(part), changed.tolist())

    def gradients(self, wanted: InsideQuery) -> Table | None:
        """Return the same window of a parameter's gradient."""
        if self.update is None:
            return None
        first = wanted.first_row, wanted.first_column
        part, row, column = _within(
            as_matrix(self.update.gradient), first, (wanted.rows, wanted.columns)
        )
        return Table(row, column, _numbers(part), [])

    def cell(self, wanted: InsideQuery) -> Cell:
        """Return the value under the cursor."""
        rows, columns = self.matrix.shape
        row, column = _clamp(wanted.row, rows - 1), _clamp(wanted.column, columns - 1)
        at = np.unravel_index(row * columns + column, self.value.shape) if self.value.ndim else ()
        index = ", ".join(map(str, at))
        gradient = self.update.gradient[at] if self.update else None
        step = self.update.step(lambda values: values[at]) if self.update else None
        return Cell(
            f"{self.name}[{index}]" if index else self.name,
            row,
            column,
            float(self.value[at]),
            None if self.then is None else float(self.then[at]),
            None if gradient is None else float(gradient),
            None if step is None else float(step),
        )

    def _part(self, values: Array) -> Array:
        return part_of(values, self.exact)


def _clamp(value: int, most: int) -> int:
    return max(0, min(value, most))


def _within(matrix: Array, first: tuple[int, int], size: tuple[int, int]) -> tuple[Array, int, int]:
    """Cut a window out of a matrix, and return also where it begins."""
    row, column = (_clamp(f, n - s) for f, n, s in zip(first, matrix.shape, size, strict=True))
    return matrix[row : row + size[0], column : column + size[1]], row, column


def _part(values: Array, row: int, column: int, like: Array) -> Array:
    rows, columns = like.shape
    part: Array = as_matrix(values)[row : row + rows, column : column + columns]
    return part


def _numbers(part: Array) -> list[list[float]]:
    return cast(list[list[float]], part.astype(np.float64).tolist())
