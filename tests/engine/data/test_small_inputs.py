"""Small tables and arrays, each of a kind that people have, and what is understood of them."""

import numpy as np
import pytest

from engine import DataError
from engine.data.files import load


def test_a_constant_column_becomes_zero(read):
    rows = "".join(f"0.1,{i},{'ab'[i % 2]}\n" for i in range(10))
    data = read("temperature,x,label\n" + rows)
    assert data.X[:, 0].tolist() == [0] * 10
    assert data.X[:, 1].std() == pytest.approx(1)


def test_a_header_of_numbers(read):
    data = read("0,1,target\n1.0,2.0,0\n2.0,1.0,1\n3.0,5.0,0\n4.0,2.5,1\n")
    assert data.note == "4 samples, 2 features standardised, label: target (2 classes)"
    assert data.class_names == ["0", "1"]


def test_an_unnamed_index_is_left_out(read):
    data = read(",a,label\n0,1.0,x\n1,2.0,x\n2,1.5,y\n3,1.2,y\n")
    assert data.note == (
        "4 samples, 1 feature standardised, label: label (2 classes), left out: unnamed index"
    )


def test_a_continuous_label_is_refused_unless_asked_for(read):
    rows = "rooms,area,price\n3,70.5,210.5\n4,90.1,305.25\n2,50.2,150.75\n5,120,410.9\n"
    with pytest.raises(DataError, match=r"'price' .* looks continuous.*--classes-from-numbers"):
        read(rows)
    data = read(rows, classes_from_numbers=True)
    assert data.class_names == ["150.75", "210.5", "305.25", "410.9"]


def test_one_hot_columns_at_the_end_are_the_label(read):
    data = read("a,b,c0,c1,c2\n1,2,1,0,0\n2,3,0,1,0\n3,1,0,0,1\n4,2,1,0,0\n")
    assert data.note.endswith("2 features standardised, label: c0, c1, c2 (one-hot, 3 classes)")
    assert data.y.tolist() == [0, 1, 2, 0]
    assert data.class_names == ["c0", "c1", "c2"]


def test_a_label_in_the_first_column(read):
    data = read("label,p0,p1\n3,0,0\n5,12,0\n3,7,0\n5,1,0\n")
    assert "label: label (2 classes)" in data.note
    assert data.class_names == ["3", "5"]
    assert data.X.shape == (4, 2)


def test_the_label_that_was_taken_is_named_and_how_to_choose_another(read):
    with pytest.raises(DataError, match=r"label 'p1' \(the last column\); name another .*--label"):
        read("digit,p0,p1\n3,0,0\n5,12,0\n3,7,0\n5,1,0\n")


def test_semicolons(read):
    data = read("a;b;label\n1;2;x\n2;3;y\n")
    assert (data.X.shape, data.class_names) == ((2, 2), ["x", "y"])


@pytest.mark.parametrize(
    "rows",
    ["a,b,label,\n1,2,x,\n2,3,y,\n", "a,b,label\n1,2,x,\n2,3,y,\n", "a,b,label,\n1,2,x\n2,3,y\n"],
    ids=["both", "rows", "header"],
)
def test_separators_at_the_ends_of_lines(read, rows):
    data = read(rows)
    assert (data.X.shape, data.class_names) == ((2, 2), ["x", "y"])


def test_a_blank_line_of_spaces(read):
    assert read("a,b,label\n1,2,x\n2,3,y\n   \n").samples == 2


def test_latin_1_is_read_and_said(read):
    data = read("a,b,label\n1,2,Mädf\n2,3,Bär\n", encoding="latin-1")
    assert data.class_names == ["Bär", "Mädf"]
    assert data.note.endswith("read as Latin-1")


def test_counts_and_names_of_classes_in_the_first_line(read):
    data = read("150,4,setosa,versicolor\n5.1,3.5,1.4,0.2,0\n4.9,3.0,1.4,0.2,1\n")
    assert data.class_names == ["setosa", "versicolor"]
    assert data.X.shape == (2, 4)


X = np.array([[1.0, 2], [2, 3], [3, 5], [5, 8]])
Y = np.array([0, 1, 0, 1])


@pytest.mark.parametrize(
    "names", [("x", "y"), ("data", "target"), ("arr_0", "arr_1"), ("Images", "Labels")], ids=str
)
def test_arrays_by_their_usual_names(tmp_path, names):
    np.savez(tmp_path / "rows.npz", **dict(zip(names, (X, Y), strict=True)))
    data = load(tmp_path / "rows.npz")
    assert data.note == f"4 samples, 2 features standardised, label: {names[1]} (2 classes)"
    np.testing.assert_allclose(data.X, (X - X.mean(0)) / X.std(0))


def test_arrays_named_as_keras_does(tmp_path):
    np.savez(tmp_path / "rows.npz", x_train=X, y_train=Y, x_test=X[:3], y_test=Y[:3])
    data = load(tmp_path / "rows.npz")
    assert data.note.startswith("4 samples + 3 for validation, 2 features")
    np.testing.assert_allclose(data.validation.X, ((X - X.mean(0)) / X.std(0))[:3])


def test_pickled_labels_are_refused_by_name(tmp_path):
    np.savez(tmp_path / "rows.npz", X=X, y=np.array(["a", "b", "a", "b"], dtype=object))
    with pytest.raises(DataError, match=r"y is pickled \(dtype object\): save it as numbers"):
        load(tmp_path / "rows.npz")
