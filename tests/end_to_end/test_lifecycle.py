"""A run goes on without its screen, and is found again: real terminals, signals and processes."""

import json
import os
import random
import re
import signal
import socket
import subprocess
import threading
import time

import msgspec
import pytest

from engine.protocol.events import PROTOCOL
from engine.protocol.wire import HEADER
from engine.runs.lock import hold
from tests.command import NNTUI, nntui
from tests.end_to_end.conftest import end_workers, none_left, workers
from tests.thin import thinned

ENDLESS = ("--seed", "0", "--epochs", "100000000", "--name", "mine")


def epoch(terminal):
    return int(terminal.until(r"epoch (\d+)")[1])


def listed(home):
    """Return what is said of each run, by its name."""
    done = nntui("ls", "--json", home=home)
    assert done.returncode == 0, done.stderr
    return {run["name"]: run for run in map(json.loads, done.stdout.splitlines())}


def until(home, holds, name="mine"):
    """Wait until something holds of a run, and return what is said of it."""
    end = time.monotonic() + 20
    while not holds(run := listed(home).get(name, {})):
        assert time.monotonic() < end, run
        time.sleep(0.05)
    return run


def goes_on(home):
    before = listed(home)["mine"]["epoch"]
    assert until(home, lambda run: run["epoch"] > before)["status"] == "running"


def said(terminal):
    """Return the lines that follow the screen."""
    output = terminal.output.decode().split("\x1b[?1049l")[-1]
    return re.sub(r"\x1b\[[?<>=]?[\d;]*[a-z]", "", output).split("\r\n")


@pytest.mark.parametrize(
    "number", thinned([signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, None], 2)
)
def test_a_run_goes_on_whatever_becomes_of_its_screen(start, tmp_path, number):
    t = start(*ENDLESS)
    t.until(r"loss \d")
    if number is None:
        t.child.close(force=False)  # the terminal is closed
    else:
        os.kill(t.child.pid, number)
        t.wait()
    goes_on(tmp_path)
    again = start("attach", full_speed=False)
    again.until("running")
    assert epoch(again) > 0
    again.press("q")
    again.until("stop training")
    again.press("y")
    assert again.wait() == 0
    assert none_left(tmp_path, 0)
    assert listed(tmp_path)["mine"]["status"] == "stopped"


def test_detaching_says_how_to_come_back(start, tmp_path):
    t = start(*ENDLESS)
    t.until(r"loss \d")
    t.press("d")
    assert t.wait() == 0
    state, ways = said(t)[:2]
    assert re.fullmatch(r"mine is running at epoch [\d,]+ of 100,000,000", state)
    assert ways == "nntui attach mine shows it · nntui stop mine ends it"
    goes_on(tmp_path)
    assert len(workers(tmp_path)) == 1


@pytest.mark.parametrize(("size"), [(80, 24), (40, 12)])
def test_quitting_asks_whether_to_stop_to_leave_or_to_stay(start, tmp_path, size):
    t = start(*ENDLESS, size=size)
    t.until(r"loss \d")
    t.press("q")
    t.until("y +stop training, and quit")
    t.until("d +leave it running, and quit")
    t.until("esc +stay here")
    t.press("escape")
    t.until("stay here", gone=True)
    t.press("q")
    t.until("stay here")
    t.press("d")
    assert t.wait() == 0
    goes_on(tmp_path)


def test_a_paused_run_that_is_quit_ends_and_one_that_is_detached_stays(start, tmp_path):
    t = start(*ENDLESS, "--paused")
    t.until("paused")
    t.press("n")
    t.until("epoch 0 ")
    t.press("d")
    assert t.wait() == 0
    assert said(t)[0] == "mine is paused at epoch 0 of 100,000,000"
    again = start("attach", "mi", full_speed=False)
    again.until("paused +epoch 0 ")
    again.press("q")
    assert again.wait() == 0
    assert said(again)[:2] == [
        "mine is stopped at epoch 0 of 100,000,000",
        "nntui resume mine goes on",
    ]
    assert none_left(tmp_path, 0)


