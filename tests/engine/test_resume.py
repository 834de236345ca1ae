"""A run that was killed goes on from its record, to the bits of one that nothing disturbed."""

import os
import random
import subprocess
import time

import numpy as np
import pytest

from engine.runs.run import Run
from tests import records
from tests.command import NNTUI, nntui
from tests.thin import thinned

OFTEN = "from engine.runs import checkpoints\ncheckpoints.EVERY = 0.02\n"
STRANGER = (
    OFTEN
    + """
import time
from tests.strangers import build
from engine.protocol.events import EpochMeasured
trainer = build({kind!r}, batch_size={batch_size})
trainer.epochs = 1500
trainer.observe(EpochMeasured, lambda event: time.sleep(0.0005))
"""
)
TOY = (
    OFTEN
    + """
import numpy as np
from engine import Dense, GradientDescent, Network, ReLU, SoftmaxCrossEntropy, Trainer, toy
data = toy("spiral", 20, 3, np.random.RandomState(0))
network = Network([Dense(2, 8), ReLU(), Dense(8, 3)])
trainer = Trainer(network, SoftmaxCrossEntropy(), GradientDescent(0.5), data,
                  epochs={epochs}, batch_size={batch_size})
"""
)
# Networks, and how many epochs take some tenths of a second.
KINDS = ("toy", "batches", "MomentumByLayer", "Noisy", "Dropout", "ModuleDropout", "Rebinding")
MOMENTS = thinned([(KINDS[k % len(KINDS)], k) for k in range(200)], 71)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PYTHONPATH", os.getcwd())
    return tmp_path


def options_of(kind, home):
    text, fields = {
        "toy": (TOY, {"epochs": 20_000, "batch_size": None}),
        "batches": (TOY, {"epochs": 4_000, "batch_size": 16}),
    }.get(kind, (STRANGER, {"kind": kind, "batch_size": 8 if kind == "Dropout" else None}))
    (home / "mine.py").write_text(text.format(**fields))
    return [str(home / "mine.py"), "--seed", "1"]


def start(*arguments):
    command = [*NNTUI, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def kill_after(process, seconds):
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
    process.communicate()


def assert_equal(one, other):
    one, other = Run.find(one), Run.find(other)
    assert records.all_metrics(one) == records.all_metrics(other)
    assert records.states_of(one) == records.states_of(other)
    with np.load(one.directory / "weights.npz") as a, np.load(other.directory / "weights.npz") as b:
        assert {k: a[k].tobytes() for k in a} == {k: b[k].tobytes() for k in b}


@pytest.mark.parametrize(("kind", "moment"), MOMENTS)
def test_a_run_that_was_killed_at_any_moment_comes_to_the_same_bits(home, kind, moment):
    options = options_of(kind, home)
    begun = time.perf_counter()
    assert nntui(*options, "--headless", "--name", "whole").returncode == 0
    took = time.perf_counter() - begun
    draw = random.Random(moment)
    kill_after(start(*options, "--headless", "--name", "killed"), took * draw.uniform(0.3, 1.1))
    for _ in range(draw.choice([0, 0, 1, 3])):
        kill_after(start("resume", "killed", "--headless"), took * draw.uniform(0.3, 0.8))
    done = nntui("resume", "killed", "--headless")
    assert done.returncode == 0, done.stderr
    assert_equal("whole", "killed")
    assert nntui("replay", "killed").stdout.endswith("identical\n")
