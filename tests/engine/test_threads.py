"""One thread multiplies matrices, unless several are asked for or help much."""

import os
import subprocess
import sys
import time

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from engine.debugging.branches import BEGINNING
from engine.debugging.changes import ChangeError
from engine.protocol.events import Position
from engine.runs.build import build_trainer
from engine.runs.description import Description
from engine.runs.replay import IDENTICAL_SO_FAR, replay
from engine.runs.run import Run
from engine.runs.threads import (
    HALF_AS_FAST,
    STRETCHES,
    FullSpeed,
    Slowdown,
    helps,
    limit_threads,
)
from tests import records
from tests.command import nntui


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


def test_a_replay_takes_as_many_threads_as_the_run(tmp_path):
    wide = ["--hidden", "300,300", "--epochs", "5", "--json", "--seed", "1"]
    nntui(*wide, "--threads", "2", "--name", "two")
    assert records.journal_of(Run.find("two")).environment.threads == 2
    assert nntui("replay", "two").stdout == "main: 5 epochs and the state\nidentical\n"


@pytest.mark.endurance  # others on the machine must leave both cores to it
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


@pytest.mark.parametrize(
    ("on_two", "on_one", "several"),
    [
        ([1.0, 1.0, 9.0], [2.0, 2.0, 2.0], True),  # one turn of many was interrupted
        ([1.0] * 7, [1.5] * 7, True),
        ([1.0] * 7, [1.4] * 7, False),
        ([5.0] * 7, [1.0] * 7, False),
    ],
)
def test_several_threads_are_taken_where_the_trial_shows_that_they_are_a_third_faster(
    on_two, on_one, several
):
    assert helps(on_two, on_one) is several


def speeds(*parts):
    """Return at which of the seconds, each with so many iterations, the speed had halved."""
    slowdown = Slowdown()
    seconds = [speed for speed, number in parts for _ in range(number)]
    return [k for k, speed in enumerate(seconds) if slowdown.has_halved(speed, 1.0)]


def test_the_speed_has_halved_only_after_some_seconds_below_half_of_it():
    assert speeds((100, 100)) == []
    assert speeds((100, 60), (60, 60)) == []  # not half as fast
    assert speeds((100, 60), (40, 5), (100, 60)) == []  # not for long
    assert speeds((100, 60), (0.01, 1), (100, 60)) == []  # stopped for a while
    halved = speeds((100, 60), (40, 60))
    assert halved
    assert 60 + STRETCHES // 2 <= halved[0] < 60 + STRETCHES


def slow_down(full_speed):
    """Make it believe that the training was a thousand times as fast before."""
    full_speed.slowdown.forget()
    for _ in range(STRETCHES):
        full_speed.slowdown.has_halved(10**9, 1.0)
    for _ in range(STRETCHES - 1):
        full_speed.slowdown.has_halved(1, 1.0)


def bits(trainer):
    return trainer.network.parameters.tobytes()


# On two threads, its products are rounded otherwise than on one.
WIDE = {"hidden": (300, 100), "samples": 101, "seed": 1, "epochs": 4000, "threads": 2}


@pytest.fixture
def two_threads():
    with threadpool_limits(2, "blas"):
        if threads() < 2:
            pytest.skip("this BLAS has one thread")
        yield


@pytest.fixture
def recorded(two_threads):
    """Train in a session that falls back to one thread; return it, and where that was."""
    with records.session_of(Run.create(Description(**WIDE, name="wide"))) as session:
        trainer = session.trainer
        session.advance(0.2)
        assert threads() == 2
        slow_down(session._full_speed)
        while not trainer.timeline.branch.changes and not trainer.done:
            session.advance(0.2)
        (change,) = trainer.timeline.branch.changes
        yield session, change


def test_the_change_to_one_thread_is_recorded_and_said_once(recorded):
    session, change = recorded
    trainer = session.trainer
    assert (change.target, change.before, change.after) == ("threads", 2, 1)
    assert change in session.outbox
    assert session.message == HALF_AS_FAST
    assert (threads(), len(trainer.timeline.branches)) == (1, 1)
    slow_down(session._full_speed)
    session.advance(0.2)
    assert trainer.timeline.branch.changes == [change]


