"""Tables of every make are built, and come back as they were."""

import gzip
import string

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.files import load

names = st.text(string.ascii_letters + "äöß_ ", min_size=1, max_size=8).map(
    lambda name: "x" + " ".join(name.split())
)
numbers = st.one_of(
    st.integers(-(10**6), 10**6),
    st.floats(-1e9, 1e9, allow_nan=False).map(lambda number: round(number, 3)),
)
MISSING = ["", "NA", "?", "nan", "null", "N/A"]


@st.composite
def tables(draw):
    """Return columns of numbers, NaN where one is missing, labels, and the text of a table."""
    rows = draw(st.integers(6, 30))
    width = draw(st.integers(1, 5))
    columns = [draw(st.lists(numbers, min_size=rows, max_size=rows)) for _ in range(width)]
    labels = [draw(st.sampled_from(["spam", "ham", "eggs and bacon"])) for _ in range(rows)]
    labels[:2] = ["spam", "ham"]
    holes = draw(
        st.sets(st.tuples(st.integers(0, width - 1), st.integers(2, rows - 1)), max_size=5)
    )
    separator = draw(st.sampled_from([",", ";", "\t", "|", " ", "  "]))
    decimal = draw(st.sampled_from([".", ","])) if separator != "," else "."
    header = draw(st.lists(names, min_size=width + 1, max_size=width + 1, unique_by=str.lower))
    index = draw(st.booleans()) and separator.strip() != ""
    quoted = draw(st.booleans()) or separator.strip() == ""
    is_blank = not separator.strip()

    def cell(j, i):
        if (j, i) in holes:
            return draw(st.sampled_from(MISSING[1:] if is_blank else MISSING))
        return repr(columns[j][i]).replace(".", decimal)

    def quote(value):
        return f'"{value}"' if quoted else value

    lines = [[quote(name) for name in header]] if draw(st.booleans()) or index else []
    named = bool(lines)
    for i in range(rows):
        lines.append([*(cell(j, i) for j in range(width)), quote(labels[i])])
    if index:
        lines = [["" if i == 0 else str(i - 1), *line] for i, line in enumerate(lines)]
    last = separator if draw(st.booleans()) and not is_blank else ""
    text = [separator.join(line) + last for line in lines]
    for comment in draw(st.lists(st.sampled_from(["", "  ", "# " + "note " * 9, "%"]), max_size=3)):
        text.insert(draw(st.integers(1 if named else 0, len(text))), comment)
    end = draw(st.sampled_from(["\n", "\r\n"]))
    matrix = np.array(columns, float).T
    for j, i in holes:
        matrix[i, j] = np.nan
    return matrix, labels, header if named else None, index, end.join([*text, ""])


@settings(max_examples=50, deadline=None)
@given(
    tables(),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]),
    st.booleans(),
)
def test_tables_come_back(tmp_path_factory, table, encoding, compressed):
    matrix, labels, header, index, text = table
    path = tmp_path_factory.mktemp("table") / "rows.csv"
    content = text.encode(encoding)
    path.write_bytes(gzip.compress(content) if compressed else content)
    data = load(path)
    figures = data.reading.preparation
    offset = int(index)
    counting = [column.kind == "id" for column in data.reading.columns[offset:-1]]
    kept = matrix[:, [not id for id in counting]] if not all(counting) else matrix
    medians = np.nan_to_num(np.nanmedian(kept, axis=0))
    filled = np.where(np.isnan(kept), medians, kept)
    largest = np.abs(filled).max(axis=0) + 1e-300
    np.testing.assert_allclose(
        (data.X * figures.deviations + figures.means) / largest, filled / largest, atol=1e-9
    )
    assert [data.class_names[k] for k in data.y] == labels
    assert data.reading.header == (header is not None)
    if header is not None:
        assert [column.name for column in data.reading.columns[offset:]] == header
    if index:
        assert "left out: unnamed index" in data.note
    missing = int(np.isnan(kept).sum())
    assert (f"{missing} missing value" in data.note) == (missing > 0)
    again, _, _ = data.reading.features_of(path)
    np.testing.assert_array_equal(again, data.X)
