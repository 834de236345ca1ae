"""Arrays of NumPy as people save them."""

import subprocess
import sys

import numpy as np
import pytest

from engine.data.files import load
from engine.data.options import ReadingOptions

X = np.random.default_rng(0).normal(size=(12, 3))
Y = np.arange(12) % 3
STANDARD = (X - X.mean(0)) / X.std(0)


@pytest.mark.parametrize(
    "y",
    [
        Y,
        Y.astype(float),
        Y[:, None],
        np.eye(3)[Y],
        np.eye(3, dtype=bool)[Y],
        np.array(["0", "1", "2"])[Y],
        np.array([b"0", b"1", b"2"])[Y],
    ],
    ids=lambda y: f"{y.dtype}{y.shape}",
)
def test_labels_in_every_form(tmp_path, y):
    np.savez(tmp_path / "rows.npz", X=X, y=y)
    data = load(tmp_path / "rows.npz")
    assert data.class_names == ["0", "1", "2"]
    assert data.y.tolist() == Y.tolist()
    np.testing.assert_allclose(data.X, STANDARD)


def test_images_are_flattened(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (12, 4, 5, 3), np.uint8)
    np.savez(tmp_path / "rows.npz", train_images=images, train_labels=Y[:, None])
    data = load(tmp_path / "rows.npz")
    assert data.X.shape == (12, 60)
    np.testing.assert_allclose(data.X.std(0), 1)
    assert "train_images, 12 × 4 × 5 × 3 uint8" in "\n".join(data.reading.describe())


def test_float32_stays(tmp_path):
    np.savez(tmp_path / "rows.npz", X=X.astype(np.float32), y=Y)
    assert load(tmp_path / "rows.npz").X.dtype == np.float32


def test_missing_values_are_filled(tmp_path):
    holes = X.copy()
    holes[3, 1] = holes[5, 1] = np.nan
    np.savez(tmp_path / "rows.npz", X=holes, y=Y)
    data = load(tmp_path / "rows.npz")
    assert "2 missing values filled with medians" in data.note
    assert data.reading.preparation.medians[1] == pytest.approx(np.nanmedian(holes[:, 1]))
    assert load(tmp_path / "rows.npz", ReadingOptions(missing="drop")).samples == 10


def test_names_that_come_with_the_data(tmp_path):
    names = ["red", "green", "blue"]
    np.savez(
        tmp_path / "a.npz", data=X, target=Y, target_names=names, feature_names=["l", "w", "h"]
    )
    data = load(tmp_path / "a.npz", ReadingOptions(drop=("w",)))
    assert data.class_names == names
    assert data.note.endswith("2 features standardised, label: target (3 classes), left out: w")


@pytest.mark.parametrize(
    ("features", "labels"),
    [("X", "y"), ("X_train", "y_train"), ("train-images", "train-labels"), ("data", "target")],
)
def test_pairs_of_npy_files(tmp_path, features, labels):
    np.save(tmp_path / f"{features}.npy", X)
    np.save(tmp_path / f"{labels}.npy", Y)
    data = load(tmp_path / f"{features}.npy")
    np.testing.assert_allclose(data.X, STANDARD)
    assert f"label: {labels}.npy (3 classes)" in data.note


def test_the_file_of_labels_may_be_named_and_be_a_column(tmp_path):
    np.save(tmp_path / "a.npy", np.column_stack([X, Y]))
    np.save(tmp_path / "b.npy", Y % 2)
    assert "label: column 4 (3 classes)" in load(tmp_path / "a.npy").note
    for label in ("b.npy", str(tmp_path / "b.npy")):
        assert load(tmp_path / "a.npy", ReadingOptions(label=label)).classes == 2


def test_validation_sets_beside_npy_files(tmp_path):
    for name, rows in ("train", slice(0, 9)), ("test", slice(9, 12)):
        np.save(tmp_path / f"X_{name}.npy", X[rows])
        np.save(tmp_path / f"y_{name}.npy", Y[rows])
    data = load(tmp_path / "X_train.npy")
    assert data.note.startswith("9 samples + 3 for validation")
    assert "X_test.npy" in "\n".join(data.reading.describe())


def test_new_rows(tmp_path):
    np.savez(tmp_path / "rows.npz", X=X, y=Y)
    reading = load(tmp_path / "rows.npz").reading
    np.save(tmp_path / "new.npy", X[:2])
    np.testing.assert_allclose(reading.features_of(tmp_path / "new.npy")[0], STANDARD[:2])
    np.savez(tmp_path / "new.npz", x=np.where(X[:2] > 9, 0, [np.nan, *X[0, 1:]]))
    features, remarks, _ = reading.features_of(tmp_path / "new.npz")
    assert np.isfinite(features).all()
    assert remarks[0] == "row 1: column 1 is missing, taken as the training set's median"


def test_pandas_is_imported_for_tables_alone(tmp_path):
    np.savez(tmp_path / "rows.npz", X=X, y=Y)
    (tmp_path / "rows.csv").write_text("a,label\n1,x\n2,y\n")
    code = (
        "import sys, engine; from pathlib import Path; from engine.data.files import load\n"
        "for name in sys.argv[1:]: load(Path(name)); print('pandas' in sys.modules)"
    )
    files = [str(tmp_path / "rows.npz"), str(tmp_path / "rows.csv")]
    command = [sys.executable, "-c", code, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
