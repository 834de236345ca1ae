"""A run is told again bit for bit, from its directory alone."""

import hashlib
import json
import os
import random

import msgspec
import numpy as np
import pytest

from engine.debugging.branches import digest
from engine.protocol import commands
from engine.runs.build import build_trainer
from engine.runs.description import Description, SourceError
from engine.runs.journal import Sealed, describe, read_journal, read_metrics, write_journal
from engine.runs.record import Recorder
from engine.runs.replay import Difference, replay
from engine.runs.run import Run
from engine.runs.threads import limit_threads
from engine.service.session import Session
from tests.strangers import STRANGERS
from tests.thin import thinned

WAYS = (
    *(commands.Step(u, b) for u in ("epoch", "batch", "operation") for b in (True, False)),
    commands.GoTo(-5, relative=True),
    commands.GoTo(9, relative=True),
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
    commands.Restart(new_weights=True),
)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Make a run, do as told, and return it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    def make(ways, **options):
        options = {"samples": 5, "hidden": (4,), "epochs": 60, "paused": True, **options}
        run = Run.create(Description(**options))
        trainer = build_trainer(run.description)
        with limit_threads(trainer):
            session = Session(trainer, run.description)
            recorder = Recorder(trainer, run.description, run.directory, session.warn)
            session.record = recorder.save
            for way in ways:
                session.handle(way)
                while session.running:
                    session.advance(1)
            recorder.close()
            assert not session.not_recorded
        return run

    return make


@pytest.mark.parametrize("seed", thinned(range(12), 3))
def test_whatever_was_done_is_done_again(run, seed):
    draw = random.Random(seed)
    batch_size, dtype = draw.choice([None, 4]), draw.choice(["float64", "float32"])
    ways = [commands.GoTo(12), *(draw.choice(WAYS) for _ in range(40))]
    made = run(ways, batch_size=batch_size, dtype=dtype)
    *compared, verdict = replay(made)
    assert compared
    assert verdict == "identical"
    assert all(line.endswith("the state") for line in compared)


def test_a_figure_that_differs_is_named(run):
    made = run([commands.GoTo(30)])
    path = made.directory / "metrics-main-2.f64"
    figures = np.frombuffer(path.read_bytes()).copy()
    figures[2 * 17] = np.nextafter(figures[2 * 17], 1)
    path.write_bytes(figures.tobytes())
    with pytest.raises(Difference, match="main: epoch 17 differs: loss"):
        list(replay(made))


def test_weights_that_differ_are_said(run):
    made = run([commands.GoTo(30)])
    journal, _ = read_journal(made.directory)
    other = msgspec.structs.replace(journal.environment, weights="0")
    write_journal(made.directory, msgspec.structs.replace(journal, environment=other))
    with pytest.raises(SourceError, match="first weights"):
        list(replay(made))
    branch = msgspec.structs.replace(journal.branches[0], state="0")
    write_journal(made.directory, msgspec.structs.replace(journal, branches=[branch]))
    with pytest.raises(Difference, match="the state differs after epoch 30"):
        list(replay(made))


def test_an_older_record_has_the_weights_digest_alone(run):
    made = run([commands.GoTo(30)])
    path = made.directory / "journal.json"
    again = build_trainer(made.description)
    with limit_threads(again):
        again.run(31)

    def write(weights):
        journal = json.loads(path.read_bytes())["journal"]
        del journal["branches"][0]["state"]
        journal["branches"][0]["weights"] = weights
        text = msgspec.json.encode(journal)
        sealed = Sealed(hashlib.sha256(text).hexdigest(), msgspec.Raw(text))
        path.write_bytes(msgspec.json.encode(sealed))

    recorded = path.read_bytes()
    write(digest(again.network.parameters))
    assert list(replay(made)) == ["main: 31 epochs and the weights", "identical"]
    path.write_bytes(recorded)
    write("0")
    with pytest.raises(Difference, match="the weights differ after epoch 30"):
        list(replay(made))


