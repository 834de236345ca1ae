"""With a screen: whatever a disk does, the training goes on, and the screen says what is lost."""

import os
import resource
import shutil
import signal
from itertools import product

import pytest

from tests.command import nntui
from tests.disks import disk
from tests.end_to_end.conftest import workers
from tests.thin import thinned

SMALL = ("--hidden", "4", "--samples", "5", "--seed", "0", "--epochs", "100000000")


def trains_on(terminal):
    before = int(terminal.until(r"epoch (\d+)")[1])
    terminal.until(rf"epoch (?!{before}\b)\d+")
    terminal.until("running")


@pytest.mark.parametrize(
    ("place", "size"),
    thinned(product(["a file", "a dangling link", "/proc"], [(80, 24), (40, 12)]), 3),
)
def test_a_run_that_cannot_be_recorded_is_trained_and_the_screen_says_so(
    start, tmp_path, place, size
):
    if place == "a file":
        (tmp_path / "nntui").write_text("in the way")
    if place == "a dangling link":
        (tmp_path / "nntui").symlink_to("nowhere")
    elsewhere = {"XDG_STATE_HOME": place, "HOME": str(tmp_path)} if place == "/proc" else {}
    t = start(*SMALL, size=size, **elsewhere)
    t.until("this run is not *\n? *recorded")
    trains_on(t)
    t.press("q")
    t.until("stop training")
    t.press("y")
    assert t.wait() == 0
    assert b"Traceback" not in t.output


@pytest.mark.parametrize("most", [0, 4096])
def test_a_screen_and_a_worker_whose_files_may_not_grow(start, most):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        t = start(*SMALL)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    t.until("not recorded: the disk does not take it")
    trains_on(t)
    t.press("q")
    t.until("stop training")
    t.press("y")
    assert t.wait() == 0


def test_a_disk_that_fills_is_said_on_the_screen_and_the_training_goes_on(start, tmp_path):
    with disk(tmp_path / "small") as small:
        t = start(*SMALL, XDG_STATE_HOME=str(small), HOME=str(tmp_path))
        t.until(r"not recorded: nothing since epoch [\d,]+")
        t.until("the disk is full")
        trains_on(t)
        t.press(" ")
        t.until("paused")
        t.press("q")
        assert t.wait() == 0
        (run,) = (small / "nntui" / "runs").iterdir()
        again = nntui("replay", run, home=small)
        assert "identical as far as it is recorded" in again.stdout


def test_a_worker_whose_files_may_not_grow_trains_on_and_prints(start, tmp_path):
    (tmp_path / "mine.py").write_text(
        "import numpy as np\nfrom engine import *\nfrom engine.protocol.events import EpochMeasured"
        "\n"
        "trainer = Trainer(Network([Dense(1, 2)]), SoftmaxCrossEntropy(), GradientDescent(0.1),"
        " Dataset(np.arange(4.0)[:, None], np.array([0, 0, 1, 1])), epochs=10**8)\n"
        "trainer.subscribe(EpochMeasured, lambda event: print('x' * 999))\n"
    )
    t = start(str(tmp_path / "mine.py"), "--paused")
    t.until("paused")
    resource.prlimit(workers(tmp_path)[0], resource.RLIMIT_FSIZE, (1 << 14, 1 << 14))
    t.press(" ")
    t.until("not recorded")
    trains_on(t)
    (log,) = (tmp_path / "nntui" / "runs").glob("*/log")
    assert 0 < log.stat().st_size <= 1 << 14


def test_a_record_that_is_removed_meanwhile_is_said_on_the_screen(start, tmp_path):
    t = start(*SMALL)
    trains_on(t)
    shutil.rmtree(tmp_path / "nntui")
    t.until(r"not recorded: nothing since epoch [\d,]+")
    trains_on(t)
    t.press(" ")
    t.until("paused")
    t.press("q")
    assert t.wait() == 0
    assert b"Traceback" not in t.output


def test_a_file_whose_name_is_no_text_is_trained_on(start, tmp_path):
    file = tmp_path / os.fsdecode(b"\xff\x1b[31m\n.csv")
    file.write_text("".join(f"{k},{k * k % 7},{'ab'[k % 2]}\n" for k in range(20)))
    t = start(str(file), "--epochs", "50")
    t.until("completed")
    t.until("___31m_-20")
    t.press("q")
    assert t.wait() == 0


def test_a_worker_that_is_killed_has_written_what_the_screen_showed(start, tmp_path):
    (tmp_path / "slow.py").write_text(
        "import time\nimport numpy as np\nfrom engine import *\n"
        "from engine.protocol.events import EpochMeasured\n"
        "trainer = Trainer(Network([Dense(1, 2)]), SoftmaxCrossEntropy(), GradientDescent(0.1),"
        " Dataset(np.arange(4.0)[:, None], np.array([0, 0, 1, 1])))\n"
        "trainer.subscribe(EpochMeasured, lambda event: time.sleep(0.1))\n"
    )
    t = start(str(tmp_path / "slow.py"))
    t.until("epoch [5-9]")
    (worker,) = workers(tmp_path)
    os.kill(worker, signal.SIGKILL)
    t.until("the worker has died")
    shown = int(t.until(r"epoch (\d+)")[1])
    t.press("q")
    t.wait()
    (run,) = (tmp_path / "nntui" / "runs").iterdir()
    again = nntui("replay", run, home=tmp_path)
    assert again.returncode == 0
    assert int(again.stdout.split()[1]) > shown
