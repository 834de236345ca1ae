"""What a run's bits depend on, besides its description and its changes."""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from threadpoolctl import threadpool_info

from engine import __version__
from engine.debugging.branches import digest
from engine.debugging.trainer import Trainer
from engine.runs.description import MOST_THREADS, Description

WORDS = {
    "data": "the data are others",
    "validation": "the validation set is another",
    "weights": "the first weights are others",
    "numpy": "NumPy was {then}, and is {now}",
    "blas": "the products of matrices were computed by {then}, and are by {now}",
    "threads": "{then} threads multiplied matrices, and {now} do now",
}


class Environment(msgspec.Struct, frozen=True):
    """What a run's bits depend on, besides its description and its changes.

    ``folder`` is the current one, with all but ASCII escaped: it may have bytes that are no text.
    ``source`` is a digest of a Python file.
    """

    folder: str
    nntui: str
    python: str
    numpy: str
    blas: str
    threads: Annotated[int, msgspec.Meta(ge=1, le=MOST_THREADS)]
    data: str
    weights: str
    validation: str
    source: str = ""

    @classmethod
    def of(cls, trainer: Trainer, description: Description) -> Environment:
        """Describe this process, and a trainer at its beginning that was built in it."""
        blas = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
        validation = trainer.data.validation
        kind = f"{blas[0]['internal_api']} {blas[0].get('architecture', '')}" if blas else "none"
        return cls(
            _current_folder(),
            __version__,
            platform.python_version(),
            np.__version__,
            kind.strip(),
            blas[0]["num_threads"] if blas else 1,
            digest(trainer.data.X, trainer.data.y),
            digest(trainer.network.parameters),
            digest(validation.X, validation.y) if validation else "",
            _digest_of_text(description.source) if description.is_python else "",
        )

    @property
    def source_folder(self) -> Path:
        """The folder that relative paths are of."""
        return Path(self.folder.encode().decode("unicode_escape"))

    def differences(self, now: Environment) -> list[str]:
        """Say what makes the bits differ, each in a sentence."""
        return [
            words.format(then=getattr(self, name), now=getattr(now, name))
            for name, words in WORDS.items()
            if getattr(self, name) != getattr(now, name)
        ]


def _digest_of_text(file: str) -> str:
    try:
        return hashlib.sha256(Path(file).read_bytes()).hexdigest()
    except OSError:  # it has removed itself
        return ""


def _current_folder() -> str:
    try:
        return os.getcwd().encode("unicode_escape").decode()
    except OSError:  # it has been removed
        return ""
