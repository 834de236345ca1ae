"""What can be learned from on the command line: how it is named, read once, kept and described."""

import gzip
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from tests.command import nntui

ROWS = [(k, k % 7, k * k % 11, "abc"[k % 3]) for k in range(60)]
TABLE = "id,length,width,kind\n" + "".join(f"{','.join(map(str, row))}\n" for row in ROWS)

MINE = """
import numpy as np
from engine import Dataset, Dense, GradientDescent, Network, SoftmaxCrossEntropy, Trainer

data = Dataset(np.arange(8.0)[:, None], np.arange(8) % 2, class_names=["even", "odd"])
trainer = Trainer(Network([Dense(1, 2)]), SoftmaxCrossEntropy(), GradientDescent(0.1), data)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with the files that are named, and a place of its own for runs."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text(TABLE)
    (tmp_path / "mine.py").write_text(MINE)
    return tmp_path


@pytest.fixture
def runs(folder):
    return folder / "state" / "nntui" / "runs"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["sine"], "sine is regression data, for which there are no losses yet"),
        (["moons", "--classes", "3"], "moons has 2 classes: leave --classes out"),
        (["xor", "--noise", "-1"], "'-1' must be a number 0 or above"),
        (["spiral", "--label", "a"], "--label has no use here: spiral is drawn"),
        (["spiral", "--missing", "drop"], "--missing has no use here: spiral is drawn"),
        (["spiral", "--validation", "rows.csv"], "--validation must be a share of it"),
        (["rows.csv", "--noise", "1"], "--noise has no use here: rows.csv has its own"),
        (["rows.csv", "--samples", "5"], "--samples has no use here"),
        (["rows.csv", "--validation", "1.5"], "'1.5' must be a share between 0 and 1"),
        (["rows.csv", "--validation", "nothing.csv"], "there is no file 'nothing.csv'"),
        (["rows.csv", "--features", "a,,b"], "'a,,b' must be names of columns"),
        (["rows.csv", "--label", "none"], "there is no column 'none'"),
        (["mine.py", "--validation", "0.2"], "has its own data; give them validation=(X, y) there"),
        (["mine.py", "--drop", "a"], "--drop has no use here"),
        (["--weights", "weights.pkl"], "must be the name of an NPZ file"),
        (["--weights", "nowhere/w.npz"], "there is no folder 'nowhere'"),
        (["-", "--validation", "-"], "standard input cannot be read twice"),
        (["."], "'.' is a folder, not a file"),
        (["./nothing"], "there is no file './nothing'"),
        (["nothing"], "'nothing' is no source"),
        (["describe", "moons"], "moons is no file"),
        (["describe", "mine.py"], "a Python file builds its own data"),
        (["describe", "rows.csv", "--label", "none"], "there is no column 'none'"),
        (["describe"], "Missing argument 'FILE'"),
        (["predict", "nothing", "rows.csv"], "there is no run 'nothing'"),
        (["predict", "nothing", "nothing.csv"], "there is no file 'nothing.csv'"),
    ],
    ids=str,
)
def test_wrong_usage_gets_one_line_and_status_2(runs, arguments, says):
    headless = [] if arguments[0] in ("describe", "predict") else ["--headless"]
    done = nntui(*arguments, *headless, input="")
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert not runs.exists() or not os.listdir(runs)


def train(*arguments, **options):
    """Train for some epochs; return the lines of JSON."""
    done = nntui(*arguments, "--json", "--epochs", "5", "--seed", "3", **options)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def understood(folder, run):
    """Return what a run keeps of how its data were understood."""
    database = folder / "state/nntui/runs" / run / "run.db"
    with closing(sqlite3.connect(database)) as record:
        ((text,),) = record.execute("select value from about where name = 'data'")
    return json.loads(text)["reading"]


def assert_identical(run):
    again = nntui("replay", run)
    assert (again.returncode, again.stdout) == (0, "main: 5 epochs and the state\nidentical\n")


def test_standard_input_a_pipe_and_a_file_train_alike_and_replay(folder):
    by_name = train("rows.csv", "--validation", "0.2")
    by_input = train("-", "--validation", "0.2", input=TABLE)
    command = f"{sys.executable} -m tui <(cat rows.csv) --json --epochs 5 --seed 3 --name piped"
    piped = subprocess.run(
        ["bash", "-c", f"{command} --validation 0.2"], capture_output=True, text=True, timeout=60
    )
    assert piped.returncode == 0, piped.stderr
    for lines in (by_input, list(map(json.loads, piped.stdout.splitlines()))):
        assert [line.get("loss") for line in lines] == [line.get("loss") for line in by_name]
        assert lines[0]["note"] == by_name[0]["note"]
        file = understood(folder, lines[0]["name"])["file"]
        assert file == "standard input" or file.startswith("/dev/fd/")
        (folder / "rows.csv").unlink(missing_ok=True)
        assert_identical(lines[0]["name"])
    assert nntui("replay", by_name[0]["name"]).returncode == 1, "its file is gone"


def test_a_file_without_an_ending_is_read_as_a_table(folder, runs):
    (folder / "data").write_text(TABLE)
    (folder / "rows.xls").write_text(TABLE)
    (folder / "other").write_bytes(b"%PDF-1.4")
    assert [train(name)[0]["samples"] for name in ("./data", "rows.xls")] == [60, 60]
    done = nntui("other", "--headless")
    assert (done.returncode, done.stderr) == (2, "nntui: other: it is a PDF file, not a table\n")


def test_a_second_file_from_a_pipe_goes_by_its_name(folder):
    os.mkfifo(folder / "held")
    with subprocess.Popen(["sh", "-c", "cat rows.csv > held"]):
        name = train("rows.csv", "--validation", "held")[0]["name"]
    assert understood(folder, name)["validation_from"] == "held"


def test_another_validation_set_is_named_by_a_replay(folder):
    (folder / "held.csv").write_text(TABLE)
    name = train("rows.csv", "--validation", "held.csv")[0]["name"]
    assert_identical(name)
    lines = TABLE.splitlines()
    (folder / "held.csv").write_text("\n".join([*lines[:-1], lines[-2]]))
    again = nntui("replay", name)
    assert again.returncode == 1
    assert "the validation set is another" in again.stderr


def test_weights_that_cannot_be_saved_end_a_training_with_status_1(folder):
    (folder / "w.npz.new").mkdir()
    done = nntui("rows.csv", "--headless", "--epochs", "5", "--weights", "w.npz")
    assert done.returncode == 1
    assert "the weights cannot be saved" in done.stderr


def test_a_python_file_begins_with_weights_and_saves_the_last_ones(folder):
    first = train("mine.py", "--weights", "w.npz")
    second = train("mine.py", "--weights", "w.npz")
    epochs = [line["loss"] for line in (*first, *second) if "loss" in line]
    assert epochs == sorted(epochs, reverse=True)
    for lines in (first, second):
        assert_identical(lines[0]["name"])
    assert epochs[0] > epochs[-1]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("trainer.run(3)", "--weights: mine.py must leave the training to nntui"),
        ("trainer.network = Network([Dense(1, 3)])", "is of shape (1, 3), in the file of (1, 2)"),
    ],
)
def test_a_python_file_that_weights_do_not_fit(folder, lines, says):
    train("mine.py", "--weights", "w.npz")
    (folder / "mine.py").write_text(f"{MINE}\n{lines}\n")
    done = nntui("mine.py", "--headless", "--weights", "w.npz")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert says in done.stderr


def test_weights_are_saved_where_a_link_leads_to(folder):
    (folder / "real").mkdir()
    (folder / "w.npz").symlink_to(folder / "real" / "w.npz")
    train("rows.csv", "--weights", "w.npz")
    assert (folder / "w.npz").is_symlink()
    assert (folder / "real" / "w.npz").stat().st_size > 0


def test_arrays_and_compressed_tables_are_known_in_a_pipe(folder):
    code = "import numpy as np; np.savez('a.npz', X=np.eye(6), y=np.arange(6) % 2)"
    subprocess.run([sys.executable, "-c", code], check=True)
    (folder / "rows.CSV.GZ").write_bytes(gzip.compress(TABLE.encode()))
    assert "60 samples" in train("rows.CSV.GZ")[0]["note"]
    for name, samples in (("a.npz", 6), ("rows.CSV.GZ", 60)):
        with (folder / name).open("rb") as file:
            lines = train("-", stdin=file)
        assert lines[0]["samples"] == samples
        assert_identical(lines[0]["name"])


def test_a_run_that_is_not_recorded_leaves_no_copy(folder, runs, monkeypatch):
    (folder / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(folder / "temporary"))
    runs.parent.parent.mkdir()
    runs.parent.write_text("in the way")
    assert train("-", input=TABLE)[0]["samples"] == 60
    assert not os.listdir(folder / "temporary")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("recorded", [True, False])
def test_a_signal_while_standard_input_is_copied_leaves_no_run(
    folder, runs, monkeypatch, number, recorded
):
    (folder / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(folder / "temporary"))
    if not recorded:
        runs.parent.parent.mkdir()
        runs.parent.write_text("in the way")
    places = runs if recorded else folder / "temporary"
    command = [sys.executable, "-m", "tui", "-", "--headless"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdin.write(TABLE.encode() * 2000)
        process.stdin.flush()
        end = time.monotonic() + 30
        while not [file for file in places.glob("*/source") if file.stat().st_size]:
            assert time.monotonic() < end
            time.sleep(0.01)
        process.send_signal(number)
        assert process.wait(20) == (1 if number == signal.SIGINT else 128 + number)
        assert b"Traceback" not in process.stderr.read()
    assert not os.listdir(places)


def test_input_that_nothing_can_be_built_from_leaves_no_run(runs):
    done = nntui("-", "--headless", input="a,b\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "nntui: standard input: there are no rows\n"
    assert not os.listdir(runs)


def test_what_is_said_of_a_file_reaches_the_run_and_its_replay(folder):
    (folder / "more.csv").write_text(TABLE)
    options = ["--label", "length", "--drop", "id,width", "--classes-from-numbers"]
    lines = train("rows.csv", *options, "--validation", "more.csv")
    assert "label: length (7 classes)" in lines[0]["note"]
    assert lines[0]["network"].startswith("3 → ")
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    again = nntui("replay", lines[0]["name"], cwd=elsewhere)
    assert again.stdout.endswith("identical\n"), again.stderr


def test_describe_says_what_a_training_says_and_trains_nothing(runs):
    done = nntui("describe", "rows.csv", "--validation", "0.2")
    assert done.returncode == 0
    assert "validation" in done.stdout
    assert "kind" in done.stdout
    through_pipe = nntui("describe", "-", "--validation", "0.2", input=TABLE).stdout
    assert done.stdout.replace("rows.csv", "standard input") == through_pipe
    assert not runs.exists()


def test_toys_with_noise_and_validation_replay(runs):
    lines = train("xor", "--noise", "0.3", "--validation", "0.25")
    assert (lines[0]["samples"], lines[0]["network"]) == (150, "2 → 64 → 2")
    assert_identical(lines[0]["name"])


def test_the_toys_are_shown_without_colours_where_there_is_no_terminal():
    done = nntui("data")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    for name in ("spiral", "vertical", "circles", "moons", "gaussians", "xor"):
        assert f" {name}\n" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    plain = nntui("data", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert plain.returncode == 0
    assert plain.stdout.isascii()
    assert "\\u" not in plain.stdout


def test_labels_in_a_file_of_their_own_are_found_by_a_replay_from_elsewhere(folder):
    code = "import numpy as np; np.save('f.npy', np.eye(6)); np.save('l/y.npy', np.arange(6) % 2)"
    (folder / "l").mkdir()
    (folder / "kind").write_text("a file with the name of a column")
    subprocess.run([sys.executable, "-c", code], check=True)
    for arguments in (["f.npy", "--label", "l/y.npy"], ["rows.csv", "--label", "kind"]):
        run = train(*arguments)[0]["name"]
        again = nntui("replay", run, cwd="/")
        assert again.stdout.endswith("identical\n"), again.stderr