LATE_MOMENTS = """
from pathlib import Path
import numpy as np
from engine import Dataset, Dense, GradientDescent, Network, SoftmaxCrossEntropy, Trainer

class Momentum(GradientDescent):
    moments = float(Path(__file__).with_name("first.txt").read_text())

    def update_parameters(self, layer):
        self.moments = 0.9 * self.moments + np.abs(layer.dweights).sum()
        super().update_parameters(layer)

data = Dataset(np.arange(4.0)[:, None], np.array([0, 0, 1, 1]))
trainer = Trainer(Network([Dense(1, 2)]), SoftmaxCrossEntropy(), Momentum(0.1), data)
"""


def test_what_an_optimizer_keeps_is_compared_too(run, tmp_path):
    """Its moments differ, and the weights do not yet."""
    (tmp_path / "mine.py").write_text(LATE_MOMENTS)
    (tmp_path / "first.txt").write_text("0")
    options = {"source": str(tmp_path / "mine.py"), "epochs": None, "learning_rate": None}
    made = run([commands.GoTo(9)], **options)
    assert list(replay(made)) == ["main: 10 epochs and the state", "identical"]
    (tmp_path / "first.txt").write_text("1")
    with pytest.raises(Difference, match=r"the state differs after epoch 9: .* optimizer"):
        list(replay(made))


@pytest.mark.parametrize("name", thinned(STRANGERS, 3))
def test_parts_of_ones_own_come_to_the_same_state_again(run, tmp_path, name):
    draw = random.Random(name)
    batch_size = draw.choice([None, 8])
    # What is predicted after an edit draws from a module's generators, and undo would take back
    # what a callback has changed and changes again.
    ways = [way for way in WAYS if not isinstance(way, commands.Edit | commands.Undo)]
    (tmp_path / "mine.py").write_text(
        f"from tests.strangers import build\ntrainer = build({name!r}, batch_size={batch_size})\n"
    )
    options = {"source": str(tmp_path / "mine.py"), "epochs": None, "learning_rate": None}
    made = run([commands.GoTo(12), *(draw.choice(ways) for _ in range(10))], **options)
    *compared, verdict = replay(made)
    assert verdict == "identical"
    assert all(line.endswith("the state") for line in compared)


def test_what_cannot_be_told_again_is_said_beforehand(run, tmp_path, monkeypatch):
    rows = tmp_path / "rows.csv"
    rows.write_text("1,2,a\n3,4,b\n2,1,a\n")
    monkeypatch.chdir(tmp_path)
    made = run([commands.GoTo(3)], source="rows.csv")
    monkeypatch.chdir("/")
    assert list(replay(made)) == ["main: 4 epochs and the state", "identical"]
    rows.write_text("1,2,a\n3,4,b\n2,2,a\n")
    with pytest.raises(SourceError, match="the data are others"):
        list(replay(made))
    rows.unlink()
    with pytest.raises(SourceError, match="no longer there"):
        list(replay(made))


def test_another_numpy_is_said_beforehand(run, monkeypatch):
    made = run([commands.GoTo(3)])
    monkeypatch.setattr(np, "__version__", "1.0")
    with pytest.raises(SourceError, match=r"NumPy was 2\..*, and is 1\.0"):
        list(replay(made))


def test_a_run_without_a_journal(run):
    made = run([])
    (made.directory / "journal.json").unlink()
    with pytest.raises(SourceError, match="no journal"):
        list(replay(made))
    (made.directory / "journal.json").write_text("{")
    with pytest.raises(SourceError, match=r"journal\.json is damaged"):
        list(replay(made))


