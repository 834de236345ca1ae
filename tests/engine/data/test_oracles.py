"""The same as pandas reads and as scikit-learn prepares."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn.datasets
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from engine.data.files import load
from engine.data.options import ReadingOptions
from engine.debugging.trainer import Trainer
from engine.nn.losses import SoftmaxCrossEntropy
from engine.nn.network import multilayer_perceptron
from engine.nn.optimizers import GradientDescent

FOLDER = Path(sklearn.datasets.__file__).parent / "data"
random = np.random.default_rng(0)


@pytest.fixture
def frame():
    rows = 5000
    frame = pd.DataFrame(random.normal(size=(rows, 4)) * [1, 1e6, 1e-6, 1], columns=list("abcd"))
    frame["e"] = random.integers(-5, 50, rows)
    frame["constant"] = 0.1
    frame.loc[random.random(rows) < 0.1, "b"] = np.nan
    frame["text"] = random.choice(["red", "green", "blue"], rows)
    frame["label"] = random.choice(["x", "y", "z"], rows, p=[0.7, 0.2, 0.1])
    return frame


def prepared(frame):
    numbers = SimpleImputer(strategy="median").fit_transform(frame[[*list("abcde"), "constant"]])
    texts = OneHotEncoder(sparse_output=False).fit_transform(frame[["text"]])
    return StandardScaler().fit_transform(np.hstack([numbers, texts]))


def test_the_matrix_of_pandas_and_the_standardising_of_scikit_learn(tmp_path, frame):
    frame.to_csv(tmp_path / "rows.csv", index=False)
    data = load(tmp_path / "rows.csv")
    plain = pd.read_csv(tmp_path / "rows.csv")
    np.testing.assert_allclose(data.X, prepared(plain), rtol=1e-9, atol=1e-12)
    assert [data.class_names[k] for k in data.y] == plain["label"].tolist()
    figures = data.reading.preparation
    numbers = data.X[:, :5] * figures.deviations[:5] + figures.means[:5]
    filled = plain[list("abcde")].fillna(plain[list("abcde")].median()).to_numpy()
    np.testing.assert_allclose(numbers, filled, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_the_split_has_the_sizes_of_scikit_learn(tmp_path, frame, share):
    frame.to_csv(tmp_path / "rows.csv", index=False)
    data = load(tmp_path / "rows.csv", ReadingOptions(validation=str(share)), seed=1)
    training, apart = train_test_split(frame["label"], test_size=share, stratify=frame["label"])
    assert (data.samples, data.validation.samples) == (len(training), len(apart))
    for ours, theirs in [(data.reading.counts, training), (data.reading.validation_counts, apart)]:
        # where a sample may go to either of two classes, both draw
        np.testing.assert_allclose(ours, theirs.value_counts().sort_index(), atol=1)


def test_a_frame_with_its_index_in_any_dialect(tmp_path, frame):
    expected = prepared(frame)
    for separator, decimal, encoding in [(";", ",", "utf-16"), ("\t", ".", "cp1252")]:
        frame.to_csv(tmp_path / "rows.csv", sep=separator, decimal=decimal, encoding=encoding)
        data = load(tmp_path / "rows.csv")
        np.testing.assert_allclose(data.X, expected, rtol=1e-9, atol=1e-9)
        assert "left out: unnamed index" in data.note


def test_huge_values_overflow_nowhere(tmp_path):
    frame = pd.DataFrame({"a": random.normal(size=100) * 1e307, "label": [0, 1] * 50})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    X = load(tmp_path / "rows.csv").X
    np.testing.assert_allclose(X[:, 0], StandardScaler().fit_transform(frame[["a"]] / 1e300)[:, 0])


@pytest.mark.parametrize(
    ("file", "summary", "epochs"),
    [
        ("iris.csv", "4 features standardised, label: column 5 (3 classes)", 300),
        ("wine_data.csv", "13 features standardised, label: column 14 (3 classes)", 200),
        ("breast_cancer.csv", "30 features standardised, label: column 31 (2 classes)", 200),
        ("digits.csv.gz", "64 features standardised, label: column 65 (10 classes)", 200),
    ],
)
def test_real_sets_train_as_well_as_with_scikit_learn(file, summary, epochs):
    data = load(FOLDER / file, ReadingOptions(validation="0.3"), seed=1)
    samples = f"{data.samples:,} samples + {data.validation.samples:,} for validation"
    assert data.note == f"{samples}, {summary}"
    theirs = MLPClassifier((64,), random_state=0, max_iter=2000).fit(data.X, data.y)
    network = multilayer_perceptron(
        data.features, (64,), data.classes, np.random.RandomState(0), "float64"
    )
    trainer = Trainer(network, SoftmaxCrossEntropy(), GradientDescent(1.0), data, epochs=epochs)
    trainer.run()
    ours = (network.predict(data.validation.X).argmax(1) == data.validation.y).mean()
    assert ours > theirs.score(data.validation.X, data.validation.y) - 0.03


def test_the_names_of_classes_of_scikit_learns_files():
    assert load(FOLDER / "breast_cancer.csv").class_names == ["malignant", "benign"]
    for name in ("linnerud_exercise.csv", "linnerud_physiological.csv"):
        data = load(FOLDER / name, ReadingOptions(classes_from_numbers=True))
        assert data.X.shape == (20, 2)
