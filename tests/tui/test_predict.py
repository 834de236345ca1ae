"""Predictions for new rows: what the network says of them, prepared as its training set was."""

import csv
import io
import os
import signal
import subprocess

import numpy as np
import pytest

from engine import Dense, Network, ReLU, Softmax
from engine.runs.run import Run
from tests import records
from tests.command import NNTUI
from tests.tui.test_sources import MINE, nntui

RANDOM = np.random.default_rng(5)
ROWS = [
    (f"{a:.3f}", f"{b:.3f}", "red" if a < b else "blue", ("cat", "dog", "cow")[int(a * b) % 3])
    for a, b in RANDOM.uniform(1, 9, (80, 2))
]
HEADER = ("length", "width", "colour", "animal")


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    """A folder with a table and a run on it, named ``animals``."""
    folder = tmp_path_factory.mktemp("predict")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        patch.chdir(folder)
        write("rows.csv", HEADER, ROWS)
        (folder / "mine.py").write_text(MINE)
        train("rows.csv", "--name", "animals", "--validation", "0.2", "--weights", "w.npz")
        yield folder


def train(*arguments):
    done = nntui(*arguments, "--headless", "--epochs", 40, "--seed", 2)
    assert done.returncode == 0, done.stderr


def write(name, *rows):
    with open(name, "w") as file:
        csv.writer(file).writerows([rows[0], *rows[1]])


def predicted(*arguments, **options):
    done = nntui("predict", *arguments, **options)
    assert done.returncode == 0, done.stderr
    header, *rows = csv.reader(io.StringIO(done.stdout))
    return header, [row[1] for row in rows], np.array([row[2:] for row in rows], float)


def by_hand(folder):
    """Return the probabilities by the training set's figures and the weights, in plain NumPy."""
    X = np.array([[float(a), float(b), c == "blue", c == "red"] for a, b, c, _ in ROWS])
    labels = np.array([row[3] for row in ROWS])
    with np.load(folder / "state/nntui/runs/animals/weights.npz") as saved:
        weights = dict(saved)
    from engine.data.splits import stratified

    training, _ = stratified(np.unique(labels, return_inverse=True)[1], 0.2, 2)
    X = (X - X[training].mean(axis=0)) / X[training].std(axis=0)
    hidden = np.maximum(0, X @ weights["dense_1.weights"] + weights["dense_1.biases"])
    logits = hidden @ weights["dense_2.weights"] + weights["dense_2.biases"]
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def test_it_is_what_standardising_and_the_formulas_give_by_hand(folder):
    header, names, probabilities = predicted("animals", "rows.csv")
    classes = ["cat", "cow", "dog"]
    assert header == ["row", "predicted", *(f"probability_{name}" for name in classes)]
    expected = by_hand(folder)
    assert np.allclose(probabilities, expected, rtol=1e-9, atol=1e-12)
    assert names == [classes[k] for k in expected.argmax(axis=1)]


def test_the_order_of_columns_and_others_beside_them_make_no_difference(folder):
    expected = predicted("animals", "rows.csv")
    turned = [(c, "x", b, a) for a, b, c, _ in ROWS]
    write("turned.csv", ("colour", "other", "width", "length"), turned)
    for arguments in (["turned.csv"], ["-"]):
        with open("turned.csv") as file:
            got = predicted("animals", *arguments, stdin=file)
        assert got[:2] == expected[:2]
        assert np.array_equal(got[2], expected[2])
    (folder / "moved").mkdir()
    elsewhere = predicted(folder / "state/nntui/runs/animals", folder / "rows.csv", cwd="moved")
    assert np.array_equal(elsewhere[2], expected[2])


def test_output_goes_to_a_file_and_weights_may_be_others(folder):
    done = nntui("predict", "animals", "rows.csv", "--output", "out.csv", "--weights", "w.npz")
    assert (done.returncode, done.stdout) == (0, "")
    assert (folder / "out.csv").read_text() == nntui("predict", "animals", "rows.csv").stdout
    nowhere = nntui("predict", "animals", "rows.csv", "--output", "nowhere/out.csv")
    assert (nowhere.returncode, nowhere.stderr.count("\n")) == (1, 1)


def test_a_value_that_is_new_is_remarked_on_beside_the_output():
    write("new.csv", HEADER[:3], [("1", "2", "red"), ("3", "4", "pink")])
    done = nntui("predict", "animals", "new.csv")
    assert done.returncode == 0
    assert done.stdout.count("\n") == 3
    assert "pink" in done.stderr


@pytest.mark.parametrize(
    ("name", "rows", "says"),
    [
        ("less.csv", [("length", "colour"), [("1", "red")]], "width"),
        ("text.csv", [HEADER, [("1", "wide", "red", "cat"), ("1", "2", "red", "cat")]], "wide"),
        ("none.csv", [HEADER, []], "rows"),
    ],
)
def test_rows_that_do_not_fit_get_one_line_and_status_1(name, rows, says):
    write(name, *rows)
    done = nntui("predict", "animals", name)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    assert says in done.stderr


