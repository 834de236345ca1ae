"""The commands that list, stop and remove runs, and what a shell completes."""

import json
import os
import shutil
import sqlite3
import subprocess
import time

import pytest

from engine.runs.lock import hold, is_held
from tests.command import NNTUI, nntui

COLUMNS = ["NAME", "STATUS", "EPOCH", "LOSS", "ACC", "SPEED", "AGE", "SIZE"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run that has been trained, to be copied."""
    home = tmp_path_factory.mktemp("made")
    done = nntui("--headless", "--seed", "0", "--epochs", "101", "--name", "made", home=home)
    assert done.returncode == 0, done.stderr
    return home / "nntui" / "runs" / "made"


@pytest.fixture
def home(tmp_path, made):
    """A place with three runs: ``alpha`` begun a month ago, ``alpine`` today, ``beta`` before."""
    for name, days in (("alpha", 31), ("alpine", 0), ("beta", 1.5)):
        shutil.copytree(made, place := tmp_path / "nntui" / "runs" / name)
        about(place, "begun", time.time() - days * 86400)
    return tmp_path


def about(directory, name, value):
    database = sqlite3.connect(directory / "run.db")
    with database:
        database.execute("update about set value = ? where name = ?", (json.dumps(value), name))
    database.close()


def progress(directory, **changed):
    database = sqlite3.connect(directory / "run.db")
    (found,) = database.execute("select value from about where name = 'progress'").fetchone()
    database.close()
    about(directory, "progress", {**json.loads(found), **changed})


def runs(home):
    return home / "nntui" / "runs"


def names(home):
    return sorted(path.name for path in runs(home).iterdir())


def test_a_table_lists_the_newest_first_in_aligned_columns(home):
    done = nntui("ls", home=home)
    assert (done.returncode, done.stderr) == (0, "")
    head, *rows = done.stdout.splitlines()
    assert head.split() == COLUMNS
    assert [row.split()[0] for row in rows] == ["alpine", "beta", "alpha"]
    assert [row.split()[1:5] for row in rows] == [["completed", "100/101", "1.0985", "0.423"]] * 3
    assert [" ".join(row.split()[5:7]) for row in rows[1:]] == ["1 d", "31 d"]
    ends = [head.index(word) + len(word) for word in ("EPOCH", "LOSS", "ACC", "AGE")]
    for row in rows:
        assert all(row[end - 1] != " " and row[end] == " " for end in ends), row
    assert "\x1b" not in done.stdout


def test_json_says_the_same_one_object_a_line(home):
    done = nntui("ls", "--json", home=home)
    first, *_ = map(json.loads, done.stdout.splitlines())
    assert (first["name"], first["status"], first["live"]) == ("alpine", "completed", False)
    assert (first["epoch"], first["epochs"]) == (100, 101)
    assert round(first["loss"], 3) == 1.098
    assert first["directory"] == str(runs(home) / "alpine")
    assert first["bytes"] > 50_000


@pytest.mark.parametrize(
    ("recorded", "free", "held"),
    [
        ("running", "lost", "running"),
        ("paused", "lost", "paused"),
        ("completed", "completed", "completed"),
        ("stopped", "stopped", "running"),
        ("failed", "failed", "running"),
    ],
)
def test_a_status_follows_from_the_lock_and_the_record(home, recorded, free, held):
    def status():
        lines = nntui("ls", "--json", home=home).stdout.splitlines()
        (run,) = (run for run in map(json.loads, lines) if run["name"] == "beta")
        return run["status"]

    progress(runs(home) / "beta", status=recorded)
    assert status() == free
    lock = hold(runs(home) / "beta")
    try:
        assert status() == held
    finally:
        os.close(lock)


def _no_database(run):
    (run / "run.db").unlink()


def _other_format(run):
    database = sqlite3.connect(run / "run.db")
    database.execute("pragma user_version = 99")
    database.close()


def _rubbish(run):
    (run / "run.db").write_bytes(b"\xff" * 5000)


def _cut(run):
    data = (run / "run.db").read_bytes()
    (run / "run.db").write_bytes(data[: len(data) // 2])


def _no_progress(run):
    about(run, "progress", {"status": "\x1b[31m"})


def _no_metrics(run):
    database = sqlite3.connect(run / "run.db")
    with database:
        database.execute("update blocks set data = x'00', step = 0")
    database.close()


DAMAGE = (_no_database, _other_format, _rubbish, _cut, _no_progress, _no_metrics)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_directory_that_cannot_be_read_is_a_line_and_can_be_removed(home, damage):
    damage(runs(home) / "beta")
    done = nntui("ls", home=home)
    assert (done.returncode, done.stderr) == (0, "")
    (row,) = (row for row in done.stdout.splitlines() if row.startswith("beta"))
    assert "cannot be read: " in row
    assert row.isprintable()
    assert len(done.stdout.splitlines()) == 4
    assert nntui("ls", "--json", home=home).returncode == 0
    assert nntui("rm", "beta", "--yes", home=home).returncode == 0
    assert names(home) == ["alpha", "alpine"]


def test_a_name_that_would_control_the_terminal_does_not(home):
    (runs(home) / "\x1b[31mred").mkdir()
    assert "\x1b" not in nntui("ls", home=home).stdout


def test_where_there_are_no_runs_a_line_says_so(tmp_path):
    done = nntui("ls", home=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "there is no run yet: `nntui` begins one\n"
    assert nntui("ls", "--json", home=tmp_path).stdout == ""
    done = nntui("attach", home=tmp_path)
    assert (done.returncode, done.stderr) == (2, "nntui: there is no run yet: `nntui` begins one\n")


def test_the_beginning_of_a_name_is_enough_if_it_is_the_only_one(home):
    assert nntui("replay", "b", home=home).stdout.endswith("identical\n")
    done = nntui("replay", "alp", home=home)
    assert done.returncode == 2
    assert done.stderr == "nntui: 'alp' begins several names: alpha, alpine\n"


def test_removing_asks_first(home):
    for answer, left in (("", 3), ("n\n", 3), ("y\n", 2)):
        done = nntui("rm", "beta", home=home, input=answer)
        assert "Remove beta (" in done.stderr
        assert len(names(home)) == left
        assert done.returncode == (0 if left == 2 else 1)
    assert nntui("rm", "alph", "alpine", "--yes", home=home).returncode == 0
    assert names(home) == []


def test_what_was_begun_long_ago_is_removed(home):
    done = nntui("rm", "--older-than", "30d", "--yes", home=home)
    assert (done.returncode, names(home)) == (0, ["alpine", "beta"])
    done = nntui("rm", "--older-than", "30d", "--yes", home=home)
    assert (done.returncode, done.stderr) == (0, "there is no such run\n")
    assert nntui("rm", "beta", "alpine", "--older-than", "1d", "--yes", home=home).returncode == 0
    assert names(home) == ["alpine"]


def test_a_run_that_is_being_trained_is_never_removed(home):
    lock = hold(runs(home) / "alpha")
    try:
        done = nntui("rm", "alpha", "beta", "--yes", home=home)
        assert done.returncode == 1
        assert done.stderr == ("nntui: alpha is being trained: `nntui stop alpha` ends it first\n")
        assert nntui("rm", "--older-than", "0m", "--yes", home=home).returncode == 0
        assert names(home) == ["alpha"]
    finally:
        os.close(lock)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["rm"], "name the runs, or say --older-than 30d"),
        (["rm", "--older-than", "30"], "as 30d"),
        (["rm", "--older-than", "-1d"], "as 30d"),
        (["rm", "nothing"], "there is no run 'nothing'"),
        (["rm", "../made"], "must not contain"),
        (["stop"], "Missing argument 'RUN...'"),
        (["stop", "nothing"], "there is no run 'nothing'"),
        (["attach", "nothing"], "there is no run 'nothing'"),
    ],
)
def test_wrong_usage_gets_one_line_and_status_2(home, arguments, says):
    done = nntui(*arguments, home=home)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("nntui: ")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert len(names(home)) == 3


def test_a_process_that_holds_a_run_and_is_not_known_is_not_killed(home):
    lock = hold(runs(home) / "alpha")
    try:
        (runs(home) / "alpha" / "lock").write_text("1")  # cut short by a full disk
        done = nntui("stop", "alpha", home=home)
        assert done.returncode == 1
        assert done.stderr == "nntui: alpha is trained by a process that is not known\n"
        assert is_held(runs(home) / "alpha")
    finally:
        os.close(lock)


def completed(home, words):
    """Return what bash would offer for the last word."""
    settings = {
        **os.environ,
        "XDG_STATE_HOME": str(home),
        "_NNTUI_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    done = subprocess.run(NNTUI, env=settings, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return {line.partition(",")[2] for line in done.stdout.splitlines()}


def test_a_shell_completes_names_of_runs_commands_and_options(home):
    lock = hold(runs(home) / "alpha")
    try:
        for command in ("attach", "stop"):
            assert completed(home, f"nntui {command} ") == {"alpha"}
        for command in ("rm", "resume"):
            assert completed(home, f"nntui {command} al") == {"alpine"}
        for command in ("replay", "predict"):
            assert completed(home, f"nntui {command} ") == {"alpha", "alpine", "beta"}
    finally:
        os.close(lock)
    assert completed(home, "nntui re") == {"replay", "resume"}
    assert completed(home, "nntui --lea") == {"--learning-rate"}
    assert completed(home, "nntui ls --j") == {"--json"}


def test_two_hundred_runs_are_listed_without_a_second_look(home, made):
    for number in range(200):
        shutil.copytree(made, runs(home) / f"many-{number}")
    begun = time.perf_counter()
    few = nntui("ls", home=home.with_name("nowhere"))
    none = time.perf_counter() - begun
    done = nntui("ls", home=home)
    assert few.returncode == done.returncode == 0
    assert len(done.stdout.splitlines()) == 204
    assert time.perf_counter() - begun - none < 4 * none
