"""Metrics as tables and arrays: CSV, JSON lines, NPZ."""

from __future__ import annotations

import csv
import io
import math
from typing import BinaryIO

import msgspec
import numpy as np

from engine.runs.export.curves import Curves


def write_csv(curves: Curves, file: BinaryIO) -> None:
    """Write a row for each epoch of each branch; nothing where there is no number."""
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["branch", "epoch", *curves.metrics])
    for branch, epoch, values in curves.rows():
        rows.writerow([branch, epoch, *("" if math.isnan(v) else repr(v) for v in values)])
    text.detach()


def write_jsonl(curves: Curves, file: BinaryIO) -> None:
    """Write a JSON object for each epoch of each branch; null where there is no number."""
    for branch, epoch, values in curves.rows():
        fields = {"branch": branch, "epoch": epoch}
        measured = dict(zip(curves.metrics, values, strict=True))
        file.write(msgspec.json.encode(fields | measured) + b"\n")


def write_npz(curves: Curves, file: BinaryIO) -> None:
    """Write the arrays ``BRANCH/epoch`` and ``BRANCH/METRIC`` of each branch."""
    arrays = {}
    for branch in curves.branches:
        arrays[f"{branch.name}/epoch"] = branch.epochs
        for column, metric in enumerate(curves.metrics):
            arrays[f"{branch.name}/{metric}"] = branch.values[:, column]
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