@pytest.mark.parametrize(
    ("column", "ids", "shown"),
    [
        ("id", [f"{k:03}" for k in range(2, 82)], ["002", "003", "004", "005"]),
        ("sample_id", [f"s{k}" for k in range(80)], ["s0", "s1", "s2", "s3"]),
    ],
)
def test_rows_are_named_by_their_ids(column, ids, shown):
    write("ids.csv", (column, *HEADER), [(k, *row) for k, row in zip(ids, ROWS, strict=True)])
    train("ids.csv", "--name", column)
    new = [(*row[:3], k) for k, row in zip(ids, ROWS[:4], strict=False)]
    write("new-ids.csv", (*HEADER[:3], column), new)
    header, *rows = csv.reader(io.StringIO(nntui("predict", column, "new-ids.csv").stdout))
    assert header[:2] == [column, "predicted"]
    assert [row[0] for row in rows] == shown
    write("new-ids.csv", HEADER[:3], [row[:3] for row in new])
    header, *rows = csv.reader(io.StringIO(nntui("predict", column, "new-ids.csv").stdout))
    assert header[:2] == ["row", "predicted"]
    assert [row[0] for row in rows] == ["1", "2", "3", "4"]


def test_a_toy_and_a_python_file_take_plain_numbers(folder):
    train("spiral", "--name", "spiral")
    train("mine.py", "--name", "mine")
    points = [("0.1", "0.2"), ("-0.5", "0.7")]
    write("points.csv", ("x", "y"), points)
    _, names, probabilities = predicted("spiral", "points.csv")
    with np.load(folder / "state/nntui/runs/spiral/weights.npz") as saved:
        network = Network([Dense(2, 64), ReLU(), Dense(64, 3)])
        for k, layer in ((1, network.layers[0]), (2, network.layers[2])):
            layer.weights[...] = saved[f"dense_{k}.weights"]
            layer.biases[...] = saved[f"dense_{k}.biases"]
    network.activation = Softmax()
    assert np.array_equal(probabilities, network.predict(np.array(points, float)))
    assert names == [str(k) for k in probabilities.argmax(axis=1)]
    (folder / "numbers.txt").write_text("1\n2\n")
    header, _, probabilities = predicted("mine", folder / "numbers.txt", cwd="/")
    assert header[2:] == ["probability_even", "probability_odd"]
    assert np.allclose(probabilities.sum(axis=1), 1)
    for text, says in (
        ("0.1,0.2\n0.3\n", "line 2 has 1 values; the network takes 2"),
        ("0.1,0.2\n0.3,b\n", "line 2: 'b' is not a number"),
        ("0.1,0.2\n0.3,inf\n", "row 2, column 2 is inf"),
        ("x,y\n", "there are no rows"),
    ):
        (folder / "bad.csv").write_text(text)
        done = nntui("predict", "spiral", "bad.csv")
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert says in done.stderr


def test_a_run_that_was_killed_has_no_weights_and_says_what_to_do():
    command = [*NNTUI, "--json", "--name", "killed", "--epochs", str(10**9)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        process.kill()
    done = nntui("predict", "killed", "points.csv" if os.path.exists("points.csv") else "rows.csv")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "the run killed has no weights" in done.stderr
    assert "--weights FILE.npz" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_a_signal_ends_has_its_weights(folder, number):
    command = [*NNTUI, "--json", "--epochs", str(10**9)]
    name = f"ended-{number.name}"
    with subprocess.Popen([*command, "--name", name], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.readline()
        process.send_signal(number)
        process.stdout.read()
        assert process.wait(10) == 0
    with np.load(folder / "state/nntui/runs" / name / "weights.npz") as saved:
        assert len(saved.files) == 4


def test_damage_to_what_a_run_keeps_gets_one_line(folder):
    run = folder / "state/nntui/runs/animals"
    kept = {name: (run / name).read_bytes() for name in ("run.db", "weights.npz")}
    try:
        for name, data in kept.items():
            for damaged in (data[: len(data) // 2], b"", b"[1, 2]", None):
                (run / name).unlink()
                if damaged is not None:
                    (run / name).write_bytes(damaged)
                done = nntui("predict", "animals", "rows.csv")
                status = 2 if (name, damaged) == ("run.db", None) else 1  # there is no run then
                assert (done.returncode, done.stderr.count("\n")) == (status, 1), done.stderr
                (run / name).write_bytes(data)
    finally:
        for name, data in kept.items():
            (run / name).write_bytes(data)


@pytest.mark.parametrize("value", ["", "{", "[1, 2]", "null", "NaN", "[" * 100_000, b"\xff"])
def test_damage_to_what_is_known_of_its_data_gets_one_line(folder, value):
    run = Run.find("animals")
    for name in ("data", "description"):
        ((whole,),) = records.execute(run, "select value from about where name = ?", name)
        put = "update about set value = cast(? as text) where name = ?"
        try:
            records.execute(run, put, value, name)
            done = nntui("predict", "animals", "rows.csv")
        finally:
            records.execute(run, put, whole, name)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
        assert "Traceback" not in done.stderr
