"""Records that were cut, changed, emptied, removed or mixed up are never called identical.

It is not by chance that a replay finds them: whatever it names, it has compared.
"""

import contextlib
import os
import random
import re
import shutil
import signal
import sqlite3
from itertools import product

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from engine.protocol import commands
from engine.runs.database import RECORD
from engine.runs.description import Description, SourceError
from engine.runs.journal import Journal
from engine.runs.opening import opened
from engine.runs.run import Run
from tests import records
from tests.disks import disk
from tests.thin import thinned
from tui.cli import replay as replay_command

WAYS = (
    commands.GoTo(40),
    commands.GoTo(10),
    commands.NudgeLearningRate(1),
    commands.GoTo(30),
    commands.GoTo(20),
    commands.Edit("dense_1.weights[0, 0] = 0.3"),
    commands.Edit("data.X[2, 1] = -1.5"),
    commands.GoTo(25),
    commands.GoOver("main"),
    commands.Step("operation"),
)
WHOLE = {"main": 41, "branch_1": 31, "branch_2": 26}  # epochs
PATIENCE = 20
SEEDS = thinned(range(120), 40)


def make(seed, batch_size):
    return records.make(WAYS, seed=seed, batch_size=batch_size).directory


def replay(directory):
    """Replay a record in a bounded time; return the exit status and the lines printed."""

    def late(number, frame):
        raise AssertionError("the replay does not end")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(PATIENCE)
    try:
        done = CliRunner().invoke(replay_command.command, [str(directory)], standalone_mode=False)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert done.exception is None, repr(done.exception)
    lines = done.output.splitlines()
    verdicts = [line for line in lines if line.startswith("identical")]
    assert verdicts == (lines[-1:] if done.return_value == 0 else [])
    return done.return_value, lines


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Two whole records, which nothing changes."""
    home = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(home))
        return [make(seed, batch_size) for seed, batch_size in ((1, None), (2, 4))]


@pytest.fixture
def copies(whole, tmp_path):
    return [shutil.copytree(record, tmp_path / f"copy-{k}") for k, record in enumerate(whole)]


def cut(path, draw, other):
    os.truncate(path, draw.randrange(path.stat().st_size))


def flip(path, draw, other):
    data = bytearray(path.read_bytes())
    for _ in range(draw.choice([1, 1, 1, 8])):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    path.write_bytes(data)


def scramble(path, draw, other):
    data = path.read_bytes()
    at, length = draw.randrange(len(data)), draw.choice([1, 8, 16, 64])
    path.write_bytes(data[:at] + draw.randbytes(length) + data[at + length :])


def lengthen(path, draw, other):
    with path.open("ab") as file:
        file.write(draw.choice([bytes(16), draw.randbytes(64), other.read_bytes() or b"{}"]))


def empty(path, draw, other):
    path.write_bytes(b"")


def remove(path, draw, other):
    path.unlink()


def replace(path, draw, other):
    """Put a page of another record in place of one."""
    data, page = bytearray(path.read_bytes()), 4096
    one, two = (page * draw.randrange(len(d) // page) for d in (data, other.read_bytes()))
    data[one : one + page] = other.read_bytes()[two : two + page]
    path.write_bytes(data)


def another_kind(path, draw, other):
    path.unlink()
    draw.choice([path.mkdir, lambda: os.mkfifo(path), lambda: path.symlink_to("/dev/zero")])()


DAMAGES = (cut, flip, scramble, lengthen, empty, remove, replace, another_kind)


def compared(lines):
    """Which epochs of each branch are said to be identical."""
    found = (re.fullmatch(r"(\w+): ([\d,]+) epochs and the state.*", line) for line in lines)
    return {match[1]: int(match[2].replace(",", "")) for match in found if match}


def test_a_whole_record_is_identical(whole):
    for record in whole:
        status, lines = replay(record)
        assert status == 0
        assert compared(lines) == WHOLE


@pytest.mark.parametrize(("seed", "damage"), thinned(product(range(400), DAMAGES), 71))
def test_a_damaged_record_is_not_identical(copies, damage, seed):
    record, other = copies if seed % 2 else reversed(copies)
    path, expected = record / RECORD, what_is_read(record)
    draw = random.Random(f"{seed} {damage.__name__}")
    damage(path, draw, other / RECORD)
    status, lines = replay(record)
    assert len(lines) <= 4
    if status == 0:  # such as a byte in a page that holds nothing
        assert what_is_read(record) == expected, lines
    resumed_in_one_line(record)


def what_is_read(directory):
    """All that a replay reads of a record."""
    run = Run(directory)
    return run.description, records.journal_of(run), records.all_metrics(run)


def resumed_in_one_line(directory):
    """A damaged record is gone on with, or refused in a line."""
    said = ""
    try:
        with opened(Run(directory)):
            pass
    except SourceError as error:
        said = str(error)
    assert "\n" not in said


def test_a_journal_of_one_record_beside_metrics_of_another_is_never_identical(copies):
    one, other = map(Run, copies)
    for table in ("metrics", "branches", "breakpoints", "blocks", "about"):
        mixed = Run(shutil.copytree(one.directory, one.directory.parent / table))
        with records.changing(mixed.directory) as database:
            database.execute("attach ? as other", (str(other.directory / RECORD),))
            rows = [f"select * from {name}.{table}" for name in ("main", "other")]
            same = len({repr(database.execute(row).fetchall()) for row in rows}) == 1
            database.execute(f"delete from main.{table}")
            database.execute(f"insert into main.{table} select * from other.{table}")
        assert (replay(mixed.directory)[0] == 0) == same, table


def test_metrics_of_another_branch_differ(copies):
    run = Run(copies[0])
    records.execute(run, "update blocks set branch = 'x' where branch = 'main'")
    records.execute(run, "update blocks set branch = 'main' where branch = 'branch_1'")
    status, lines = replay(run.directory)
    assert status == 1
    assert "the metrics of main from epoch" in lines[-1]
    assert lines[-1].endswith("are damaged")


@pytest.mark.parametrize("epochs", [0, 1, 17, 40])
def test_metrics_that_were_cut_are_counted(copies, epochs):
    run = Run(copies[0])
    records.rewrite_metrics(run, lambda first, figures: (first, figures[: max(0, epochs - first)]))
    status, lines = replay(run.directory)
    assert status == 1
    assert f"main: {epochs} of 41 epochs" in lines
    assert lines[-1].endswith(
        "epochs were measured that are not recorded: they could not be compared"
    )
    if epochs < 11:  # the other branches begin with epochs of this one
        assert any(line.startswith("branch_1: ") and " of 31 epochs" in line for line in lines)


def forge(draw, database):
    """Put something strange into a cell of any table."""
    table = draw.choice(["about", "metrics", "branches", "breakpoints", "blocks", "checkpoints"])
    columns = [row[1] for row in database.execute(f"pragma table_info({table})")]
    column = draw.choice(columns)
    value = draw.choice([*CELLS, draw.randbytes(8)])
    key = "name" if table == "about" else "rowid"
    chosen = f"select {key} from {table} order by random() limit 1"
    with contextlib.suppress(sqlite3.IntegrityError):
        database.execute(f"update {table} set {column} = ? where {key} = ({chosen})", (value,))


CELLS = (
    0,
    -1,
    1,
    2**62,
    -(2**63),
    0.5,
    1e300,
    "",
    "main",
    "[" * 5000,
    "\udcff".encode("utf-8", "surrogatepass"),
    bytes(100),
)


@pytest.mark.parametrize("seed", thinned(range(400), 10))
def test_strange_cells_are_one_line(copies, seed):
    draw, run = random.Random(seed), Run(copies[seed % 2])
    expected = what_is_read(run.directory)
    with records.changing(run.directory) as database:
        forge(draw, database)
    status, lines = replay(run.directory)
    assert len(lines) <= 4
    assert status or what_is_read(run.directory) == expected
    resumed_in_one_line(run.directory)


def places(value, path=()):
    """All that a journal consists of."""
    yield path
    if isinstance(value, dict | list | tuple):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in pairs:
            yield from places(inner, (*path, key))


STRANGE = (
    0,
    -1,
    1,
    3,
    10**9,
    10**30,
    -(2**63),
    0.5,
    1e300,
    "",
    "main",
    "x",
    None,
    [],
    {},
    [0, 9, 0],
    True,
)


def forged(run, change):
    """Write another journal with a valid checksum, if there can be such a one."""
    journal = msgspec.json.decode(msgspec.json.encode(records.journal_of(run)))
    change(journal)
    with contextlib.suppress(msgspec.ValidationError, sqlite3.Error, OverflowError, TypeError):
        records.reseal(run, msgspec.convert(journal, Journal))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_journal_that_contradicts_itself_is_refused_in_one_line(copies, seed):
    run, draw = Run(copies[seed % 2]), random.Random(seed)
    whole = records.journal_of(run)
    for path in draw.sample(
        [p for p in places(msgspec.json.decode(msgspec.json.encode(whole))) if p], 25
    ):

        def change(journal, path=path):
            for key in path[:-1]:
                journal = journal[key]
            journal[path[-1]] = draw.choice(STRANGE)

        forged(run, change)
        status, lines = replay(run.directory)
        assert len(lines) <= 4
        if status == 0:
            assert all(epochs <= WHOLE[name] for name, epochs in compared(lines).items()), path
        records.reseal(run, whole)


def test_places_that_there_are_not_do_not_hang(copies):
    run = Run(copies[1])
    whole = records.journal_of(run)
    for place in ([41, 5, 0], [41, 0, 99], [10**9, 0, 0], [-1, 0, 0], [41, -1, 0]):
        forged(run, lambda journal, place=place: journal["branches"][0].update(reached=place))
        assert replay(run.directory)[0] == 1
        records.reseal(run, whole)
    for place in ([20, 9, 0], [20, 0, 99], [20, 0, -1]):

        def change(journal, place=place):
            journal["branches"][2]["changes"][-1][0] = place

        forged(run, change)
        assert replay(run.directory)[0] == 1
        records.reseal(run, whole)
    forged(run, lambda journal: journal.update(branches=[]))
    assert replay(run.directory)[0] == 1


def test_a_run_of_which_nothing_was_trained_is_not_identical(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert replay(records.make([]).directory)[0] == 1


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, -np.nan, -0.0, 5e-324])
def test_a_number_that_is_none_survives_the_journal_to_the_bit(value):
    from engine.protocol.events import Changed, Position
    from engine.runs.journal import ChangeRecord

    change = Changed(Position(1, 0, 0), "dense_1.weights[0, 0]", float(value), float(-value))
    data = msgspec.json.encode(ChangeRecord.of(change))
    again = msgspec.json.decode(data, type=ChangeRecord).change
    bits = [np.float64(x).tobytes() for x in (change.before, change.after)]
    assert [np.float64(x).tobytes() for x in (again.before, again.after)] == bits


@pytest.mark.parametrize("seed", SEEDS)
def test_a_disk_that_is_full_now_and_then_is_said_and_never_identical(tmp_path, monkeypatch, seed):
    draw = random.Random(seed)
    with disk(tmp_path / "small", "size=2m") as small:
        monkeypatch.setenv("XDG_STATE_HOME", str(small))
        options = {"samples": 2, "hidden": (2,), "epochs": 10**6}
        run = Run.create(Description(**options, paused=True, seed=seed))
        with records.session_of(run) as session:
            said = []
            for _ in range(40):
                fill_or_free(small / "filler", draw)
                records.do(session, [draw.choice(MOVES)(draw)])
                said.append(session.not_recorded)
            (small / "filler").unlink(missing_ok=True)
        lost = session.not_recorded
        assert not lost or lost.startswith("not recorded: ")
        status, lines = replay(run.directory)
        assert (status == 0) == (not lost), (lost, lines)
    assert seed or any(said)


def fill_or_free(path, draw):
    """Leave the disk with no room for more, or with some."""
    if draw.random() < 0.5:
        with contextlib.suppress(OSError), path.open("ab") as file:
            file.write(bytes(8 << 20))
    else:
        path.unlink(missing_ok=True)


MOVES = (
    lambda draw: commands.GoTo(draw.randrange(1, 1500), relative=True),
    lambda draw: commands.GoTo(draw.randrange(-900, 0), relative=True),
    lambda draw: commands.NudgeLearningRate(draw.choice([1, -1])),
    lambda draw: commands.Edit(f"dense_1.weights[0, 0] = {draw.random()}"),
    lambda draw: commands.Undo(),
    lambda draw: commands.Step("operation", draw.random() < 0.5),
    lambda draw: commands.GoOver(draw.choice(["main", "branch_1"])),
)
