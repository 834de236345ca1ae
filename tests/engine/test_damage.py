"""Records that were cut, changed, emptied, removed or mixed up are never called identical.

It is not by chance that a replay finds them: whatever it names, it has compared.
"""

import contextlib
import hashlib
import os
import random
import re
import shutil
import signal
from itertools import product

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from engine.protocol import commands
from engine.runs.build import build_trainer
from engine.runs.description import Description
from engine.runs.journal import JOURNAL, Sealed
from engine.runs.record import Recorder
from engine.runs.run import Run
from engine.runs.threads import limit_threads
from engine.service.session import Session
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
SEEDS = thinned(range(120), 20)


def make(seed, batch_size):
    description = Description(
        samples=5, hidden=(4,), epochs=60, paused=True, seed=seed, batch_size=batch_size
    )
    run = Run.create(description)
    trainer = build_trainer(description)
    with limit_threads(trainer):
        session = Session(trainer, description)
        recorder = Recorder(trainer, run.description, run.directory, session.warn)
        session.record = recorder.save
        for way in WAYS:
            session.handle(way)
            while session.running:
                session.advance(1)
        recorder.close()
    return run.directory


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
def records(tmp_path_factory):
    """Two whole records, which nothing changes."""
    home = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(home))
        return [make(seed, batch_size) for seed, batch_size in ((1, None), (2, 4))]


@pytest.fixture
def copies(records, tmp_path):
    return [shutil.copytree(record, tmp_path / f"copy-{k}") for k, record in enumerate(records)]


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
    shutil.copy(other, path)


def another_kind(path, draw, other):
    path.unlink()
    draw.choice([path.mkdir, lambda: os.mkfifo(path), lambda: path.symlink_to("/dev/zero")])()


DAMAGES = (cut, flip, scramble, lengthen, empty, remove, replace, another_kind)


def compared(lines):
    """Which epochs of each branch are said to be identical."""
    found = (re.fullmatch(r"(\w+): ([\d,]+) epochs and the state.*", line) for line in lines)
    return {match[1]: int(match[2].replace(",", "")) for match in found if match}


def test_a_whole_record_is_identical(records):
    for record in records:
        status, lines = replay(record)
        assert status == 0
        assert compared(lines) == WHOLE


@pytest.mark.parametrize(("seed", "damage"), thinned(product(range(120), DAMAGES), 71))
def test_a_damaged_record_is_not_identical(copies, damage, seed):
    record, other = copies if seed % 2 else reversed(copies)
    for path in sorted(p for p in record.iterdir() if p.name != "log"):
        draw = random.Random(f"{seed} {path.name}")
        whole = path.read_bytes()
        damage(path, draw, draw.choice(sorted(other.iterdir())))
        if not path.is_file() or path.read_bytes() != whole:
            status, lines = replay(record)
            assert status or means_the_same(path, whole), (path.name, lines)
        if path.is_dir():
            path.rmdir()
        path.unlink(missing_ok=True)
        path.write_bytes(whole)
    assert replay(record)[0] == 0


def means_the_same(path, whole):
    """Whether what is left holds all that is compared, as after a few bytes too many."""
    if path.suffix == ".f64":
        return path.read_bytes()[: len(whole)] == whole
    return msgspec.json.decode(path.read_bytes()) == msgspec.json.decode(whole)


def test_files_of_two_records_are_never_identical(copies):
    one = copies[0]
    for seed in range(20):
        draw = random.Random(seed)
        mixed = one.parent / f"mixed-{seed}"
        mixed.mkdir()
        names = sorted(path.name for path in one.iterdir())
        chosen = {name: draw.choice(copies) for name in names}
        for name, source in chosen.items():
            shutil.copy(source / name, mixed)
        assert (replay(mixed)[0] == 0) == (len(set(chosen.values())) == 1)


def test_metrics_of_another_branch_differ(copies):
    record = copies[0]
    main, branch = record / "metrics-main-2.f64", record / "metrics-branch_1-2.f64"
    one, two = main.read_bytes(), branch.read_bytes()
    main.write_bytes(two)
    branch.write_bytes(one)
    status, lines = replay(record)
    assert (status, lines[0].split(":")[:2]) == (1, ["main", " epoch 0 differs"])