def test_the_change_to_one_thread_is_made_again_on_the_way_back_and_on(recorded):
    session, change = recorded
    trainer = session.trainer
    end, weights = Position(change.position.epoch + 2, 0, 0), {}
    trainer.run(end.epoch)
    for back in range(4):
        here = Position(end.epoch - back, 0, 0)
        trainer.go_to(here)
        weights[here] = bits(trainer)
        assert threads() == (2 if here < change.position else 1)
    trainer.go_to(BEGINNING)
    assert threads() == 2
    for here in sorted(weights):
        trainer.run(here.epoch)
        assert (bits(trainer), threads() == 1) == (weights[here], here >= change.position)
    assert len(trainer.timeline.branches) == 1


def test_no_person_changes_the_threads_and_a_restart_keeps_one(recorded):
    session, change = recorded
    trainer = session.trainer
    with pytest.raises(ChangeError, match="--threads"):
        trainer.change("threads", 4)
    trainer.go_to(change.position)
    assert not trainer.undo()
    assert threads() == 1
    trainer.restart()
    assert (trainer.position, threads()) == (BEGINNING, 1)


def test_a_run_that_went_on_with_one_thread_is_replayed_to_the_same_bits(recorded):
    session, change = recorded
    trainer = session.trainer
    trainer.go_to(Position(change.position.epoch - 2, 0, 0))
    trainer.change("learning_rate", 0.3)
    trainer.run(change.position.epoch + 5)
    session.record()
    *_, verdict = replay(Run.find("wide"))
    assert verdict == IDENTICAL_SO_FAR
    assert threads() == 2  # on this branch


def test_an_edit_beside_the_change_to_one_thread_is_undone_alone(recorded):
    session, change = recorded
    trainer = session.trainer
    trainer.change("learning_rate", 0.3)
    assert trainer.undo()
    assert trainer.learning_rate == 0.1
    assert trainer.timeline.branch.changes == [change]
    assert not trainer.undo()


def test_a_trial_decides_for_a_fresh_training_but_not_for_one_that_has_begun(
    two_threads, monkeypatch
):
    trainer = build_trainer(Description(**WIDE))
    monkeypatch.setattr("engine.runs.threads.GAIN", 0)  # whatever several threads do, it helps
    with limit_threads(trainer):
        assert threads() == 2
    trainer.run(1)
    with limit_threads(trainer):
        assert threads() == 1


def test_the_change_to_one_thread_is_made_on_new_ground_only(two_threads, monkeypatch):
    monkeypatch.setattr("engine.runs.threads.STRETCH", 0)
    trainer, said = build_trainer(Description(**WIDE)), []
    trainer.run(20)
    trainer.go_to(Position(5, 0, 0))
    full_speed = FullSpeed(trainer, said.append)
    slow_down(full_speed)
    full_speed.run(10)
    assert (said, trainer.timeline.branch.changes) == ([], [])
    full_speed.run(25)
    (change,) = trainer.timeline.branch.changes
    assert (said, change.position) == ([HALF_AS_FAST], Position(25, 0, 0))
    assert len(trainer.timeline.branches) == 1


def test_the_speed_is_compared_only_while_the_same_breakpoints_are_set(two_threads):
    trainer = build_trainer(Description(**WIDE))
    full_speed = FullSpeed(trainer, pytest.fail)
    slow_down(full_speed)
    trainer.breakpoints.add("loss < 0")
    full_speed.run(deadline=time.perf_counter() + 0.2)
    assert trainer.iteration
    assert not trainer.timeline.branch.changes


SLOWER = """
import time
import numpy as np
from engine import *
from engine.runs import threads
threads.STRETCH, threads.STRETCHES = 0.02, 5
X = np.random.uniform(-1, 1, (20, 2)); y = (X[:, 0] * X[:, 1] > 0).astype(int)
class Slower:
    passes = 0
    def forward(self, inputs):
        self.passes += 1
        time.sleep(0.002 if self.passes < 200 else 0.02)
        self.output = inputs
    def backward(self, dvalues): self.dinputs = dvalues
trainer = Trainer(Network([Dense(2, 8), Slower(), Dense(8, 2)]), SoftmaxCrossEntropy(),
                  GradientDescent(0.5), Dataset(X, y), epochs=300)
"""


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one core")
def test_the_change_to_one_thread_is_said_once_without_a_screen(tmp_path):
    (tmp_path / "slower.py").write_text(SLOWER)
    done = nntui(str(tmp_path / "slower.py"), "--threads", "2", "--json", "--name", "slower")
    assert done.stderr.splitlines() == [HALF_AS_FAST]
    journal = records.journal_of(Run.find("slower"))
    assert [change.target for change in journal.branches[0].changes] == ["threads"]
    assert nntui("replay", "slower").stdout.endswith("identical\n")
