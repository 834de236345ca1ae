"""Files that cannot be read as they stand get one line: the file, the place, and what to do."""

import zipfile

import numpy as np
import pytest

from engine import DataError
from engine.data.files import load
from engine.data.options import ReadingOptions

NUMBERS = "a,b,label\n" + "".join(f"{i * 7 % 31}.5,{i * 3 % 37},{'xy'[i % 2]}\n" for i in range(60))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "there are no rows"),
        ("a,b,c\n", "there are no rows"),
        ("1\n2\n", "at least one feature and a label"),
        ("1,2,a\n1,b\n1,3,a\n", "line 2 has 2 columns, the others have 3"),
        ("# x\n\na,b,c\n1,2,a\n1,2,3,b\n1,3,a\n", "line 5 has 4 columns, the others have 3"),
        ("My data\na,b,c\n1,2,a\n1,3,b\n", "line 1 has 1 column, the lines below it have 3"),
        ("5.1,x,a\n1,2,a\n2,3,b\n3,4,a\n", "line 1 is neither a header nor a row: 'x' in column 2"),
        ("1,2,a\ninf,2,b\n", "line 2, column 1: inf is not a finite number"),
        (NUMBERS.replace("\n", "\ncm,kg,-\n", 1), "line 2, column 'a': 'cm' is not a number"),
        (NUMBERS + "x,2,x\n", "line 62, column 'a': 'x' is not a number, as the others are"),
        (
            "1,2,a\n3,4,a\n",
            "same label (a) in label 'column 3' (the last column)",
        ),
        (
            "a,b,label\n1,2,a\n3,4,\n\n5,6,NA\n",
            "'label' (by its name) is missing in lines 3, 5",
        ),
        ('a,b,c\n1,"2,a\n3,4,b\n', "line 2 opens a quote that is never closed"),
        (b"\x00\x01\x02,1\n", "binary data"),
        (b"\xff\xfe\x00\x01,1\n", "not text in UTF-16"),
        ("<!DOCTYPE html>\n<html>", "a web page"),
        (b"PAR1....", "Parquet"),
        ('[{"a": 1}]', "JSON"),
        ("1 1:0.5 3:1\n0 2:0.25\n1 1:1e-3 2:7\n", "LIBSVM"),
        (b"\x1f\x8b\x08\x00broken", "damaged or not complete"),
    ],
)
def test_tables(write, text, says):
    path = write(text)
    with pytest.raises(DataError) as caught:
        load(path)
    message = str(caught.value)
    assert says in message
    assert "\n" not in message
    assert message.startswith(str(path))


@pytest.mark.parametrize(("row", "says"), [("1,2", "2 columns"), ("1,2,3,4,5", "5 columns")])
def test_a_ragged_line_far_down(read, row, says):
    rows = "1.5,2,0\n2.5,3,1\n" * 50_000
    with pytest.raises(DataError, match=f"line 100002 has {says}, the others have 3"):
        read(f"a,b,label\n{rows}{row}\n")


def test_text_far_down_among_numbers(read):
    rows = "".join(f"{i % 50},{i % 3},{i % 2}\n" for i in range(60_000))
    with pytest.raises(DataError, match=r"line 60002, column 'a': 'oops' is not a number"):
        read(f"a,b,label\n{rows}oops,3,1\n")


def test_files_that_cannot_be_opened(tmp_path):
    with pytest.raises(DataError, match=r"cannot read .*: No such file"):
        load(tmp_path / "none.csv")
    with pytest.raises(DataError, match=r"cannot read .*: Is a directory"):
        load(tmp_path)


def test_archives_of_more_than_one_file(tmp_path):
    for names, says in [
        (["a.csv", "b.csv"], "one file; it holds 2"),
        (["[Content_Types].xml"], "E"),
    ]:
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for name in names:
                archive.writestr(name, "x")
        with pytest.raises(DataError, match=says):
            load(tmp_path / "a.zip")


def test_parquet_without_pyarrow(write):
    with pytest.raises(DataError, match=r"pip install pyarrow|not a Parquet file"):
        load(write("PAR1", "rows.parquet"))
    with pytest.raises(DataError, match="No such file"):
        load(write("", "rows.csv").with_name("none.parquet"))


