"""From features and classes that were read to a dataset with its validation set."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from engine.data.dataset import DataError, Dataset
from engine.data.preparation import prepare
from engine.data.reading import Reading
from engine.data.splits import stratified
from engine.nn.arrays import Array

Samples = tuple[Array, Array]  # features, NaN where missing, and classes


def split(y: Array, share: float, seed: int) -> tuple[Array, Array]:
    """Return the samples to train on and those to validate with; DataError if that leaves none."""
    training, validation = stratified(y, share, seed)
    if not len(validation):
        raise DataError(
            f"a share of {share:g} leaves no sample for validation, since each class keeps one to "
            "train on; there are too few samples"
        )
    return training, validation


def build(reading: Reading, training: Samples, validation: Samples | None = None) -> Dataset:
    """Prepare the features in place, by the training set's figures, and make the dataset.

    Parameters
    ----------
    reading : Reading
        Still without the training set's figures.
    training, validation : features and classes
    """
    X, y = training
    preparation = prepare(X)
    counts = np.bincount(y, minlength=len(reading.classes)).tolist()
    reading = msgspec.structs.replace(reading, preparation=preparation, counts=counts)
    data = Dataset(X, y, reading.file, reading.classes, reading.summary, reading=reading)
    if validation is not None:
        preparation.apply(validation[0])
        add_validation(data, validation, reading.validation_from)
    return data


def add_validation(
    data: Dataset, validation: Samples, source: str, remarks: Sequence[str] = ()
) -> None:
    """Give a dataset its validation set, whose features are prepared already.

    Parameters
    ----------
    data : Dataset
        With the reading of its file.
    validation : features and classes
    source : str
        Where they come from, if not from the same samples.
    remarks : sequence of str
        What was done to them, for the summary.
    """
    assert data.reading is not None
    X, y = validation
    counts = np.bincount(y, minlength=data.classes).tolist()
    data.reading = msgspec.structs.replace(
        data.reading,
        validation_counts=counts,
        validation_from=source,
        remarks=[*data.reading.remarks, *remarks],
    )
    data.note = data.reading.summary
    data.validation = Dataset(X, y, source or data.name, data.class_names)
