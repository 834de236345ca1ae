"""What a run is made from: enough to make it again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from engine.data.catalogue import REGRESSION as REGRESSION
from engine.data.catalogue import TOYS as TOYS

MOST_THREADS = 1024
TOY_SOURCES = tuple(TOYS)

Missing = Literal["median", "drop", "refuse"]


class SourceError(Exception):
    """A run that cannot be built; its text is for the person who asked for it."""


class TrainingError(Exception):
    """A training that has failed; its text is for the person whose it is."""


class Description(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of the command line.

    Attributes
    ----------
    source : str
        The name of a toy dataset, the path of a table, of arrays or of a Python file, or ``-`` for
        standard input.
    hidden : tuple of int
        Neurons of each hidden layer.
    samples, classes : int
        Of a toy dataset: rows of each class, and classes.
    batch_size : int or None
        All rows if None.
    epochs, learning_rate
        None leaves them as a Python file has set them.
    breakpoints : tuple of str
        Conditions to stop at.
    memory : int
        Megabytes that snapshots of the past may take.
    threads : int or None
        That multiply matrices. If None, one, or several where a trial shows that they help.
    kernels : bool
        Whether operations may be done by kernels, in place of their formulas.
    arguments : tuple of str
        What a Python file finds in ``sys.argv`` after its own name.
    label, features, drop, missing, classes_from_numbers
        How a file is read; see `engine.data.options.ReadingOptions`.
    validation : str
        The share of the samples to keep apart, as ``0.2``, or a second file.
    noise : float or None
        The standard deviation of what is added to a toy dataset; its own if None.
    weights : str
        An NPZ file, whose weights the training begins with, and which gets the last ones.
    speed : float or None
        Epochs a second at which a session begins; no limit if None.
    keep_metrics : {"every", "thin"}
        Whether the record keeps each epoch's metrics, or the fewer the more there are.
    """

    source: str = "spiral"
    epochs: int | None = 10001
    learning_rate: float | None = 0.1
    hidden: tuple[int, ...] = (64,)
    samples: int = 100
    classes: int = 3
    batch_size: int | None = None
    seed: int = 0
    dtype: str = "float64"
    name: str = ""
    paused: bool = False
    breakpoints: tuple[str, ...] = ()
    memory: int = 256
    threads: Annotated[int, msgspec.Meta(ge=1, le=MOST_THREADS)] | None = None
    kernels: bool = True
    arguments: tuple[str, ...] = ()
    label: str | None = None
    features: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    missing: Missing = "median"
    classes_from_numbers: bool = False
    validation: str = ""
    noise: float | None = None
    weights: str = ""
    speed: Annotated[float, msgspec.Meta(gt=0)] | None = None
    keep_metrics: Literal["every", "thin"] = "every"

    @property
    def folder(self) -> str:
        """Where the source is, and with it what a Python file imports."""
        return str(Path(self.source).resolve().parent)

    @property
    def is_toy(self) -> bool:
        """Whether the data are drawn."""
        return self.source in TOY_SOURCES

    @property
    def is_python(self) -> bool:
        """Whether a Python file builds the trainer."""
        return self.source.lower().endswith(".py")


def is_share(validation: str) -> bool:
    """Whether the validation set is a share of the samples, or none, and not a file."""
    try:
        float(validation or 0)
    except ValueError:
        return False
    return True
