"""The names of runs."""

import os
import stat

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.protocol import commands
from engine.runs.description import Description
from engine.runs.names import (
    LONGEST_NAME,
    MOST_BYTES,
    RunNameError,
    check_name,
    name_from,
    numbered,
)
from engine.runs.run import Run
from tests import records

ODD = ["", " ", "..", ".", ".hidden", "a/b", "/a", "a\\b", "a..b", "-v", "--name", " a", "a "]
UNPRINTABLE = ["a\nb", "a\tb", "\x1b[31mred", "a\x00b", "\x7f", "\u202eevil", "\udcff", "a\u2028b"]
LONG = ["a" * (LONGEST_NAME + 1), "語" * LONGEST_NAME, "x" * 100_000]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", [*ODD, *UNPRINTABLE, *LONG], ids=ascii)
def test_a_name_that_no_run_can_have_is_refused_in_one_printable_line(name, home):
    for refuse in (check_name, Run.find, lambda n: Run.create(Description(name=n or " "))):
        with pytest.raises((RunNameError, FileNotFoundError)) as caught:
            refuse(name)
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 200 + len(str(home))
    assert not list(home.rglob("run.db"))


@pytest.mark.parametrize("name", ["mine", "a b", "größer 2", "-".join("abc"), "x" * LONGEST_NAME])
def test_a_run_is_found_by_its_name_and_by_its_directory(name, monkeypatch):
    runs = [Run.create(Description(name=name)) for _ in range(12)]
    assert len({run.name for run in runs}) == 12
    for run in runs:
        assert Run.find(run.name).directory == run.directory
        assert Run.find(str(run.directory)).description == run.description
        assert Run.find(f"{run.directory}{os.sep}").description.name == run.name
    monkeypatch.chdir(runs[0].directory)
    assert Run.find(".").description.name == runs[0].name


@settings(deadline=None)
@given(st.text(), st.integers(1, 999))
def test_any_source_gives_a_name_and_its_variants_that_a_run_can_have(source, number):
    assert check_name(numbered(check_name(name_from(source)), number))


@settings(deadline=None)
@given(st.text(max_size=LONGEST_NAME), st.integers(1, 999))
def test_variants_of_a_long_name_are_names(name, number):
    try:
        check_name(name)
    except RunNameError:
        return
    variant = check_name(numbered(name, number))
    assert len(variant.encode()) <= MOST_BYTES
    assert number == 1 or variant.endswith(f"-{number}")


def test_a_source_whose_name_is_no_text_is_kept_as_it_is():
    description = Description(source=os.fsdecode(b"\xff\x1b\n.csv"))
    run = Run.create(description)
    assert run.name.isascii()
    assert Run.find(run.name).description.source == description.source
    again = Run.from_line(run.to_line())
    assert (
        again.description == run.description == msgspec.structs.replace(description, name=run.name)
    )


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o077, 0o777])
def test_only_its_owner_may_read_a_run_whatever_the_umask(umask, home):
    before = os.umask(umask)
    try:
        run = Run.create(Description(paused=True))
        run.open_log().close()
        with records.session_of(run) as session:
            records.do(session, [commands.GoTo(3)])
            modes = {
                path.relative_to(home).name: stat.S_IMODE(path.stat().st_mode)
                for path in (*run.directory.parents[:2], run.directory, *run.directory.iterdir())
            }
    finally:
        os.umask(before)
    assert modes == {
        "nntui": 0o700,
        "runs": 0o700,
        run.name: 0o700,
        "run.db": 0o600,
        "run.db-wal": 0o600,
        "run.db-shm": 0o600,
        "lock": 0o600,
        "log": 0o600,
    }
