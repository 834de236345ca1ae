"""Data through a pipe, with the screen on the terminal, and the weights at the end of a run."""

import os
import shlex
import signal
import subprocess

import numpy as np
import pytest

from tests.command import NNTUI, nntui
from tests.end_to_end.conftest import none_left, workers

TABLE = "length,width,kind\n" + "".join(f"{k % 7},{k * k % 11},{'abc'[k % 3]}\n" for k in range(60))


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    return path


def shell(start, line, *arguments, **options):
    """Start a line of bash in a terminal; ``nntui`` in it is the program, with arguments."""
    program = shlex.join([*NNTUI, *map(str, arguments)])
    return start(command=["bash", "-c", line.replace("nntui", program)], **options)


@pytest.mark.parametrize("line", ["cat {} | nntui", "nntui < {}"])
def test_data_from_standard_input_leave_the_keys_to_the_terminal(start, tmp_path, table, line):
    options = ["-", "--seed", "1", "--name", "piped", "--epochs", "100000000"]
    t = shell(start, line.format(table), *options)
    t.until("running")
    t.until(r"loss \d")
    t.press(" ")
    t.until("paused")
    t.press("q")
    assert t.wait() == 0
    again = nntui("replay", "piped", home=tmp_path)
    assert again.returncode == 0, again.stderr
    assert again.stdout.endswith("identical\n")


def test_a_substituted_process_is_copied_before_the_worker_starts(start, tmp_path, table):
    t = shell(start, f"nntui <(cat {table})", "--name", "piped", "--paused")
    t.until("60 samples|paused")
    t.press("n")
    t.until("epoch 0 ")
    t.press("q")
    assert t.wait() == 0
    assert nntui("replay", "piped", home=tmp_path).stdout.endswith("identical\n")


def test_without_a_terminal_for_the_keys_one_line_says_what_to_do(tmp_path):
    """Standard output is a terminal, but not one that controls the process."""
    master, slave = os.openpty()
    settings = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    done = subprocess.run(
        [*NNTUI, "-"],
        env=settings,
        input=TABLE.encode(),
        stdout=slave,
        stderr=subprocess.PIPE,
        start_new_session=True,
        timeout=60,
    )
    os.close(slave)
    os.close(master)
    assert done.returncode == 2
    assert done.stderr == (
        b"nntui: there is no terminal to read keys from: train with --headless\n"
    )
    assert none_left(tmp_path, 0)


@pytest.mark.parametrize("how", ["quit", "stop", "signal"])
def test_the_weights_are_saved_however_the_training_is_stopped(start, tmp_path, how):
    file = tmp_path / "weights.npz"
    options = ["--seed", "1", "--name", "mine", "--weights", str(file), "--epochs", "100000000"]
    t = start(*options)
    t.until(r"loss \d")
    if how == "quit":
        t.press("q")
        t.until("stop training")
        t.press("y")
        assert t.wait() == 0
    elif how == "stop":
        t.close()
        assert nntui("stop", "mine", home=tmp_path).returncode == 0
    else:
        os.kill(workers(tmp_path)[0], signal.SIGTERM)
    assert none_left(tmp_path, 3)
    with np.load(file) as saved, np.load(tmp_path / "nntui/runs/mine/weights.npz") as own:
        assert sorted(saved.files) == sorted(own.files)
        assert saved["dense_1.weights"].shape == (2, 64)
        assert all(np.array_equal(saved[name], own[name]) for name in saved.files)


def test_weights_that_are_no_numbers_are_not_saved_and_it_is_said(start, tmp_path):
    file = tmp_path / "weights.npz"
    t = start("--seed", "1", "--weights", str(file), "--learning-rate", "1e300")
    t.until("the loss is NaN")
    t.press("q")
    t.wait()
    assert f"the weights are not saved to {file}; the run's log says why" in " ".join(
        t.output.decode().split()
    )
    assert not file.exists()