def test_a_run_that_is_complete_ends_when_nobody_is_there_any_more(start, tmp_path):
    t = start("--seed", "0", "--epochs", "200", "--name", "mine")
    t.until("completed")
    t.press("q")
    assert t.wait() == 0
    assert said(t)[0] == "mine is completed at epoch 199 of 200"
    assert none_left(tmp_path, 0)
    t = start("--seed", "0", "--epochs", "60000", "--name", "other")
    t.until(r"loss \d")
    t.press("d")
    assert t.wait() == 0
    until(tmp_path, lambda run: run["status"] == "completed", "other")
    assert none_left(tmp_path, 20)
    assert listed(tmp_path)["other"]["status"] == "completed"


def test_two_screens_show_and_steer_the_same(start, tmp_path):
    one = start(*ENDLESS)
    one.until(r"loss \d")
    other = start("attach", "mine", full_speed=False)
    other.until("running")
    other.press("+")
    for t in (one, other):
        t.until(r"lr 0\.2\b")
    one.press(" ")
    other.until("paused")
    one.until("paused")
    assert epoch(one) == epoch(other)
    one.press("g", *"100", "enter")
    for t in (one, other):
        t.until(r"paused +epoch 100 ")
    figures = [re.search(r"loss .*acc [\d.]+", t.text())[0] for t in (one, other)]
    assert figures[0] == figures[1]
    other.press("b", *"epoch == 150", "enter")
    other.until("1  epoch == 150")
    other.press("escape")
    other.until("stop where", gone=True)
    one.press("c")
    for t in (one, other):
        t.until(r"breakpoint 1: epoch == 150")
    one.press("q")  # paused, but not alone
    assert one.wait() == 0
    assert said(one)[0].startswith("mine is paused at epoch 150 ")
    other.press("n")
    other.until("epoch 151 ")


def test_a_session_that_one_screen_ends_is_said_so_on_the_other(start, tmp_path):
    one = start(*ENDLESS)
    one.until(r"loss \d")
    other = start("attach", "mine", full_speed=False)
    other.until("running")
    one.press("q")
    one.until("stop training")
    one.press("y")
    assert one.wait() == 0
    other.until("the session was ended, and the run is stopped")
    other.press("q")
    assert other.wait() == 0
    assert said(other)[1] == "nntui resume mine goes on"


