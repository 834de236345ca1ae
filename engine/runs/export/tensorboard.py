"""Metrics as event files for TensorBoard, written by its own library."""

from __future__ import annotations

from pathlib import Path
from time import time

from engine.runs.description import SourceError
from engine.runs.export.curves import Curves


def write_tensorboard(curves: Curves, folder: Path) -> None:
    """Write an event file for each branch, in a folder of its name.

    Raises
    ------
    SourceError
        If TensorBoard is not installed.
    """
    try:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.event_file_writer import EventFileWriter
    except ImportError:
        raise SourceError(
            "TensorBoard is not installed: pip install 'nntui[tensorboard]'"
        ) from None
    now = time()
    for branch in curves.branches:
        writer = EventFileWriter(str(folder / branch.name))
        for epoch, values in zip(branch.epochs.tolist(), branch.values.tolist(), strict=True):
            summary = Summary(
                value=[
                    Summary.Value(tag=metric, simple_value=value)
                    for metric, value in zip(curves.metrics, values, strict=True)
                ]
            )
            writer.add_event(Event(wall_time=now, step=epoch, summary=summary))
        writer.close()
