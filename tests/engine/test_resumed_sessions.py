"""A session that was killed goes on with its branches, breakpoints and past in place."""

import json
import os
import random
import signal
import subprocess
import sys

import pytest

from engine.protocol import commands
from engine.runs.description import Description
from engine.runs.opening import opened
from engine.runs.run import Run
from engine.service.session import Session
from tests.command import nntui
from tests.thin import thinned

WAYS = (
    *(commands.Step(u, b) for u in ("epoch", "batch", "operation") for b in (True, False)),
    commands.GoTo(-25, relative=True),
    commands.GoTo(60, relative=True),
    commands.GoTo(30),
    commands.NudgeLearningRate(1),
    commands.NudgeLearningRate(-1),
    commands.Edit("dense_1.weights[0, 0] = 0.3"),
    commands.Edit("data.X[2, 1] = -1.5"),
    commands.Edit("data.y[3] = 2"),
    commands.Undo(),
    commands.Fork(),
    commands.GoOver("main"),
    commands.GoOver("branch_1"),
    commands.Restart(new_weights=False),
    commands.SetBreakpoint("loss < 1.05"),
    commands.SetBreakpoint("epoch > 40 once"),
    commands.SwitchBreakpoint(1),
    commands.RemoveBreakpoint(2),
    commands.RunBack(),
    commands.TrainFurther(50),
)


def ways_of(seed, count):
    draw = random.Random(seed)
    return [commands.GoTo(40), *(draw.choice(WAYS) for _ in range(count))]


def play(name, ways):
    """Open a run, do as told, and return how it then is."""
    with opened(Run.find(name)) as held:
        session = Session(held.trainer, held.description, recorder=held.recorder)
        for way in ways:
            session.handle(way)
            while session.running:
                session.advance(1)
        return state_of(session)


def state_of(session):
    trainer = session.trainer
    return {
        "branches": [
            [b.name, b.parent.name if b.parent else "", list(b.left), list(b.reached)]
            for b in trainer.timeline.branches
        ],
        "on": trainer.timeline.branch.name,
        "changes": [[c.text for c in b.changes] for b in trainer.timeline.branches],
        "breakpoints": [[b.number, b.text, b.on, b.held] for b in trainer.breakpoints.all],
        "position": list(trainer.position),
        "epochs": trainer.epochs,
        "learning_rate": trainer.learning_rate,
        "status": session.status,
        "loss": trainer.measured.loss if trainer.measured else None,
        "history": [b.history.epochs for b in trainer.timeline.branches],
        "state": trainer.timeline.saver.digest(),
    }


KILLED = """
import json, os, signal, sys
from tests.engine.test_resumed_sessions import play, ways_of
seed, count = map(int, sys.argv[1:])
print(json.dumps(play("killed", ways_of(seed, count))), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def made(name, **options):
    options = {"samples": 5, "hidden": (4,), "epochs": 200, "paused": True, **options}
    return Run.create(Description(name=name, **options))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.getcwd())
    return tmp_path


def do_and_be_killed(seed, count):
    """Do as told in a process that is killed while it holds the run; return how it then was."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(seed), str(count)], capture_output=True, text=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("seed", thinned(range(60), 20))
def test_all_is_in_place_after_a_crash_and_goes_on_to_the_same_bits(seed):
    options = {"seed": seed, "batch_size": random.Random(seed).choice([None, 4])}
    made("killed", **options)
    before = do_and_be_killed(seed, 25)
    assert play("killed", []) == before
    made("whole", **options)
    later = ways_of(-seed - 1, 15)[1:]
    resumed = play("killed", later)
    undisturbed = play("whole", [*ways_of(seed, 25), *later])
    assert resumed == undisturbed


def test_going_back_reaches_what_was_before_the_crash():
    made("killed", seed=3)
    do_and_be_killed(3, 0)
    made("whole", seed=3)
    for epoch in (39, 17, 0, 33):
        now, then = (
            play(name, [commands.GoTo(40), commands.GoTo(epoch)]) for name in ("killed", "whole")
        )
        assert (now["state"], now["loss"]) == (then["state"], then["loss"])


def test_what_is_trained_already_is_refused_in_a_line(home):
    made("mine")
    with opened(Run.find("mine")):
        done = nntui("resume", "mine", "--headless")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "attach" in done.stderr


def test_other_data_are_refused_beforehand_and_taken_anyway(home, monkeypatch):
    monkeypatch.chdir(home)
    rows = home / "rows.csv"
    rows.write_text("1,2,a\n3,4,b\n2,1,a\n")
    nntui("rows.csv", "--headless", "--name", "mine", "--epochs", "20", "--break", "epoch > 9")
    rows.write_text("1,2,a\n3,4,b\n2,2,a\n")
    done = nntui("resume", "mine", "--headless")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "it cannot be resumed bit for bit: the data are others" in done.stderr
    assert "--anyway" in done.stderr
    done = nntui("resume", "mine", "--headless", "--anyway")
    assert done.returncode == 0, done.stderr