def test_stopping_ends_runs_with_and_without_a_screen_and_says_how_to_go_on(start, tmp_path):
    t = start(*ENDLESS)
    t.until(r"loss \d")
    settings = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    with subprocess.Popen(
        [*NNTUI, "--headless", *ENDLESS[:4], "--name", "bare"],
        env=settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as bare:
        until(tmp_path, lambda run: run.get("epoch"), "bare")
        refused = nntui("attach", "bare", home=tmp_path)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "bare is trained without a screen" in refused.stderr
        done = nntui("stop", "mi", "bare", home=tmp_path)
        assert done.returncode == 0, done.stderr
        first, second = done.stdout.splitlines()
        assert re.fullmatch(r"mine is stopped at epoch [\d,]+ of .*: nntui resume mine .*", first)
        assert re.fullmatch(r"bare is stopped at epoch [\d,]+ of .*: nntui resume bare .*", second)
        assert bare.wait(10) == 0
    assert none_left(tmp_path, 0)
    t.until("the session was ended")
    again = nntui("stop", "mine", home=tmp_path)
    assert (again.returncode, again.stdout) == (0, first + "\n")


def test_attaching_and_resuming_say_which_of_them_it_is_to_be(start, tmp_path):
    t = start(*ENDLESS)
    t.until(r"loss \d")
    refused = nntui("resume", "mine", home=tmp_path)
    assert refused.returncode == 1
    assert "mine is running at epoch" in refused.stderr
    assert "nntui attach mine shows it" in refused.stderr
    assert refused.stderr.count("\n") == 1
    nntui("stop", "mine", home=tmp_path)
    for name in (["mine"], ["m"], []):
        refused = nntui("attach", *name, home=tmp_path)
        assert refused.returncode == 1
        assert re.fullmatch(
            r"nntui: mine is stopped at epoch .*: nntui resume mine goes on\n", refused.stderr
        )


def test_a_worker_that_is_killed_leaves_a_run_that_is_lost_and_can_be_resumed(start, tmp_path):
    t = start(*ENDLESS)
    t.until(r"loss \d")
    t.press("d")
    assert t.wait() == 0
    (worker,) = workers(tmp_path)
    os.kill(worker, signal.SIGKILL)
    run = until(tmp_path, lambda run: run["status"] == "lost")
    assert run["epoch"] > 0
    assert run["epochs_per_second"] is None
    refused = nntui("attach", home=tmp_path)
    assert "mine is lost at epoch" in refused.stderr
    t = start("resume", "mine", full_speed=False)
    t.until("running")
    goes_on(tmp_path)


def test_ctrl_c_and_quitting_before_a_run_is_built_end_it(start, tmp_path):
    file = tmp_path / "slow.py"
    file.write_text("import time\ntime.sleep(60)\n")
    t = start(str(file))
    t.until("starting")
    t.press("q")
    assert t.wait() == 0
    assert none_left(tmp_path, 0)
    assert listed(tmp_path) == {}


def test_a_run_that_is_not_recorded_ends_with_its_screen(start, tmp_path):
    (tmp_path / "nntui").write_text("in the way")
    t = start(*ENDLESS)
    t.until("this run is not recorded")
    assert len(workers(tmp_path)) == 1
    os.kill(t.child.pid, signal.SIGKILL)
    assert none_left(tmp_path, 3)


def other_version(path, version):
    """Listen as a session of another version does, for one client."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def serve():
        stream, _ = listener.accept()
        body = msgspec.msgpack.encode({"type": "Welcome", "protocol": version, "more": [1]})
        stream.sendall(HEADER.pack(len(body)) + body)
        while stream.recv(1024):
            pass
        stream.close()
        listener.close()

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def test_a_session_of_another_version_is_told_so_in_a_line(start, tmp_path):
    done = nntui("--headless", "--epochs", "3", "--name", "mine", home=tmp_path)
    assert done.returncode == 0
    directory = tmp_path / "nntui" / "runs" / "mine"
    lock = hold(directory)
    thread = other_version(directory / "socket", PROTOCOL + 1)
    try:
        t = start("attach", "mine", full_speed=False)
        assert t.wait() == 1
    finally:
        os.close(lock)
        thread.join()
    output = " ".join(t.output.decode().split())
    assert f"the session speaks version {PROTOCOL + 1} of the protocol" in output
    assert "`nntui stop mine` ends it, and `nntui resume mine` goes on with it" in output
    assert b"\x1b[?1049h" not in t.output, "the screen opened for nothing"


def kill_the_screen(start, home, seed):
    """Kill the screen at any moment; the training goes on, and is found again."""
    chance = random.Random(seed)
    t = start(*ENDLESS)
    if chance.random() < 0.8:
        t.until(r"loss \d")
    else:
        until(home, lambda run: run.get("live"))
    for _ in range(chance.randrange(6)):
        t.child.send(chance.choice("nNsS+-b\x1be45 ccco?"))
    t.pump(chance.uniform(0, 0.3))
    os.kill(t.child.pid, signal.SIGKILL)
    t.wait()
    until(home, lambda run: run.get("status") in ("running", "paused"))
    again = start("attach", full_speed=False)
    again.until("running|paused")
    again.press(" ")
    again.until("epoch")
    again.press("d", patience=0.3)
    again.close()
    assert nntui("stop", "mine", home=home).returncode == 0
    assert none_left(home, 0)
    assert listed(home)["mine"]["status"] == "stopped"
    log = (home / "nntui" / "runs" / "mine" / "log").read_text()
    assert "Traceback" not in log, log


@pytest.mark.parametrize("seed", thinned(range(100), 100))
def test_a_screen_that_is_killed_at_any_moment_costs_nothing(start, tmp_path, seed):
    kill_the_screen(start, tmp_path, seed)


def test_workers_end_when_they_are_told_to_even_paused(start, tmp_path):
    for options in (["--paused"], []):
        t = start("--seed", "0", "--epochs", "100000000", *options)
        t.until("paused|running")
        t.close()
    assert end_workers(tmp_path)
    assert {run["status"] for run in listed(tmp_path).values()} == {"stopped"}
