"""What a large table costs, beside pandas alone on the same machine at the same time."""

import statistics
import time

import numpy as np
import pandas as pd
import pytest

from engine.data.files import load
from engine.data.tables.matrix import STEP
from engine.data.tables.table import Numbers

COLUMNS = 20


def seconds(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


@pytest.mark.endurance
@pytest.mark.parametrize("classes", [[0, 1, 2], ["red", "green", "blue"]])
def test_a_table_is_read_in_at_most_twice_the_time_of_pandas(tmp_path, classes):
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(1_000_000, COLUMNS)))
    frame["label"] = random.choice(classes, len(frame))
    path = tmp_path / "rows.csv"
    frame.to_csv(path, index=False, float_format="%.6g")
    load(path)
    turns = [(seconds(lambda: pd.read_csv(path)), seconds(lambda: load(path))) for _ in range(5)]
    assert statistics.median(ours / theirs for theirs, ours in turns) <= 2


@pytest.mark.parametrize("missing", [0, 0.01])
def test_rows_of_many_blocks_are_those_of_pandas(tmp_path, monkeypatch, missing):
    """Whole numbers and fractions, of which the blocks do not end where those written do."""
    monkeypatch.setattr("engine.data.tables.frame.BLOCK", 1000)
    monkeypatch.setattr("engine.data.tables.text.CHUNK", 5000)
    random = np.random.default_rng(1)
    frame = pd.DataFrame({"a": random.normal(size=2 * STEP + 3), "b": 1})
    frame["b"] = random.integers(0, 9, len(frame))
    frame["colour"] = random.choice(["red", "green"], len(frame))
    frame.loc[random.random(len(frame)) < missing, "b"] = np.nan
    frame["label"] = random.integers(0, 3, len(frame))
    frame.to_csv(tmp_path / "rows.csv", index=False)
    data = load(tmp_path / "rows.csv")
    figures = data.reading.preparation
    X = data.X * figures.deviations + figures.means
    b = frame["b"].fillna(frame["b"].median())
    np.testing.assert_allclose(X[:, 0], frame["a"], atol=1e-12)
    np.testing.assert_allclose(X[:, 1], b, atol=1e-12)
    np.testing.assert_allclose(X[:, 2], frame["colour"] == "green", atol=1e-12)
    assert (data.y == frame["label"]).all()


def test_rows_between_two_are_found_in_the_parts_of_a_column():
    whole = np.arange(10)
    numbers = Numbers([whole[:0], whole[:3], whole[3:4], whole[4:4], whole[4:]])
    for first in range(10):
        for last in range(first + 1, 12):
            assert numbers.between(first, last).tolist() == whole[first:last].tolist()
