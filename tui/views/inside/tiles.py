"""How a matrix is laid out where a heatmap has room for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

from engine.protocol.views.inside import heat_room

T = TypeVar("T")


def size_of_values(
    shape: tuple[int, int], room: tuple[int, int], sizes: Sequence[tuple[int, int]]
) -> tuple[int, int]:
    """Return how tall and wide each value is shown: the largest at which all have room.

    A matrix in one piece is preferred to one that goes on beside or below itself.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns that are shown.
    room : tuple of int
    sizes : list of tuple of int
        Those to choose from, the largest first, the last of which is the least.
    """
    *larger, least = sizes
    fitting = [(size, held(room, size)) for size in larger]
    whole = [size for size, most in fitting if shape[0] <= most[0] and shape[1] <= most[1]]
    parted = [size for size, most in fitting if heat_room(shape, most) == shape]
    return [*whole, *parted, least][0]


def held(room: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """Return how many rows and columns of values of a size have room."""
    return room[0] // size[0], room[1] // size[1]


def laid_out(rows: list[list[T]], most: tuple[int, int]) -> list[list[T | None]]:
    """Return the rows, in bands beside or below one another where there are more than ``most``.

    What lies between the bands is None.
    """
    height, width = len(rows), len(rows[0]) if rows else 0
    if height > most[0] > 0:
        tall = math.ceil(height / math.ceil(height / most[0]))
        beside = [rows[k : k + tall] for k in range(0, height, tall)]
        return [_joined([b[y] if y < len(b) else [] for b in beside], width) for y in range(tall)]
    if width > most[1] > 0:
        wide = math.ceil(width / math.ceil(width / most[1]))
        below: list[list[T | None]] = []
        for k in range(0, width, wide):
            below += [[None] * wide] if below else []
            below += [[*row[k : k + wide], *[None] * max(0, k + wide - width)] for row in rows]
        return below
    return [list(row) for row in rows]


def _joined(pieces: list[list[T]], width: int) -> list[T | None]:
    """Return one row of all bands that lie beside one another."""
    row: list[T | None] = []
    for piece in pieces:
        row += [None] if row else []
        row += piece or [None] * width
    return row
