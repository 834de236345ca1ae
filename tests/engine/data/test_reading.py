"""What is kept of a file: its description, and how new rows are read in the same way."""

import msgspec
import numpy as np
import pytest

from engine import DataError
from engine.data.files import load
from engine.data.options import ReadingOptions
from engine.data.reading import Reading

ROWS = "id;size;colour;alive;kind\n" + "".join(
    f"{i};{i * 7 % 11},5;{['red', 'green', ''][i % 3]};{['yes', 'no'][i % 2]};{'ab'[i % 4 // 2]}\n"
    for i in range(1, 25)
)


def test_it_goes_through_json(read):
    reading = read(ROWS, validation="0.25").reading
    assert msgspec.json.decode(msgspec.json.encode(reading), type=Reading) == reading


def test_the_training_set_comes_out_as_it_is_when_it_is_read_anew(write):
    path = write(ROWS)
    data = load(path)
    X, remarks, _ = data.reading.features_of(path)
    np.testing.assert_array_equal(X, data.X)
    assert remarks == []


def test_new_rows_in_another_order_without_a_label(read, write):
    data = read(ROWS)
    path = write("colour;more;alive;size\nred;1;yes;7,5\ngreen;2;no;3,5\n;3;no;10,5\n", "new.csv")
    X, remarks, _ = data.reading.features_of(path)
    size = (np.array([7.5, 3.5, 10.5]) - data.reading.preparation.means[0]) / (
        data.reading.preparation.deviations[0]
    )
    np.testing.assert_allclose(X[:, 0], size)
    assert np.sign(X[:, 1:4]).tolist() == [[-1, 1, -1], [1, -1, -1], [-1, -1, 1]]
    assert remarks == []


def test_categories_that_are_written_as_numbers_stay_text(read, write):
    rows = [(k % 7 + 0.5, ("01", "02", "x")[k % 3], "ab"[k % 2]) for k in range(30)]
    data = read("size,room,label\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows))
    X, remarks, _ = data.reading.features_of(write("size,room\n1,01\n1,02\n", "new.csv"))
    assert remarks == []
    assert np.sign(X[:, 1:]).tolist() == [[1, -1, -1], [-1, 1, -1]]


def test_remarks_on_what_is_new_and_missing(read, write):
    reading = read(ROWS).reading
    path = write("size;colour;alive\n1,5;pink;no\n;red;yes\n2;red;\n", "new.csv")
    X, remarks, _ = reading.features_of(path)
    assert np.isfinite(X).all()
    assert remarks == [
        "row 1: colour 'pink' is new, taken as none",
        "row 2: size is missing, taken as the training set's median",
        "row 3: alive is missing, taken as the training set's median",
    ]
    path = write("size;colour;alive\n" + "1;pink;no\n" * 50, "new.csv")
    assert reading.features_of(path)[1][-1] == "and 40 more like these"


@pytest.mark.parametrize("row", ["7.5,3,a", "7.5,3"])
def test_a_single_new_row_without_a_header(read, write, row):
    rows = "".join(f"{i * 7 % 11}.5,{i % 4},{'ab'[i % 2]}\n" for i in range(12))
    data = read(rows)
    X, _, _ = data.reading.features_of(write(row, "new.csv"))
    figures = data.reading.preparation
    np.testing.assert_allclose(X * figures.deviations + figures.means, [[7.5, 3]])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("size;colour\n1;red\n", "no column alive"),
        (
            "size;colour;alive\n1;red;maybe\n",
            "column 'alive': 'maybe' is not true or false",
        ),
        ("size;colour;alive\nx;red;yes\n", "line 2, column 'size': 'x' is not a number"),
        ("size;colour;alive\n", "no rows"),
    ],
)
def test_new_rows_that_cannot_be_read(read, write, text, says):
    reading = read(ROWS).reading
    with pytest.raises(DataError) as caught:
        reading.features_of(write(text, "new.csv"))
    assert says in str(caught.value)
    assert "new.csv" in str(caught.value)


def test_figures_are_those_of_the_training_part_alone(read):
    rows = "a,c,label\n" + "".join(f"{i if i % 3 else ''},c{i % 7},{i % 2}\n" for i in range(60))
    data = read(rows, validation="0.3", seed=4)
    kept = read(rows, seed=4)
    assert (data.samples, data.validation.samples) == (42, 18)
    assert data.note.startswith("42 samples + 18 for validation, 8 features standardised")
    np.testing.assert_allclose(data.X.mean(0), 0, atol=1e-12)
    figures = data.reading.preparation
    assert figures.medians != kept.reading.preparation.medians
    whole = np.vstack([data.X, data.validation.X]) * figures.deviations + figures.means
    again = kept.X * kept.reading.preparation.deviations + kept.reading.preparation.means
    assert sorted(whole[:, 1].round(9)) == sorted(again[:, 1].round(9))


def test_a_category_that_the_training_part_has_not(write):
    train = write("c,n,label\nred,1,x\nblue,2,y\nred,4,y\n")
    test = write("n,label,c\n1,y,pink\n2,x,red\n", "test.csv")
    data = load(train, ReadingOptions(validation=str(test)))
    assert np.sign(data.validation.X[:, :2]).tolist() == [[-1, -1], [-1, 1]]
    assert data.validation.y.tolist() == [1, 0]
    assert "1 value of test.csv missing or new" in data.note


def test_a_second_file_with_counts_and_names_of_classes(write):
    rows = "4,2,cat,dog\n1,2.5,0\n2,3.5,1\n3,7,0\n2,1,1\n"
    data = load(write(rows), ReadingOptions(validation=str(write(rows, "test.csv"))))
    assert data.validation.y.tolist() == data.y.tolist() == [0, 1, 0, 1]
    assert list(data.validation.class_names) == ["cat", "dog"]


def test_a_second_file_may_hold_a_single_class(write):
    train = write("n,label\n1,x\n2,y\n4,y\n")
    test = write("n,label\n1,y\n", "test.csv")
    assert load(train, ReadingOptions(validation=str(test))).validation.y.tolist() == [1]


def test_a_second_file_of_one_hot_labels(write):
    rows = "n,a,b\n1,1,0\n2,0,1\n4,0,1\n"
    data = load(write(rows), ReadingOptions(validation=str(write(rows, "test.csv"))))
    np.testing.assert_array_equal(data.validation.X, data.X)
    assert data.validation.y.tolist() == data.y.tolist()


def test_the_description(read):
    text = read(ROWS, validation="0.25").reading.describe()
    assert (
        text
        == """\
file           rows.csv
separator      semicolons
encoding       UTF-8
header         yes
decimal point  a comma
samples        18
validation     6

label: kind (the last column)
  a  9 samples  + 3 for validation
  b  9 samples  + 3 for validation

5 features, standardised
  column  kind           use       missing     mean  deviation
  id      id             left out        –        –          –  a different value in each row
  size    number         feature         –  5.38889    2.96065
  colour  text           feature         8        –          –  one-hot: green, red, (missing)
  alive   true or false  feature         –      0.5        0.5
  kind    text           label           –        –          –

note: missing text a category of its own: colour""".splitlines()
    )
