"""A run is told again bit for bit, from its directory alone."""

import os
import random

import msgspec
import numpy as np
import pytest

from engine.protocol import commands
from engine.runs.blocks import read_metrics
from engine.runs.database import reading
from engine.runs.description import SourceError
from engine.runs.replay import Difference, replay
from tests import records
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

    return records.make


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

    def change(first, figures):
        if first <= 17 < first + len(figures):
            figures[17 - first, 0] = np.nextafter(figures[17 - first, 0], 1)
        return first, figures

    records.rewrite_metrics(made, change)
    with pytest.raises(Difference, match="main: epoch 17 differs: loss"):
        list(replay(made))


def test_weights_that_differ_are_said(run):
    made = run([commands.GoTo(30)])
    journal = records.journal_of(made)
    other = msgspec.structs.replace(journal.environment, weights="0")
    records.reseal(made, msgspec.structs.replace(journal, environment=other))
    with pytest.raises(SourceError, match="first weights"):
        list(replay(made))
    branch = msgspec.structs.replace(journal.branches[0], state="0")
    records.reseal(made, msgspec.structs.replace(journal, branches=[branch]))
    with pytest.raises(Difference, match="the state differs after epoch 30"):
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
    made = run([commands.GoTo(9)], **records.own(tmp_path / "mine.py"))
    assert list(replay(made)) == ["main: 10 epochs and the state", "identical"]
    (tmp_path / "first.txt").write_text("1")
    with pytest.raises(Difference, match=r"the state differs after epoch 9: .* optimizer"):
        list(replay(made))


@pytest.mark.parametrize("name", thinned(STRANGERS, 6))
def test_parts_of_ones_own_come_to_the_same_state_again(run, tmp_path, name):
    draw = random.Random(name)
    batch_size = draw.choice([None, 8])
    # What is predicted after an edit draws from a module's generators, and undo would take back
    # what a callback has changed and changes again.
    ways = [way for way in WAYS if not isinstance(way, commands.Edit | commands.Undo)]
    (tmp_path / "mine.py").write_text(
        f"from tests.strangers import build\ntrainer = build({name!r}, batch_size={batch_size})\n"
    )
    ways = [commands.GoTo(12), *(draw.choice(ways) for _ in range(10))]
    made = run(ways, **records.own(tmp_path / "mine.py"))
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
    records.execute(made, "update about set value = '{' where name = 'progress'")
    with pytest.raises(SourceError, match="its journal is damaged: its checksum does not match"):
        list(replay(made))
    records.execute(made, "delete from about where name = 'checksum'")
    with pytest.raises(SourceError, match="its record holds no checksum"):
        list(replay(made))


@pytest.mark.parametrize("field", ["epochs", "source", "name"])
def test_a_description_that_was_changed_is_found(run, field):
    made = run([commands.GoTo(3)], name="mine")
    change = f"update about set value = json_set(value, '$.{field}', 7) where name = 'description'"
    records.execute(made, change)
    with pytest.raises(SourceError, match="its checksum does not match"):
        list(replay(made))


def test_metrics_of_a_branch_begin_with_its_parents(run):
    made = run(
        [commands.GoTo(30), commands.GoTo(10), commands.NudgeLearningRate(1), commands.GoTo(20)]
    )
    main, branch = (records.metrics_of(made, k).values for k in range(2))
    assert (len(main), len(branch)) == (31, 21)
    assert (main[:11] == branch[:11]).all()
    assert (main[12:21] != branch[12:21]).any()


def test_many_branches_keep_few_files_open_and_are_read_however_deep(run):
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
    assert most <= 4  # the database, its log and index, and the lock
    journal = records.journal_of(made)
    assert len(journal.branches) == 301
    deep = [
        msgspec.structs.replace(journal.branches[-1], name=f"b{k}", after=f"b{k - 1}" if k else "")
        for k in range(2000)
    ]
    many = msgspec.structs.replace(journal, branches=deep)
    with reading(made.directory) as database:
        assert read_metrics(database, many, deep[-1]).missing == 1


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
    ways = [commands.GoTo(19), commands.GoTo(2), commands.GoTo(5)]
    made = run(ways, **records.own(tmp_path / "mine.py"))
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
    journal = records.journal_of(made)
    befores = [change.before for change in journal.branches[0].changes]
    assert any(isinstance(before, str) for before in befores), befores
    assert list(replay(made))