def test_metrics_of_a_branch_begin_with_its_parents(run):
    made = run(
        [commands.GoTo(30), commands.GoTo(10), commands.NudgeLearningRate(1), commands.GoTo(20)]
    )
    journal, _ = read_journal(made.directory)
    main, branch = (read_metrics(made.directory, journal, b).values for b in journal.branches)
    assert (len(main), len(branch)) == (31, 21)
    assert (main[:11] == branch[:11]).all()
    assert (main[12:21] != branch[12:21]).any()


def test_many_branches_keep_one_file_open_and_are_read_however_deep(run):
    ways = [commands.GoTo(3)]
    for _ in range(300):
        ways += [commands.Step("epoch", back=True), commands.Fork(), commands.Step("epoch")]
    before = len(os.listdir("/proc/self/fd"))
    most = 0

    def count():
        nonlocal most
        for way in ways:
            most = max(most, len(os.listdir("/proc/self/fd")) - before)
            yield way

    made = run(count(), samples=2, hidden=(2,))
    assert most <= 2
    journal, _ = read_journal(made.directory)
    assert len(journal.branches) == 301
    deep = [
        msgspec.structs.replace(journal.branches[-1], name=f"b{k}", after=f"b{k - 1}" if k else "")
        for k in range(2000)
    ]
    many = msgspec.structs.replace(journal, branches=deep)
    assert read_metrics(made.directory, many, deep[-1]).missing == 1


TRAINED = """
import numpy as np
from engine import Dataset, Dense, GradientDescent, Network, SoftmaxCrossEntropy, Trainer
from engine.protocol.events import Position

data = Dataset(np.arange(4.0)[:, None], np.array([0, 0, 1, 1]))
trainer = Trainer(Network([Dense(1, 2)]), SoftmaxCrossEntropy(), GradientDescent(0.1), data)
trainer.run(9)
trainer.go_to(Position(4, 0, 0))
trainer.change("learning_rate", 0.5)
trainer.run(7)
"""


def test_what_a_file_has_trained_itself_is_not_said_to_be_compared(run, tmp_path):
    (tmp_path / "mine.py").write_text(TRAINED)
    options = {"source": str(tmp_path / "mine.py"), "epochs": None, "learning_rate": None}
    made = run([commands.GoTo(19), commands.GoTo(2), commands.GoTo(5)], **options)
    assert list(replay(made)) == [
        "main: 0 epochs and the state",
        "branch_1: 13 epochs and the state",
        "identical",
    ]


def test_values_that_are_no_finite_numbers_are_recorded_and_replayed(run):
    ways = [
        commands.GoTo(5),
        commands.Edit("dense_1.weights[0, 0] = 3e38"),
        commands.SetLearningRate(1e6),
        *[commands.Resume()] * 4,
        *[commands.Edit(f"dense_2.weights[{k}, {k}] = 0.5") for k in range(3)],
        commands.Undo(),
        commands.Step("operation"),
    ]
    made = run(ways, dtype="float32", samples=20)
    journal, _ = read_journal(made.directory)
    befores = [change.before for change in journal.branches[0].changes]
    assert any(isinstance(before, str) for before in befores), befores
    assert list(replay(made))


def test_a_run_that_is_older_than_some_options_keeps_its_digest():
    """A description as it was written before files had options of their own, and its digest."""
    fields = (
        '{"source": "rows.csv", "epochs": null, "learning_rate": 0.1, "hidden": [8, 4], '
        '"samples": 100, "classes": 3, "batch_size": null, "seed": 7, "dtype": "float64", '
        '"name": "old", "paused": false, "breakpoints": ["loss < 1"], "memory": 256, '
        '"threads": null, "kernels": true, "arguments": []}'
    )
    description = msgspec.json.decode(fields, type=Description)
    digest = "334f56b08b7e6ec82b800350de6ceca58c9d6b0a2e30007746d4c9810300f2c0"
    assert describe(description) == digest
    for changed in ({"label": "a"}, {"noise": 0.0}, {"validation": "0.2"}, {"drop": ("a",)}):
        assert describe(msgspec.structs.replace(description, **changed)) != digest