@pytest.mark.parametrize("epochs", [0, 1, 17, 40])
def test_metrics_that_were_cut_are_counted(copies, epochs):
    record = copies[0]
    os.truncate(record / "metrics-main-2.f64", 16 * epochs + 7)
    status, lines = replay(record)
    assert status == 1
    assert f"main: {epochs} of 41 epochs" in lines
    assert lines[-1].endswith(
        "epochs were measured that are not recorded: they could not be compared"
    )
    if epochs < 11:  # the other branches begin with epochs of this one
        assert f"branch_1: {epochs} of 31 epochs" in lines


def reseal(record, journal):
    text = msgspec.json.encode(journal)
    sealed = Sealed(hashlib.sha256(text).hexdigest(), msgspec.Raw(text))
    (record / JOURNAL).write_bytes(msgspec.json.encode(sealed))


def places(value, path=()):
    """All that a journal consists of."""
    yield path
    if isinstance(value, dict | list):
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


@pytest.mark.parametrize("seed", SEEDS)
def test_a_journal_that_contradicts_itself_is_refused_in_one_line(copies, seed):
    record = copies[seed % 2]
    whole = msgspec.json.decode((record / JOURNAL).read_bytes(), type=Sealed).journal
    draw = random.Random(seed)
    for path in draw.sample([p for p in places(msgspec.json.decode(whole)) if p], 25):
        journal = inner = msgspec.json.decode(whole)
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = draw.choice(STRANGE)
        reseal(record, journal)
        status, lines = replay(record)
        assert len(lines) <= 4
        if status == 0:
            assert all(epochs <= WHOLE[name] for name, epochs in compared(lines).items()), path


def test_places_that_there_are_not_do_not_hang(copies):
    whole = msgspec.json.decode((copies[1] / JOURNAL).read_bytes(), type=Sealed).journal
    for place in ([41, 5, 0], [41, 0, 99], [10**9, 0, 0], [-1, 0, 0], [41, -1, 0]):
        journal = msgspec.json.decode(whole)
        journal["branches"][0]["reached"] = place
        reseal(copies[1], journal)
        assert replay(copies[1])[0] == 1
    for place in ([20, 9, 0], [20, 0, 99], [20, 0, -1]):
        journal = msgspec.json.decode(whole)
        journal["branches"][2]["changes"][-1]["position"] = place
        reseal(copies[1], journal)
        assert replay(copies[1])[0] == 1
    journal["branches"] = []
    reseal(copies[1], journal)
    assert replay(copies[1])[0] == 1


def test_a_run_of_which_nothing_was_trained_is_not_identical(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    description = Description(samples=5, hidden=(4,))
    run = Run.create(description)
    trainer = build_trainer(description)
    with limit_threads(trainer):
        Recorder(trainer, run.description, run.directory, print).close()
    assert replay(run.directory)[0] == 1


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
    with disk(tmp_path / "small", "size=128k") as small:
        monkeypatch.setenv("XDG_STATE_HOME", str(small))
        description = Description(samples=2, hidden=(2,), epochs=10**6, paused=True, seed=seed)
        run = Run.create(description)
        trainer = build_trainer(description)
        with limit_threads(trainer):
            session = Session(trainer, description)
            recorder = Recorder(trainer, run.description, run.directory, session.warn)
            session.record = recorder.save
            said = []
            for _ in range(40):
                fill_or_free(small / "filler", draw)
                session.handle(draw.choice(MOVES)(draw))
                while session.running:
                    session.advance(1)
                said.append(session.not_recorded)
            (small / "filler").unlink(missing_ok=True)
            recorder.close()
        lost = session.not_recorded
        assert not lost or lost.startswith("not recorded: ")
        status, lines = replay(run.directory)
        assert (status == 0) == (not lost), (lost, lines)
    assert seed or any(said)


def fill_or_free(path, draw):
    """Leave the disk with no room for more, or with some."""
    if draw.random() < 0.3:
        with contextlib.suppress(OSError), path.open("ab") as file:
            file.write(bytes(1 << 20))
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
