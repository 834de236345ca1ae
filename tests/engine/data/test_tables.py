"""Tables in the many ways in which they are written."""

import gzip
import io
import os
import random
import threading
import zipfile

import numpy as np
import pytest

from engine.data.files import load

ROWS = [(1.5, 2, "x"), (2.25, 3, "y"), (-3.0, 4, "x"), (4e3, 5, "y")]
X = np.array([row[:2] for row in ROWS], float)
STANDARD = (X - X.mean(0)) / X.std(0)


def text(separator=",", header=True, decimal=".", end="\n", last=""):
    lines = [["a", "b", "kind"]] if header else []
    lines += [[str(cell).replace(".", decimal) for cell in row] for row in ROWS]
    return "".join(separator.join(line) + last + end for line in lines)


def check(data):
    np.testing.assert_allclose(data.X, STANDARD)
    assert data.class_names == ["x", "y"]
    assert data.y.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", " ", "   ", ", ", " ; "], ids=repr)
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=repr)
def test_separators_and_ends_of_lines(read, separator, header, end):
    check(read(text(separator, header, end=end)))


@pytest.mark.parametrize("separator", [";", "\t", "|", " "], ids=repr)
def test_decimal_commas(read, separator):
    check(read(text(separator, decimal=",")))


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"]
)
def test_encodings(read, encoding):
    data = read(text().replace("kind", "größe"), encoding=encoding)
    check(data)
    assert "label: größe" in data.note
    assert ("read as" in data.note) == (encoding == "latin-1")


def test_a_letter_of_windows_1252_far_down(read):
    rows = text() * 20_000
    data = read(
        rows.replace("a,b,kind\n", "") + "1,2,na\u00efve \u2018x\u2019\n", encoding="cp1252"
    )
    assert data.class_names == ["na\u00efve \u2018x\u2019", "x", "y"]
    assert data.note.endswith("read as Windows-1252")


@pytest.mark.parametrize("name", ["rows.csv.gz", "rows.zip", "rows.data", "rows.txt", "rows.tsv"])
def test_compression_is_known_by_the_content(write, name):
    content = text().encode()
    if name.endswith(".gz"):
        content = gzip.compress(content)
    if name.endswith(".zip"):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("folder/rows.csv", content)
        content = buffer.getvalue()
    check(load(write(content, name)))


def test_a_pipe_is_read_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_text(text()))
    writer.start()
    check(load(tmp_path / "pipe"))
    writer.join()


def test_comments_anywhere(read):
    lines = text().splitlines()
    check(read("\n".join(["# made by me, at home", "%", *lines[:2], "# 9,9,z", *lines[2:], "#"])))


def test_a_header_in_a_comment_as_numpy_writes_it(tmp_path):
    table = np.column_stack([X, [0, 1, 0, 1]])
    for delimiter in " ", ",":
        np.savetxt(
            tmp_path / "a.txt", table, delimiter=delimiter, header=f"a{delimiter}b{delimiter}y"
        )
        data = load(tmp_path / "a.txt")
        np.testing.assert_allclose(data.X, STANDARD)
        assert "label: y (2 classes)" in data.note
        np.savetxt(tmp_path / "a.txt", table, delimiter=delimiter)
        np.testing.assert_allclose(load(tmp_path / "a.txt").X, STANDARD)


def test_a_text_that_begins_like_a_comment_is_none(read):
    data = read("colour,n,label\n" + "#fff,1,x\n#000,2,y\nred,3,x\nred,5,x\n#fff,4,y\n" * 3)
    assert data.samples == 15


def test_a_comment_far_down_and_in_quotes(read):
    rows = "".join(f'{i % 7},"line\n# no comment",{i % 2}\n' for i in range(40_000))
    data = read(f"n,t,label\n{rows}# the end\n")
    assert data.samples == 40_000


def test_quotes_with_separators_and_ends_of_lines(read):
    data = read('a,t,label\n1,"x, ""y""\nz",p\n2,"u",q\n3,u,p\n')
    assert data.reading.columns[1].categories == ["u", 'x, "y" z']


def test_thousands(read):
    german = read("a;b;label\n1.234,5;2;x\n2.345,25;3;y\n12;4;x\n")
    english = read('a,b,label\n"1,234.5",2,x\n"2,345.25",3,y\n12,4,x\n')
    plain = read("a,b,label\n1234.5,2,x\n2345.25,3,y\n12,4,x\n")
    np.testing.assert_allclose(german.X, plain.X)
    np.testing.assert_allclose(english.X, plain.X)


@pytest.mark.parametrize("header", ["0,1,2,3", ",0,1,2", "x0,x1,x2,label", "1990,1991,1992,kind"])
def test_headers(read, header):
    rows = "".join(f"{i * 7 % 10}.5,{i * 3 % 10}.25,1.5,{'ab'[i % 2]}\n" for i in range(12))
    data = read(f"{header}\n{rows}")
    assert data.samples == 12
    assert data.reading.header


@pytest.mark.parametrize("first", ["5,3.5,setosa", "0,1,virginica", "-1,?,setosa"])
def test_a_first_row_that_is_no_header(read, first):
    data = read(f"{first}\n5.5,3,setosa\n4.5,2.5,virginica\n4,2.25,setosa\n")
    assert data.samples == 4


def test_all_text_with_and_without_a_header(read):
    pick = random.Random(0).choice
    rows = "".join(f"{pick('pe')},{pick('xbs')},{pick('tf')}\n" for _ in range(60))
    assert read(rows).samples == 60
    assert read("class,shape,bruises\n" + rows).samples == 60


def test_names_of_rows_as_r_writes_them(read):
    data = read('"mpg" "cyl" "am"\n' + "".join(f'"Car {i}" {i % 7} 4 {i % 2}\n' for i in range(9)))
    assert (
        data.note
        == "9 samples, 2 features standardised, label: am (2 classes), left out: row names"
    )


def test_blanks_a_tab_and_quotes_as_in_auto_mpg(read):
    row = '{}.0   {}   {}.5      {}.      1\t"chevrolet {}"\n'
    text = "".join(row.format(i % 9, 4 + i % 2, i * 7 % 11, i, "ab"[i % 2]) for i in range(30))
    data = read(text.replace(" 4   7", " ?   7"))
    assert data.reading.format["separator"] == "blanks"
    assert data.class_names == ["chevrolet a", "chevrolet b"]


def test_prose_in_a_table_of_tabs(read):
    data = read("".join(f"{i % 3}\tWell, you {i % 4}, are u free?\t{i % 2}\n" for i in range(20)))
    assert data.reading.format["separator"] == "tabs"


def test_empty_rows_as_excel_leaves_them(read):
    check(read(text() + ",,\n,,\n"))
