"""The real program in a real pseudo-terminal, with a real worker."""

import os
import random
import re
import signal
import statistics
import subprocess
import time

import pytest
from textual.geometry import Size

from tests.command import NNTUI
from tests.end_to_end.conftest import none_left, workers
from tests.thin import thinned


def epoch(terminal):
    return int(terminal.until(r"epoch (\d+)")[1])


def test_it_trains_pauses_steps_resumes_and_ends(start, tmp_path):
    t = start("--seed", "0", "--epochs", "100000000")
    t.until("running")
    t.until(r"loss \d")
    t.press(" ")
    t.until("paused")
    t.pump(0.3)
    before = epoch(t)
    t.press("n")
    t.until(f"epoch {before + 1}\\b")
    t.press("c")
    t.until("running")
    t.press("q")
    t.until("stop training")
    t.press("y")
    assert t.wait() == 0
    assert none_left(tmp_path, 0)


def test_a_run_to_its_end_stays_on_the_screen(start):
    t = start("--seed", "0", "--epochs", "101")
    t.until("runs the same weights")
    t.until("epoch 100 ")
    t.press("t")
    t.until("epoch 201")
    t.press("q")
    assert t.wait() == 0


def test_the_learning_rate_goes_up_and_is_typed(start):
    t = start("--seed", "0", "--epochs", "100000000")
    t.until("running")
    t.press("+")
    t.until(r"lr 0\.2\b")
    t.press("l")
    t.until("Learning rate")
    t.press(*["\x7f"] * 3, *"-3", "enter")
    t.until("above 0")
    t.press(*["\x7f"] * 2, *"0.03", "enter")
    t.until(r"lr 0\.03\b")


def test_a_key_before_the_first_frame_counts(start):
    t = start("--seed", "0", "--epochs", "100000000")
    t.press(" ")
    t.press("up")
    t.until("paused")


@pytest.mark.parametrize(
    "size", thinned([Size(40, 12), Size(80, 24), Size(200, 50), Size(300, 100)], 2)
)
def test_the_status_shows_at_any_size(start, size):
    t = start("--seed", "0", "--epochs", "100000000", size=size)
    for wanted in (r"epoch \d+", r"loss \d\.\d+", r"acc 0\.\d+", r"lr 0\.1", "running", "epochs/s"):
        t.until(wanted)


def test_resizing_while_it_runs(start):
    t = start("--seed", "0", "--epochs", "100000000")
    t.until(r"loss \d")
    for size in ((30, 8), (120, 35), (1, 1), (40, 12), (80, 24)):
        t.resize(*size)
        t.pump(0.4)
    t.until("samples ·")
    t.resize(30, 8)
    t.until("too small")


@pytest.mark.parametrize("view", thinned("14", 2))
def test_a_storm_of_sizes_leaves_the_screen_as_it_should_be(start, view):
    t = start("--seed", "0", "--epochs", "100000000")
    t.until(r"loss \d")
    t.press(view)
    chance = random.Random(5)
    for k in range(60):
        turned = (80, 24) if k % 2 else (120, 35)
        t.resize(*(turned if k < 20 else (chance.randint(10, 300), chance.randint(3, 100))))
        t.pump(0.05)
    t.resize(80, 24)
    t.press(" ")
    t.until("paused")
    t.pump(0.5)
    shown = t.screen.display[:]
    t.press("\x0c")  # ctrl+l draws it anew
    t.pump(0.5)
    assert t.screen.display == shown


def test_a_worker_that_dies_is_told_of(start, tmp_path):
    t = start("--seed", "0", "--epochs", "100000000")
    t.until(r"loss \d")
    os.kill(workers(tmp_path)[0], signal.SIGKILL)
    t.until("the worker has died")
    t.until("lost")
    t.press("q")
    assert t.wait() == 1
    (log,) = (tmp_path / "nntui" / "runs").glob("*/log")
    said = t.output.decode().split(f"nntui: the worker has died; its log: {log}\r\n")[1]
    assert re.fullmatch(
        rf"{log.parent.name} is lost at epoch [\d,]+ of 100,000,000\s+"
        rf"nntui resume {log.parent.name} goes on from what is recorded\s+",
        said,
    )


