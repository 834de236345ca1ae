"""Which columns are features, which the label, and which are left out."""

import numpy as np
import pytest

from engine import DataError

PEOPLE = "PassengerId,Survived,Name,Sex,Age,Joined,Ticket,Alive\n" + "".join(
    f'{i},{i % 2},"Mr. {i}, A.",{"male" if i % 3 else "female"},{i * 7 % 50 if i % 5 else ""},'
    f"2020-01-{i % 28 + 1:02},PC {i},{'yes' if i % 2 else 'no'}\n"
    for i in range(1, 41)
)


def uses(data):
    return {column.name: (column.kind, column.use) for column in data.reading.columns}


def test_a_table_of_people(read):
    data = read(PEOPLE, label="Survived", drop=("Alive",))
    assert data.note == (
        "40 samples, 3 features standardised, label: Survived (2 classes), "
        "left out: PassengerId, Name and 3 more, 8 missing values filled with medians"
    )
    assert uses(data) == {
        "PassengerId": ("id", "left out"),
        "Survived": ("number", "label"),
        "Name": ("free text", "left out"),
        "Sex": ("text", "feature"),
        "Age": ("number", "feature"),
        "Joined": ("date", "left out"),
        "Ticket": ("free text", "left out"),
        "Alive": ("true or false", "left out"),
    }


def test_truth_is_0_and_1(read):
    data = read(PEOPLE, label="Survived", features=("Alive",))
    assert np.sign(data.X[:, 0]).tolist() == [1 if i % 2 else -1 for i in range(1, 41)]


def test_columns_by_number_and_in_any_case(read):
    by_number = read(PEOPLE, label="2", features=("4", "5"))
    by_name = read(PEOPLE, label="survived", features=("sex", "age"))
    np.testing.assert_array_equal(by_number.X, by_name.X)


def test_missing_values_by_every_name(read):
    names = ["", "NA", "N/A", "?", "nan", "NaN", "null", "NULL", "-", "None", "#N/A"]
    rows = "".join(f"{name},{i},{i % 2}\n" for i, name in enumerate(names))
    data = read(f"a,b,label\n1,20,0\n4,1,1\n3,5,0\n{rows}")
    assert "11 missing values filled with medians" in data.note
    assert data.reading.columns[0].missing == 11
    assert data.reading.preparation.medians[0] == 3


def test_missing_text_is_a_category(read):
    data = read("c,n,label\nred,1,x\n,2,y\nblue,4,x\nred,3,y\n")
    assert data.reading.columns[0].categories == ["blue", "red", ""]
    assert "missing text a category of its own: c" in data.note


def test_rows_with_missing_values_may_be_dropped_or_refused(read):
    rows = "a,b,label\n1,2,x\n,3,y\n3,1,\n5,6,y\n"
    data = read(rows, missing="drop")
    assert data.note.startswith("2 samples")
    assert "2 rows with missing values left out" in data.note
    with pytest.raises(DataError, match="column 'a' is missing in line 3"):
        read(rows.replace(",\n", ",y\n"), missing="refuse")


@pytest.mark.parametrize("name", ["id", "uuid", "Customer ID", "customerId", "index", "row.names"])
def test_what_is_named_an_id_and_differs_in_each_row(read, name):
    rows = "".join(f"{i * 37 % 101},{i % 4},{i % 2}\n" for i in range(12))
    assert f"left out: {name}" in read(f"{name},a,label\n{rows}").note
    assert "left out" not in read(f"{name},a,label\n{rows}{rows}").note


def test_numbers_that_count_up_are_a_feature_where_there_is_no_other(read):
    rows = "".join(f"{i},{i % 2}\n" for i in range(30))
    assert read(f"x,label\n{rows}").features == 1


def test_an_id_is_no_feature_even_if_it_is_alone(read):
    with pytest.raises(DataError, match=r"no column is left to learn from .*: id \(id\)"):
        read("id,label\n" + "".join(f"{i},{i % 2}\n" for i in range(30)))


def test_an_index_of_floats(read):
    data = read(",a,label\n" + "".join(f"{i}.0,{i % 7},{i % 2}\n" for i in range(9)))
    assert data.note.endswith("left out: unnamed index")


def test_a_column_named_label_goes_before_the_last_one(read):
    rows = "".join(f"{i % 3},{i % 2},{i % 5}\n" for i in range(12))
    assert "label: Class (2" in read(f"a,Class,b\n{rows}").note
    assert "label: target (5" in read(f"y,label,target\n{rows}", label="target").note
    assert "label: b (5" in read(f"target,label,b\n{rows}").note
    assert "label: label (2" in read(f"x,label,y\n{rows}").note


def test_the_complement_of_a_label_is_no_one_hot_column(read):
    rows = "".join(f"{i % 5},{i % 2},{1 - i % 2}\n" for i in range(12))
    assert "label: label (2 classes)" in read(f"a,b,label\n{rows}").note
    assert "label: b, c (one-hot, 2 classes)" in read(f"a,b,c\n{rows}").note


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"label": "Survivd"}, "no column 'Survivd'; the columns are Survived, PassengerId"),
        ({"label": "9"}, "no column '9'"),
        ({"drop": ("agee",)}, "--drop: there is no column 'agee'; the columns are Age"),
        ({"label": "Sex", "features": ("Name",)}, "'Name' cannot be a feature: it has 40 diff"),
        ({"label": "Sex", "features": ("Joined",)}, "cannot be a feature: it holds dates"),
        ({"label": "Sex", "features": ("Sex",)}, "cannot be a feature: it is the label"),
        ({"label": "Name"}, "nearly as many classes as samples"),
        ({"label": "Age"}, "is missing in lines 6, 11, 16 and 5 more"),
        ({"label": "Sex", "features": ("Age",), "drop": ("Age",)}, "no column is left of"),
    ],
    ids=str,
)
def test_wrong_options_get_one_line(read, options, says):
    with pytest.raises(DataError) as caught:
        read(PEOPLE, **options)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_whole_numbers_of_more_than_a_hundred_kinds_look_continuous(read):
    rows = "".join(f"{i % 7},{i % 101}\n" for i in range(500))
    with pytest.raises(DataError, match="looks continuous"):
        read(rows)
    assert read(rows, classes_from_numbers=True).classes == 101
    assert read("".join(f"{i % 7},{i % 100}\n" for i in range(500))).classes == 100
