"""A run's record for other programs: each format is read back by what reads it."""

import csv
import json
import re
import sqlite3
from xml.etree import ElementTree

import numpy as np
import pytest

from engine.protocol import commands
from engine.runs.description import Description
from engine.runs.opening import opened
from engine.runs.run import Run
from engine.service.session import Session
from tests.command import nntui

WAYS = (
    commands.GoTo(60),
    commands.GoTo(20),
    commands.SetLearningRate(2.0),
    commands.GoTo(80),
    commands.GoTo(30),
    commands.Edit("dense_1.weights[0, 0] = 0.5"),
    commands.GoTo(40),
)
LENGTHS = {"main": 61, "branch_1": 81, "branch_2": 41}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with one run of three branches."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(home))
        run = Run.create(Description(name="mine", samples=10, epochs=100, paused=True, seed=1))
        with opened(run) as held:
            session = Session(held.trainer, held.description, recorder=held.recorder)
            for way in WAYS:
                session.handle(way)
                while session.running:
                    session.advance(1)
            session.close()
    return home


@pytest.fixture(scope="module")
def recorded(home):
    """What SQLite itself reads of the record, by branch and metric."""
    found = {}
    database = sqlite3.connect(home / "nntui" / "runs" / "mine" / "run.db")
    rows = database.execute("select branch, epoch, metric, value from epochs order by epoch")
    for branch, epoch, metric, value in rows:
        found.setdefault((branch, metric), {})[epoch] = value
    database.close()
    return found


def export(home, *arguments):
    done = nntui("export", "mine", *arguments, home=home)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_csv_has_a_row_for_each_epoch_of_each_branch(home, recorded):
    rows = list(csv.DictReader(export(home).splitlines()))
    lengths = {name: sum(row["branch"] == name for row in rows) for name in LENGTHS}
    assert lengths == LENGTHS
    for row in rows:
        epoch, names = int(row["epoch"]), [*LENGTHS]
        ways = names[names.index(row["branch"]) :: -1]  # each branch left the one before it
        for metric in ("loss", "accuracy"):
            known = (recorded[way, metric] for way in ways if epoch in recorded[way, metric])
            assert float(row[metric]) == next(known)[epoch]


def test_jsonl_holds_the_same(home):
    rows = list(csv.DictReader(export(home).splitlines()))
    for row, line in zip(rows, export(home, "-f", "jsonl").splitlines(), strict=True):
        fields = json.loads(line)
        assert (fields["branch"], fields["epoch"]) == (row["branch"], int(row["epoch"]))
        assert (fields["loss"], fields["accuracy"]) == (float(row["loss"]), float(row["accuracy"]))


def test_one_branch_alone_can_be_written(home):
    lines = export(home, "--branch", "branch_2").splitlines()[1:]
    assert len(lines) == LENGTHS["branch_2"]
    done = nntui("export", "mine", "--branch", "other", home=home)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "nntui: there is no branch 'other'; there are main, branch_1, branch_2\n"
    )


def test_npz_has_an_array_for_each_metric(home, tmp_path):
    path = tmp_path / "mine.npz"
    done = nntui("export", "mine", "-f", "npz", "-o", path, home=home)
    assert done.stderr == f"written: {path}\n"
    arrays = np.load(path)
    rows = [row for row in csv.DictReader(export(home).splitlines()) if row["branch"] == "main"]
    assert arrays["main/loss"].tolist() == [float(row["loss"]) for row in rows]
    assert arrays["main/epoch"].tolist() == list(range(61))


def test_svg_is_a_picture_with_a_line_for_each_branch_of_each_metric(home):
    tree = ElementTree.fromstring(export(home, "-f", "svg"))
    lines = [e for e in tree.iter("{http://www.w3.org/2000/svg}path") if "stroke" in e.attrib]
    texts = [e.text for e in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert len(lines) == 2 * 3
    assert {"loss", "accuracy", "main", "lr 2", "branch_2", "80"} <= set(texts)


def test_html_is_one_page_that_asks_for_nothing_else(home):
    page = export(home, "-f", "html")
    assert "<svg" in page
    assert "SetLearningRate learning_rate=2.0" in page
    assert not re.search(r"(src|href)=|@import|url\(", page)


def test_tensorboard_reads_its_files(home, tmp_path):
    accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    done = nntui("export", "mine", "-f", "tensorboard", "-o", tmp_path / "tb", home=home)
    assert done.returncode == 0
    found = accumulators.EventAccumulator(str(tmp_path / "tb" / "main"), {"scalars": 0})
    found.Reload()
    rows = [row for row in csv.DictReader(export(home).splitlines()) if row["branch"] == "main"]
    losses = [event.value for event in found.Scalars("loss")]
    assert losses == [np.float32(row["loss"]) for row in rows]


def test_what_cannot_be_written_is_one_line(home, tmp_path):
    for format, says in (("npz", "cannot be written"), ("weights", "has no weights yet")):
        done = nntui("export", "mine", "-f", format, "-o", tmp_path / "no" / "x", home=home)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert says in done.stderr