def test_a_file_that_raises_gives_its_own_lines_and_status_2(start, tmp_path):
    file = tmp_path / "broken.py"
    file.write_text("print('hello')\n1 / 0\n")
    t = start(str(file))
    assert t.wait() == 2
    assert "ZeroDivisionError" in t.output.decode()
    assert "runpy" not in t.output.decode()
    assert b"\x1b[?1049h" not in t.output, "the screen opened for nothing"


def test_rows_that_cannot_be_learned_open_no_screen_and_leave_no_worker(start, tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("1,2,a\n1,inf,b\n")
    t = start(str(file))
    assert t.wait() == 2
    assert "line 2, column 2: inf is not a finite number" in t.output.decode()
    assert b"\x1b[?1049h" not in t.output
    assert none_left(tmp_path, 0)


def test_names_in_a_file_do_not_control_the_terminal(start, tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("1,2,a\x1b[2J\x1b]0;mine\x07\n3,4,b\x9b31m[bold]\n")
    t = start(str(file), "--paused")
    t.until("paused")
    t.press("n")
    t.until("b31m|b.?31m")
    t.press("q")
    assert t.wait() == 0
    for sequence in (b"\x1b[2J", b"\x1b]0;", b"mine\x07", "\x9b".encode()):
        assert sequence not in t.output


@pytest.mark.parametrize(
    "settings",
    [
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
    ids=str,
)
def test_a_terminal_without_utf_8_gets_a_line_and_plain_text(start, tmp_path, settings):
    t = start("--seed", "0", **settings)
    assert t.wait() == 2
    assert t.output.startswith(b"nntui: the screen needs UTF-8, not ")
    assert b"set LC_ALL=C.UTF-8" in t.output
    for option in ("--headless", "--json"):
        command = [*NNTUI, option, "--epochs", "2"]
        state = {"XDG_STATE_HOME": str(tmp_path)}
        done = subprocess.run(
            command, env={**os.environ, **settings, **state}, capture_output=True, timeout=60
        )
        assert done.returncode == 0
        assert b"Traceback" not in done.stderr
    assert "→".encode() in done.stdout, "JSON is UTF-8 everywhere"


def test_ctrl_c_before_the_screen_opens_ends_it_without_one(start, tmp_path):
    file = tmp_path / "slow.py"
    file.write_text("import time\ntime.sleep(60)\n")
    t = start(str(file))
    end = time.monotonic() + 10
    while not workers(tmp_path):
        assert time.monotonic() < end, "no worker started"
        t.pump(0.01)
    t.pump(0.3)  # it waits for the run by now
    t.press("\x03")
    assert t.wait() == 1
    assert b"\x1b[" not in t.output
    assert none_left(tmp_path, 1)


def test_a_print_goes_to_the_log(start, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "import numpy as np\nfrom engine import *\nprint('to the log')\n"
        "trainer = Trainer(Network([Dense(1, 2)]), SoftmaxCrossEntropy(), GradientDescent(0.1),"
        " Dataset(np.arange(4.0)[:, None], np.array([0, 0, 1, 1])), epochs=10**8)\n"
    )
    t = start(str(file))
    t.until("running")
    t.pump(0.5)
    assert b"to the log" not in t.output
    (log,) = (tmp_path / "nntui" / "runs").glob("*/log")
    assert log.read_text() == "to the log\n"


def test_the_terminal_is_restored(start):
    t = start("--seed", "0", "--epochs", "50")
    t.until("completed")
    t.press("q")
    assert t.wait() == 0
    time.sleep(0.05)
    assert b"\x1b[?1049l" in t.output
    restored, said = t.output.rsplit(b"\x1b[?25h", 1)
    assert b"is completed at epoch 49 of 50" in said
    assert b"\x1b[?1049l" in restored


@pytest.mark.endurance  # its seconds hold on a machine that has nothing else to do
@pytest.mark.parametrize(
    ("size", "answers"), [((80, 24), True), ((80, 24), False), ((200, 50), True)]
)
def test_a_slow_line_gets_fewer_frames_and_keys_still_act(start, size, answers):
    line = {"rate": 4000, "size": size, "answers": answers}
    t = start("--seed", "0", "--epochs", "100000000", **line)
    t.until("running")
    t.pump(2)
    waits = []
    for key, rate in [("+", "0.2"), ("-", "0.1")] * 2:
        begun = time.monotonic()
        t.press(key)
        t.until(f"lr {rate}\\b")
        waits.append(time.monotonic() - begun)
        t.pump(0.5)
    assert statistics.median(waits) < 1, waits
    assert not answers or max(waits) < 2, waits
