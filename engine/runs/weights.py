"""The weights of a network in an NPZ file, one array for each parameter: ``dense_1.weights``."""

from __future__ import annotations

import io
import math
import os
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from engine.data.wording import few
from engine.debugging.trainer import Trainer
from engine.nn.arrays import Array
from engine.nn.network import Network
from engine.nn.parameters import parameter_names
from engine.protocol.metrics import LOSS
from engine.runs.description import SourceError
from engine.runs.files import reason, shown, write_whole
from engine.runs.run import Run

LAST_WEIGHTS = "weights.npz"  # in a run's directory
MOST_NAMED = 4  # arrays that are named in a message


class NotSavedError(Exception):
    """Weights that were not saved; its text says why, in one line."""


def save_weights(network: Network, path: Path) -> None:
    """Write the weights of a network into a file, in place of what it held.

    Raises
    ------
    NotSavedError
        If a weight is not finite, or the file cannot be written; it then is as it was.
    """
    arrays = {name: getattr(part, key) for name, (part, key) in _places(network).items()}
    broken = [name for name, array in arrays.items() if not np.isfinite(array).all()]
    if broken:
        raise NotSavedError(
            f"no weights are saved to {shown(path)}: {few(broken, MOST_NAMED)} is not finite"
        )
    file = io.BytesIO()
    np.savez(file, **arrays)
    try:
        write_whole(path, file.getvalue())
    except OSError as error:
        raise NotSavedError(f"the weights cannot be saved: {reason(error)}") from None


def save_last_weights(trainer: Trainer, run: Run) -> None:
    """Write the last weights of a run into its directory, and into the file that was asked for.

    Raises
    ------
    NotSavedError
        If the file that was asked for does not get them. Where the loss was no number at the end,
        neither does.
    """
    wanted = run.description.weights
    loss = trainer.measured.metrics[LOSS.name] if trainer.measured else 0.0
    if not math.isfinite(loss):
        if wanted:
            raise NotSavedError(f"no weights are saved to {shown(wanted)}: the loss is {loss:g}")
        return
    if run.directory:
        with suppress(NotSavedError):  # then `predict` has none, and says so
            save_weights(trainer.network, run.directory / LAST_WEIGHTS)
    if wanted:
        # A link stays one: the file that it leads to is written.
        save_weights(trainer.network, Path(os.path.realpath(wanted)))


def load_weights(network: Network, path: Path) -> None:
    """Put the weights of a file in place of those of a network, in its precision.

    Raises
    ------
    SourceError
        If the file is not NPZ, or does not have exactly the network's arrays, with finite numbers.
    """
    places = _places(network)
    arrays = _read(path)
    absent, others = places.keys() - arrays.keys(), arrays.keys() - places.keys()
    if absent or others:
        wanted, held = (few(list(names), MOST_NAMED) or "none" for names in (places, arrays))
        raise _unfit(path, f"the network has the arrays {wanted}; the file holds {held}")
    for name, (part, key) in places.items():
        own, array = np.asarray(getattr(part, key)), arrays[name]
        if array.shape != own.shape:
            raise _unfit(path, f"{name} is of shape {own.shape}, in the file of {array.shape}")
        if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
            raise _unfit(path, f"{name} holds values that are not finite numbers")
    for name, (part, key) in places.items():
        own = getattr(part, key)
        if isinstance(own, np.ndarray):
            own[...] = arrays[name]
        else:
            setattr(part, key, float(arrays[name]))


def _places(network: Network) -> dict[str, tuple[Any, str]]:
    """Return where each parameter is kept, by its name."""
    return {
        f"{name}.{key}": (part, key)
        for name, part in network.trained.items()
        for key in parameter_names(part)
    }


def _read(path: Path) -> dict[str, Array]:
    try:
        if not zipfile.is_zipfile(path):
            path.open("rb").close()  # which says why, if it cannot be read
            raise _unfit(path, "it is not an NPZ file")
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except OSError as error:
        raise SourceError(f"the weights cannot be read: {reason(error)}") from None
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        pickled = "allow_pickle=False" in str(error)
        raise _unfit(path, "it holds pickled objects" if pickled else "it is damaged") from None


def _unfit(path: Path, why: str) -> SourceError:
    return SourceError(f"the weights of {shown(path)} do not fit: {why}")
