"""One thread multiplies matrices, unless several are asked for or help much."""

import os
import subprocess
import sys
import time

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from engine import events
from engine.service.build import build_trainer
from engine.service.description import Description
from engine.service.journal import read_journal
from engine.service.session import Session
from engine.service.threads import limit_threads


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def threads():
    return max((i["num_threads"] for i in threadpool_info() if i["user_api"] == "blas"), default=1)


@pytest.mark.parametrize("wanted", [1, 2])
def test_as_many_threads_as_are_asked_for(wanted):
    before = threads()
    with limit_threads(build_trainer(Description(hidden=(64, 32))), wanted):
        assert threads() == wanted
    assert threads() == before


def test_small_products_take_one_thread_without_a_trial():
    trainer = build_trainer(Description())
    with threadpool_limits(2, "blas"), limit_threads(trainer):
        assert threads() == 1


def test_several_threads_that_do_not_help_are_not_taken():
    trainer = build_trainer(Description(hidden=(64, 64)))
    core = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(core)})  # two threads on one core cannot be faster than one
        for thread in os.listdir("/proc/self/task"):
            os.sched_setaffinity(int(thread), {min(core)})
        with threadpool_limits(2, "blas"), limit_threads(trainer):
            assert threads() == 1
    finally:
        for thread in os.listdir("/proc/self/task"):
            os.sched_setaffinity(int(thread), core)


def nntui(*arguments):
    command = [sys.executable, "-m", "tui", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_a_replay_takes_as_many_threads_as_the_run(tmp_path):
    wide = ["--hidden", "300,300", "--epochs", "5", "--json", "--seed", "1"]
    nntui(*wide, "--threads", "2", "--name", "two")
    journal, _ = read_journal(tmp_path / "nntui" / "runs" / "two")
    assert journal.environment.threads == 2
    assert nntui("replay", "two").stdout == "main: 5 epochs and the weights\nidentical\n"


def test_busy_cores_slow_it_no_more_than_one_thread():
    options = ["--hidden", "64,64", "--epochs", "300", "--headless", "--seed", "1"]
    loops = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in os.sched_getaffinity(0)
    ]
    try:
        took = {}
        for given in (("--threads", "1"), ()):
            begin = time.perf_counter()
            nntui(*options, *given)
            took[given] = time.perf_counter() - begin
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
    assert took[()] < 3 * took["--threads", "1"]


@pytest.mark.parametrize("number", [1, 2])
def test_it_is_said_where_the_speed_on_several_threads_falls_by_half(number):
    description = Description(epochs=10**9, samples=5)
    trainer = build_trainer(description)
    session = Session(trainer, description)
    session.threads = number
    pause = 0.0
    trainer.subscribe(events.EpochMeasured, lambda event: time.sleep(pause))
    for pause in (0.0, 0.01):  # noqa: B007  (the subscriber reads it)
        for _ in range(23):
            session.advance(0.1)
    assert ("--threads 1 may be faster" in session.message) == (number > 1)
