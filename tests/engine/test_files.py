"""A person's own data, and what is wrong with them."""

import numpy as np
import pytest

from engine import DataError
from engine.data.files import load

GOOD = "width,height,kind\n1,10,cat\n2,20,dog\n3,60,cat\n"


def write(tmp_path, text, name="rows.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_csv_with_a_header_and_text_labels(tmp_path):
    data = load(write(tmp_path, GOOD))
    assert data.class_names == ["cat", "dog"]
    assert data.y.tolist() == [0, 1, 0]
    np.testing.assert_allclose(data.X.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(data.X.std(0), 1)
    assert data.note == "features standardised"


def test_number_labels_sort_as_numbers(tmp_path):
    assert load(write(tmp_path, "1,10\n2,9\n3,2\n")).class_names == ["2", "9", "10"]


def test_a_constant_column_is_zero(tmp_path):
    assert load(write(tmp_path, "5,1,a\n5,2,b\n")).X[:, 0].tolist() == [0, 0]


def test_npz(tmp_path):
    path = tmp_path / "rows.npz"
    np.savez(path, X=np.arange(8.0).reshape(4, 2), y=np.array(["a", "b", "a", "b"]))
    data = load(path)
    assert (data.samples, data.features, list(data.class_names)) == (4, 2, ["a", "b"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no rows"),
        ("a,b,c\n", "no rows"),
        ("1\n2\n", "at least one feature"),
        ("1,2,a\n1,b\n", "line 2 has 2 columns"),
        ("1,2,a\n1,x,b\n", "line 2, column 2: 'x' is not a number"),
        ("1,2,a\n1,nan,b\n", "line 2, column 2: 'nan' is not a finite number"),
        ("1,2,a\n1,,b\n", "line 2, column 2: '' is not a number"),
        ("1,2,a\n3,4,a\n", "same label"),
        ("1,2,a\n3,4,\n", "no label"),
        (b"\xff\xfe\x00\x01,1\n", "not a CSV file"),
    ],
)
def test_bad_csv_gets_one_line(tmp_path, text, says):
    with pytest.raises(DataError, match=says) as caught:
        load(write(tmp_path, text))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"X": np.ones((2, 2))}, "must hold the arrays X and y"),
        ({"X": np.ones((2, 2)), "y": np.array([0, 0])}, "same label"),
        ({"X": np.array([[np.nan], [1]]), "y": np.array([0, 1])}, "not a number"),
        ({"X": np.array([["a"], ["b"]]), "y": np.array([0, 1])}, "must be numbers"),
        ({"X": np.ones((2, 2)), "y": np.array([0.0, np.nan])}, "not finite"),
        ({"X": np.array([{}, {}]), "y": np.array([0, 1])}, "plain arrays"),
    ],
)
def test_bad_npz_gets_one_line(tmp_path, arrays, says):
    path = tmp_path / "rows.npz"
    np.savez(path, **arrays)
    with pytest.raises(DataError, match=says):
        load(path)


def test_files_that_are_not_what_they_say(tmp_path):
    for name in ("rows.npz", "empty.npz"):
        with pytest.raises(DataError, match="NPZ file"):
            load(write(tmp_path, b"nothing" if "rows" in name else b"", name))
