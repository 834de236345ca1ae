"""What a run's network predicts for new rows, prepared as its training set was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.data.dataset import DataError
from engine.data.plain import read_numbers
from engine.nn.arrays import Array
from engine.nn.losses import SoftmaxCrossEntropy
from engine.nn.network import Network, multilayer_perceptron
from engine.protocol.text import printable
from engine.runs.build import build_trainer
from engine.runs.data_record import DataRecord, read_data_record
from engine.runs.description import SourceError
from engine.runs.rebuild import description_again, read_run
from engine.runs.run import Run
from engine.runs.weights import LAST_WEIGHTS, load_weights


@dataclass
class Prediction:
    """Probabilities of each class, and what is to be said of the rows.

    Attributes
    ----------
    rows : list of str
        What each row is called: its id, or its number.
    row_term : str
        What the rows are called by: the name of the id column, or ``row``.
    class_names : list of str
    probabilities : array, shape (samples, classes)
    remarks : list of str
    """

    rows: list[str]
    row_term: str
    class_names: list[str]
    probabilities: Array
    remarks: list[str]

    def table(self) -> Iterator[list[str]]:
        """Yield the header, and then each row: its id or number, its class, the probabilities."""
        yield [self.row_term, "predicted", *(f"probability_{name}" for name in self.class_names)]
        chosen = self.probabilities.argmax(axis=1).tolist()
        every = zip(self.rows, chosen, self.probabilities.tolist(), strict=True)
        for row, k, values in every:
            yield [row, self.class_names[k], *map(repr, values)]


def predict(run: Run, file: Path, weights: str = "") -> Prediction:
    """Predict the classes of new rows.

    Parameters
    ----------
    run : Run
    file : Path
        With the columns of the training set; plain columns of numbers, if that was not read from a
        file.
    weights : str
        An NPZ file with weights, if not the run's last ones.

    Raises
    ------
    SourceError
        With one line that says what is wrong, and what to do.
    """
    record = read_data_record(run)
    path = _weights_of(run, weights)
    network = _network(run, record)
    load_weights(network, path)
    try:
        if record.reading is not None:
            X, remarks, ids = record.reading.features_of(file)
        else:
            X, remarks, ids = read_numbers(file, record.features), [], []
    except DataError as error:
        raise SourceError(str(error)) from None
    probabilities = network.predict(X)
    names = [printable(name) for name in record.class_names]
    names += [str(k) for k in range(len(names), probabilities.shape[1])]
    rows = [printable(text) for text in ids] or [str(k) for k in range(1, len(X) + 1)]
    term = record.reading.id if record.reading and ids else "row"
    return Prediction(rows, term, names, probabilities, remarks)


def _weights_of(run: Run, weights: str) -> Path:
    if weights:
        return Path(weights)
    assert run.directory
    path = run.directory / LAST_WEIGHTS
    if not path.exists():
        raise SourceError(
            f"the run {run.name} has no weights, since it was killed, still trains, or its loss"
            " became NaN: give some with --weights FILE.npz, or train it again"
        )
    return path


def _network(run: Run, record: DataRecord) -> Network:
    """Build the network of a run; without its data, if nntui made it."""
    if run.description.is_python:
        return build_trainer(description_again(run, read_run(run))).network
    description = run.description
    network = multilayer_perceptron(
        record.features,
        description.hidden,
        len(record.class_names),
        np.random.RandomState(0),  # whose weights are replaced
        description.dtype,
    )
    network.activation = SoftmaxCrossEntropy().activation
    return network