def test_names_cannot_control_the_terminal(read):
    data = read("a\x1b[31m,b,c\n1,2,x\n2,3,y\n", label="b")
    assert "\x1b" not in "".join([data.note, *data.reading.describe()])
    with pytest.raises(DataError) as caught:
        read("a\x1b[31m,b,c\n1,2,x\n2,3,y\n", label="z")
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("share", ["0", "1", "1.5", "-0.5", "nan"])
def test_shares_of_validation(read, share):
    with pytest.raises(DataError, match="between 0 and 1"):
        read(NUMBERS, validation=share)


def test_a_second_file_with_what_the_training_set_has_not(write):
    path = write(NUMBERS)
    for text, says in [
        ("b,a,label\n1,2,z\n", "second.csv: line 2: class 'z' does not occur in the training set"),
        ("b,label\n1,x\n", "it has no column a; it has b, label"),
        ("a,b\n1,2\n", "no column label with the labels"),
        ("a,b,label\n1,2,\n", "label 'label' is missing in line 2"),
        ("a,b,label\n1,x,y\n", "line 2, column 'b': 'x' is not a number"),
        ("", "there are no rows"),
    ]:
        second = write(text, "second.csv")
        with pytest.raises(DataError) as caught:
            load(path, ReadingOptions(validation=str(second)))
        assert says in str(caught.value)


X = np.arange(8.0).reshape(4, 2)


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"X": np.ones((2, 2))}, "must hold arrays named X and y"),
        ({}, "it holds none"),
        ({"X": X, "y": np.zeros(4)}, "same label"),
        ({"X": X, "y": np.arange(3)}, "X has 4 samples, but y has 3"),
        ({"X": X / 0.5 + [0, np.inf], "y": np.arange(4) % 2}, "X: row 1, column 2 is inf"),
        ({"X": X.astype(str), "y": np.arange(4) % 2}, "features must be numbers"),
        ({"X": X, "y": np.array([0, 1, np.nan, 1])}, "y is missing in rows 3"),
        ({"X": X.astype(object), "y": np.arange(4)}, "X is pickled (dtype object)"),
        ({"X": X, "y": np.array([[1, 0], [1, 1], [0, 1], [1, 0]])}, "row 2 of y names 2 classes"),
        ({"X": X, "y": np.array([[1, 0], [0, 1], [0, 1], [0, 0]])}, "row 4 of y names no class"),
        ({"X": X, "y": X}, "y has the shape (4, 2)"),
        ({"X": X, "y": np.arange(4) / 7}, "looks continuous"),
        ({"X": X + 1j, "y": np.arange(4) % 2}, "X has the dtype complex128"),
        ({"X": np.zeros((0, 2)), "y": np.zeros(0)}, "X has no values"),
        ({"X": X, "y": np.float64(1)}, "y is a single value"),
    ],
)
def test_arrays(tmp_path, arrays, says):
    np.savez(tmp_path / "rows.npz", **arrays)
    with pytest.raises(DataError) as caught:
        load(tmp_path / "rows.npz")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["rows.npz", "rows.npy"])
@pytest.mark.parametrize("content", [b"", b"nothing", b"PK\x03\x04broken", b"\x93NUMPY\x01\x00v"])
def test_arrays_that_are_none(write, name, content):
    with pytest.raises(DataError, match=r"is not an NP|damaged"):
        load(write(content, name))


def test_arrays_with_missing_values_that_are_refused(tmp_path):
    features = np.zeros((9, 2))
    features[2:, 1] = np.nan
    np.savez(tmp_path / "rows.npz", X=features, y=np.arange(9) % 2)
    with pytest.raises(DataError, match=r"X is missing in rows 3, 4, 5 and 4 more \(column 2\)"):
        load(tmp_path / "rows.npz", ReadingOptions(missing="refuse"))
    data = load(tmp_path / "rows.npz", ReadingOptions(missing="drop"))
    assert data.samples == 2
    assert "7 rows with missing values left out" in data.note


def test_arrays_for_validation_with_a_class_that_the_training_set_has_not(tmp_path):
    y = np.array(["a", "b", "a", "b"])
    np.savez(tmp_path / "rows.npz", X_train=X, y_train=y, X_test=X, y_test=np.append(y[:3], "c"))
    says = "row 4 of y_test: class 'c' does not occur in the training set, which has a, b"
    with pytest.raises(DataError, match=says):
        load(tmp_path / "rows.npz")
