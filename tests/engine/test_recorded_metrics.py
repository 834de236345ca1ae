"""Metrics of any name in a run's record, in a replay, and in what is printed of a file."""

import json

import numpy as np
import pytest

from engine.protocol import commands
from engine.runs.description import Description
from engine.runs.replay import Difference, replay
from engine.runs.run import Run
from tests import records
from tests.command import nntui

ADDED = """
import numpy as np
from engine import Dataset, Dense, EpochMeasured, GradientDescent, Network, ReLU
from engine import SoftmaxCrossEntropy, Trainer

random = np.random.default_rng(0)
X = random.uniform(-1, 1, (40, 2))
y = (X[:, 0] * X[:, 1] > 0).astype(int)
network = Network([Dense(2, 8), ReLU(), Dense(8, 2)])
trainer = Trainer(
    network, SoftmaxCrossEntropy(), GradientDescent(0.5), Dataset(X, y), epochs=200, seed=1
)
trainer.metric("margin", lambda t: abs(t.probabilities[:, 0] - 0.5).mean(), direction="more")

def add(event):
    if event.epoch == 20:
        trainer.metric("weights.l2", lambda t: (t.network.layers[0].weights ** 2).sum())
        for k in range(18):
            trainer.metric(f"m{k}", lambda t, k=k: k / (t.epoch - 30) if t.epoch > 30 else k)

trainer.subscribe(EpochMeasured, add)
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Make a run of a file, do as told, and return it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "mine.py").write_text(ADDED)

    def make(*ways):
        return records.make(ways, **records.own(tmp_path / "mine.py"))

    return make


def numbers(run, branch=0):
    return records.metrics_of(run, branch)


def test_the_record_keeps_a_metric_that_is_added_on_the_way(run):
    made = run(
        commands.GoTo(30), commands.GoTo(25), commands.NudgeLearningRate(1), commands.GoTo(40)
    )
    for branch, epochs in ((0, 31), (1, 41)):
        found = numbers(made, branch)
        assert (len(found.values), found.missing) == (epochs, 0)
        assert found.names[:4] == ["loss", "accuracy", "margin", "weights.l2"]
        assert found.widths.tolist() == [3] * 21 + [22] * (epochs - 21)
        assert np.isnan(found.values).all(axis=1).sum() == 0
        assert (np.isnan(found.values).sum(axis=1) == 22 - found.widths).all()
    assert [*replay(made)] == [
        "main: 31 epochs and the state",
        "branch_1: 41 epochs and the state",
        "identical",
    ]


def test_what_a_window_shows_is_read_back_from_the_record(tmp_path, monkeypatch):
    """Epoch by epoch, also across branches and where metrics have been added."""
    monkeypatch.setattr("engine.training.history.History.__init__.__defaults__", (8,))
    (tmp_path / "mine.py").write_text(ADDED)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = Run.create(Description(**records.own(tmp_path / "mine.py", paused=True)))
    ways = [
        commands.GoTo(90),
        commands.GoTo(75),
        commands.NudgeLearningRate(1),
        commands.GoTo(110),
    ]
    with records.session_of(made) as session:
        records.do(session, ways)
        history = session.trainer.history
        assert history.span > 8
        found = numbers(made, 1)
        for name in ("loss", "margin", "weights.l2"):
            for first, end in ((0, 60), (15, 30), (60, 111), (70, 80), (74, 77)):
                curve = history.curve(name, 1000, end, first)
                expected = found.values[first:end, found.names.index(name)]
                np.testing.assert_array_equal(curve.mean, expected)
                assert (curve.first, curve.span) == (first, 1)


@pytest.mark.parametrize("name", ["loss", "margin", "weights.l2", "m17"])
def test_a_replay_names_the_metric_that_differs(run, name):
    made = run(commands.GoTo(30))
    column = numbers(made).names.index(name)

    def change(first, figures):
        if first <= 25 < first + len(figures):
            figures[25 - first, column] = np.nextafter(figures[25 - first, column], 1)
        return first, figures

    records.rewrite_metrics(made, change)
    with pytest.raises(Difference, match=f"main: epoch 25 differs: {name} "):
        list(replay(made))


@pytest.mark.parametrize("lost", [(0, 31), (20, 31), (0, 5), (7, 31)])
def test_epochs_that_are_lost_before_others_are_counted(run, lost):
    made = run(commands.GoTo(30))
    begin, end = lost

    def change(first, figures):
        rows = np.arange(first, first + len(figures))
        kept = figures[rows < begin] if first < begin else figures[rows >= end]
        return (first if first < begin else max(first, end)), kept

    records.rewrite_metrics(made, change)
    found = numbers(made)
    assert found.missing == end - begin
    said = f"{end - begin} epochs were measured that are not recorded"
    with pytest.raises(Difference, match=said):
        list(replay(made))


def test_what_is_not_measured_now_is_not_said_to_be_compared(run):
    made = run(
        commands.GoTo(30), commands.GoTo(10), commands.NudgeLearningRate(1), commands.GoTo(24)
    )
    assert numbers(made, 1).widths.tolist() == [3] * 11 + [22] * 14
    with pytest.raises(Difference, match=r"weights\.l2 was measured in 10 epochs in which it was"):
        list(replay(made))


def test_a_restart_may_run_the_same_line_again(run):
    made = run(commands.GoTo(30), commands.Restart(new_weights=False))
    assert numbers(made, 1).widths.tolist() == [22] * 200


# -- a file, as a process --------------------------------------------------------------------------


def test_a_file_that_adds_metrics_is_trained_stopped_and_replayed(tmp_path):
    mine, home = tmp_path / "mine.py", tmp_path / "state"
    mine.write_text(ADDED)
    done = nntui(mine, "--json", "--log-every", 1, "--seed", 1, "--name", "one", home=home)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    epochs = [line for line in lines if line["type"] == "epoch"]
    assert list(epochs[0]) == ["type", "epoch", "loss", "accuracy", "margin", "learning_rate"]
    assert ("m9" in epochs[20], epochs[21]["m9"]) == (False, 9.0)
    assert lines[-1]["margin"] == epochs[-1]["margin"]
    done = nntui("replay", "one", home=home)
    assert done.stdout == "main: 200 epochs and the state\nidentical\n"
    first = next(line for line in epochs if line["margin"] > 0.1)
    done = nntui(mine, "--headless", "--seed", 1, "--break", "margin > 0.1", home=home)
    assert f"breakpoint 1: margin > 0.1 · after epoch {first['epoch']}" in done.stdout
    assert f"margin: {first['margin']}" in done.stdout


def test_an_error_of_a_metric_shows_the_persons_own_line(tmp_path):
    mine = tmp_path / "mine.py"
    raises = "trainer.metric('bad', lambda t: 1 // (t.epoch - 5))\n"
    mine.write_text(ADDED + raises)
    done = nntui(mine, "--json", home=tmp_path / "state")
    assert done.returncode == 1
    assert "in epoch 5, before loss.backward" in done.stderr
    assert raises.strip() in done.stderr
    mine.write_text(ADDED + "trainer.metric('epoch', lambda t: 1)\n")
    done = nntui(mine, "--headless", home=tmp_path / "state")
    assert done.returncode == 2
    assert "a metric cannot be named 'epoch'" in done.stderr
