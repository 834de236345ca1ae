"""What there is to learn from, for people to read: files as they are understood, and the toys."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.data.catalogue import TOYS
from engine.data.dataset import DataError
from engine.data.files import load
from engine.data.toys import toy
from engine.runs.build import reading_options
from engine.runs.description import Description, SourceError


def understood(description: Description) -> list[str]:
    """Return what is understood of a file, one item a line; SourceError if that is nothing."""
    try:
        data = load(Path(description.source), reading_options(description), description.seed)
    except DataError as error:
        raise SourceError(str(error)) from None
    return data.reading.describe() if data.reading else [data.note]


def points(name: str, samples: int) -> list[tuple[list[float], list[float]]]:
    """Return where the samples of each class of a toy dataset are, to be drawn."""
    data = toy(name, samples, TOYS[name].most_classes or 3, np.random.RandomState(0))
    classes = (data.X[data.y == k] for k in range(data.classes))
    return [(X[:, 0].tolist(), X[:, 1].tolist()) for X in classes]
