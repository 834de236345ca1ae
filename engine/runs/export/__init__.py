"""A run's record in the formats of other programs."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from engine.runs.description import SourceError
from engine.runs.export.curves import Curves, read_curves
from engine.runs.export.page import page
from engine.runs.export.svg import picture
from engine.runs.export.tables import write_csv, write_jsonl, write_npz
from engine.runs.export.tensorboard import write_tensorboard
from engine.runs.files import reason
from engine.runs.run import Run
from engine.runs.weights import LAST_WEIGHTS

WRITERS: dict[str, Callable[[Curves, BinaryIO], object]] = {
    "csv": write_csv,
    "jsonl": write_jsonl,
    "npz": write_npz,
    "svg": lambda curves, file: file.write(picture(curves).encode()),
    "html": lambda curves, file: file.write(page(curves).encode()),
}
TENSORBOARD, WEIGHTS = "tensorboard", "weights"
FORMATS = (*WRITERS, TENSORBOARD, WEIGHTS)


def write(run: Run, format: str, file: BinaryIO, branches: Sequence[str] = ()) -> None:
    """Write a run's record into a file that is open, in one of the formats of `WRITERS`.

    Raises
    ------
    SourceError
        If it cannot be read.
    """
    WRITERS[format](read_curves(run, branches), file)


def export(run: Run, format: str, path: Path | None = None, branches: Sequence[str] = ()) -> Path:
    """Write a run's record in one of the `FORMATS`.

    Parameters
    ----------
    path : Path, optional
        Where to; a name made of the run's in the current folder, if not given.

    Returns
    -------
    Path
        What has been written.

    Raises
    ------
    SourceError
        If it cannot be read or written, with one line that says why.
    """
    path = path or Path(_usual_name(run.name, format))
    try:
        if format == WEIGHTS:
            _copy_weights(run, path)
        elif format == TENSORBOARD:
            write_tensorboard(read_curves(run, branches), path)
        else:
            curves = read_curves(run, branches)
            with path.open("wb") as file:
                WRITERS[format](curves, file)
    except OSError as error:
        raise SourceError(f"it cannot be written: {reason(error)}") from None
    return path


def _usual_name(name: str, format: str) -> str:
    if format == TENSORBOARD:
        return f"{name}-tensorboard"
    return f"{name}-weights.npz" if format == WEIGHTS else f"{name}.{format}"


def _copy_weights(run: Run, path: Path) -> None:
    assert run.directory
    if not (run.directory / LAST_WEIGHTS).is_file():
        raise SourceError(
            f"the run {run.name} has no weights yet: they are written when its training ends"
        )
    shutil.copyfile(run.directory / LAST_WEIGHTS, path)
