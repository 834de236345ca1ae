"""The command line, as a process: its output, its one line for what is wrong, its exit status."""

import json
import os
import signal
import subprocess

import numpy as np
import pytest

from tests.command import NNTUI, nntui
from tests.thin import thinned

MINE = """
import numpy as np
from engine import Dataset, Dense, GradientDescent, Network, ReLU, SoftmaxCrossEntropy, Trainer
from tests.thin import thinned

X = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
network = Network([Dense(2, 8), ReLU(), Dense(8, 2)])
data = Dataset(X, np.array([0, 1, 1, 0]), name="exclusive or")
trainer = Trainer(network, SoftmaxCrossEntropy(), GradientDescent(0.5), data, epochs=7)
"""


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """A place of its own for the runs of each test."""
    directory = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("XDG_STATE_HOME", str(directory))
    return directory / "nntui" / "runs"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nothing.csv"], "there is no file 'nothing.csv'"),
        (["rows.xlsx"], "'rows.xlsx' is no source; there are spiral, "),
        (["rows.txt"], "there is no file 'rows.txt'"),
        (["--epochs", "0"], "'--epochs'"),
        (["--epochs", str(2**64)], "'--epochs'"),
        (["--epochs", "9" * 5000], "'--epochs'"),
        (["--epochs", "many"], "'many' is not a valid integer"),
        (["--learning-rate", "-1"], "'-1' must be a number above 0"),
        (["--learning-rate", "nan"], "'nan' must be a number above 0"),
        (["--hidden", "64,0"], "whole numbers above 0"),
        (["--batch-size", "none"], "'all' or a whole number above 0"),
        (["--seed", "-1"], "'--seed'"),
        (["--speling"], "No such option '--speling'"),
    ],
    ids=str,
)
def test_wrong_usage_gets_one_line_and_status_2(arguments, says):
    done = nntui(*arguments, "--headless")
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("rows.csv", "1,2,a\n1,inf,b\n", "line 2, column 2: inf is not a finite number"),
        ("rows.csv", "1,2,a\n1,b\n2,3,b\n", "line 2 has 2 columns, the others have 3"),
        ("rows.csv", "1,2,a\n1,3,a\n", "all rows have the same label"),
        ("rows.csv", "", "there are no rows"),
        ("rows.npz", "nothing", "not an NPZ file"),
        ("mine.py", "x = 1", "must build an engine.Trainer named 'trainer'"),
        ("mine.py", "trainer = 1", "but it is a int"),
    ],
)
def test_a_source_that_nothing_can_be_built_from(tmp_path, name, text, says):
    (tmp_path / name).write_text(text)
    done = nntui(name, "--headless", cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_a_file_that_raises_shows_its_own_lines_only(tmp_path):
    (tmp_path / "helper.py").write_text("def fail():\n    raise RuntimeError('no luck')\n")
    (tmp_path / "mine.py").write_text("import helper\nhelper.fail()\n")
    done = nntui("mine.py", "--headless", cwd=tmp_path)
    assert done.returncode == 2
    files = [line.split('"')[1] for line in done.stderr.splitlines() if "File" in line]
    assert [file.rsplit("/")[-1] for file in files] == ["mine.py", "helper.py"]
    assert done.stderr.endswith("RuntimeError: no luck\n")


def test_an_own_network_and_what_may_overrule_it(tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    own = nntui("mine.py", "--json", "--log-every", 1, cwd=tmp_path)
    lines = [json.loads(line) for line in own.stdout.splitlines()]
    assert [line["type"] for line in lines] == ["run", *["epoch"] * 7, "end"]
    assert (lines[0]["network"], lines[1]["learning_rate"]) == ("2 → 8 → 2", 0.5)
    other = nntui("mine.py", "--json", "--epochs", 2, "--learning-rate", 0.25, cwd=tmp_path)
    end = json.loads(other.stdout.splitlines()[-1])
    assert (end["epoch"], end["status"]) == (1, "completed")
    wrong = nntui("mine.py", "--hidden", 3, cwd=tmp_path)
    assert (wrong.returncode, wrong.stderr) == (
        2,
        "nntui: --hidden has no use here: mine.py has its own\n",
    )


def test_own_rows_are_standardised_and_it_is_said(tmp_path):
    rows = np.random.default_rng(0).normal(50, 9, (40, 2))
    lines = [f"{a},{b},{'near' if a < b else 'far'}" for a, b in rows]
    (tmp_path / "rows.csv").write_text("\n".join(lines))
    done = nntui("rows.csv", "--headless", "--epochs", 501, "--learning-rate", 1, cwd=tmp_path)
    assert done.returncode == 0
    assert "features standardised" in done.stderr
    assert float(done.stdout.splitlines()[-1].split()[-1]) > 0.9


def test_an_interrupt_ends_it_with_what_it_has():
    command = [*NNTUI, "--headless", "--json", "--epochs", str(10**9)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert json.loads(process.stdout.readline())["type"] == "run"
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        end = json.loads(process.stdout.read().splitlines()[-1])
        assert process.wait(10) == 0
    assert end["status"] == "stopped"
    assert end["loss"] > 0


def test_a_reader_that_leaves_is_no_error():
    command = [*NNTUI, "--headless", "--log-every", "1", "--epochs", "99999"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(10) == 0
        assert b"Traceback" not in process.stderr.read()


def test_a_loss_that_is_no_number_fails_with_a_line():
    done = nntui("--headless", "--seed", 0, "--learning-rate", 1e300, "--epochs", 50)
    assert done.returncode == 1
    assert done.stderr.splitlines()[1:] == [
        "nntui: the loss became nan in epoch 1; try a smaller rate"
    ]


def test_without_a_seed_one_is_drawn_and_shown():
    first, second = (nntui("--headless", "--epochs", 1) for _ in range(2))
    seeds = [done.stderr.split("seed ")[1].split()[0] for done in (first, second)]
    assert seeds[0] != seeds[1]
    assert nntui("--headless", "--epochs", 1, "--seed", seeds[0]).stdout == first.stdout


def test_help_and_version():
    assert nntui("--version").stdout == "nntui, version 0.1.0\n"
    assert "--learning-rate" in nntui("--help").stdout


def test_a_breakpoint_stops_without_a_screen_and_says_where():
    done = nntui(
        "--headless", "--seed", 1, "--break", "accuracy > 0.45", "--break", "epoch == 9999"
    )
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    (told,) = (line for line in lines if line.startswith("breakpoint"))
    assert told.startswith("breakpoint 1: accuracy > 0.45 · after epoch ")
    assert float(lines[-1].removeprefix("Accuracy: ")) > 0.45
    inside = nntui("--json", "--seed", 1, "--break", "relu_1.backward and epoch > 5")
    told, end = map(json.loads, inside.stdout.splitlines()[-2:])
    assert (told["epoch"], told["operation"], end["status"]) == (6, "relu_1.backward", "stopped")


def test_a_condition_that_is_none_gets_one_line_with_its_column():
    done = nntui("--headless", "--break", "loss <")
    assert done.returncode == 2
    assert done.stderr == (
        "nntui: --break 'loss <': column 7: a number or a name is expected after '<'\n"
    )


@pytest.mark.parametrize(
    "options",
    [
        ["--batch-size", "64", "--dtype", "float32", "--epochs", "900"],
        ["--break", "dense_2.backward and epoch > 5"],
        ["--learning-rate", "1e300"],
        ["mine.py"],
    ],
    ids=str,
)
def test_a_run_without_a_screen_can_be_told_again(tmp_path, options):
    (tmp_path / "mine.py").write_text(MINE)
    done = nntui("--json", "--name", "mine", *options, cwd=tmp_path)
    assert json.loads(done.stdout.splitlines()[0])["name"] == "mine"
    again = nntui("replay", "mine")
    assert again.returncode == 0
    assert again.stdout.endswith(" and the state\nidentical\n")


def test_a_run_that_was_killed_can_be_told_again_as_far_as_it_was_recorded():
    command = [*NNTUI, "--json", "--name", "mine", "--epochs", str(10**9)]
    with subprocess.Popen([*command, "--log-every", "5000"], stdout=subprocess.PIPE) as process:
        for _ in range(4):
            process.stdout.readline()
        process.kill()
    again = nntui("replay", "mine")
    assert again.returncode == 0
    epochs = int(again.stdout.split()[1].replace(",", ""))
    assert again.stdout.splitlines()[-1].startswith("identical as far as it is recorded: ")
    assert 5_000 < epochs < 10**8


def test_a_run_goes_on_without_a_record_where_none_can_be_written(home):
    home.parent.parent.mkdir(exist_ok=True)
    home.parent.write_text("in the way")
    done = nntui("--headless", "--epochs", 3)
    assert done.returncode == 0
    assert done.stderr.startswith("this run is not recorded: ")
    assert done.stdout.startswith("epoch: 0, acc: ")


def test_a_run_that_is_not_there_is_not_told_again():
    done = nntui("replay", "nothing")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "there is no run 'nothing'" in done.stderr


ROWS = "".join(f"{k},{k * k % 7},{'ab'[k % 2]}\n" for k in range(20))
ODD = [b"\xff\x1b[31m\n.csv", b"-x.csv", b"...csv", "ü 語".encode() * 30 + b".csv", b" .csv"]


@pytest.mark.parametrize("name", thinned(ODD, 2), ids=ascii)
def test_a_file_with_an_odd_name_is_trained_on_and_replayed(tmp_path, name):
    directory = tmp_path / os.fsdecode(b"of \xfe")
    directory.mkdir()
    (directory / os.fsdecode(name)).write_text(ROWS)
    done = nntui("--json", "--epochs", 5, f"./{os.fsdecode(name)}", cwd=directory)
    run = json.loads(done.stdout.splitlines()[0])["name"]
    assert (done.returncode, done.stderr, run.isprintable()) == (0, "", True)
    again = nntui("replay", run)
    assert (again.returncode, again.stdout) == (0, "main: 5 epochs and the state\nidentical\n")


@pytest.mark.parametrize("name", ["", "-", "../x", "a/b", "..", "a\nb", "\x1b[31mred", "x" * 101])
def test_a_name_that_no_run_can_have_gets_one_line(home, name):
    for arguments in (["--headless", "--name", name], ["replay", "--", name.replace("/", "")]):
        done = nntui(*arguments)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert done.stderr.strip().isprintable()
    assert not home.exists()


def test_what_an_error_says_does_not_control_the_terminal(tmp_path):
    (tmp_path / "mine.py").write_text("raise ValueError('\\x1b[2J\\x9b31m\\x07')\n")
    done = nntui(tmp_path / "mine.py", "--headless")
    assert "\\x1b[2J\\x9b31m\\x07" in done.stderr
    assert all(c.isprintable() or c in "\n" for c in done.stderr)


def test_names_in_a_file_do_not_control_the_terminal_without_a_screen(tmp_path, home):
    home.parent.parent.mkdir(exist_ok=True)
    home.parent.write_text("in the way, so that the data's own name is shown")
    (tmp_path / "\x1b[31mred\x07.csv").write_text(ROWS)
    done = nntui("--headless", "--epochs", 2, "./\x1b[31mred\x07.csv", cwd=tmp_path)
    assert done.returncode == 0
    assert "\\x1b[31mred\\x07.csv" in done.stderr
    assert (done.stdout + done.stderr).replace("\n", "").isprintable()
