"""The page on how it works: what it lists is all there is, and its programs do what it says."""

import re
import subprocess
import sys
import time
from typing import get_args

import msgspec
import pytest

from engine.protocol import events
from engine.protocol.commands import Query, SessionCommand
from engine.protocol.frames import SessionEvent
from engine.protocol.wire import LARGEST_COMMAND, LARGEST_EVENT
from engine.runs import address, inputs, lock, weights
from engine.runs.database import RECORD
from engine.runs.description import Description
from engine.runs.run import Run
from engine.service.client import PATIENCE, Worker
from tests.docs.pages import DOCS, blocks, codes, play, read, table

PAGE = read("how-it-works.md")
FILES = {block.file: block.text for block in blocks(PAGE) if block.file}


def test_its_commands_print_what_it_says(tmp_path):
    assert play(PAGE, tmp_path) == 6


def test_its_programs_print_and_go_back_as_it_says(capsys):
    names = {}
    for block in blocks(PAGE):
        if block.language == "python" and not block.file:
            exec(block.text, names)
    (printed,) = (block.text for block in blocks(PAGE) if not block.language)
    assert capsys.readouterr().out == printed


def wait_for(worker):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            return address.connect(worker.run.socket, PATIENCE).close()
        except (FileNotFoundError, ConnectionRefusedError):
            time.sleep(0.01)
    raise TimeoutError("the worker does not listen")


def test_its_program_attaches_to_a_session(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    program = tmp_path / "attach.py"
    program.write_text(FILES["attach.py"])
    worker = Worker(Run.create(Description(seed=0, name="attached", epochs=10**9, speed=5.0)))
    try:
        wait_for(worker)
        call = [sys.executable, program, worker.run.socket]
        done = subprocess.run(call, capture_output=True, text=True, timeout=60, check=True)
    finally:
        worker.end()
    first, second, third = done.stdout.splitlines()
    assert (first, second) == (f"{events.PROTOCOL} attached 2 → 64 → 3", "user")
    assert third.split()[1] == "2"


def test_its_commands_and_their_fields_are_all_that_there_are():
    rows = table(PAGE, heading="**Commands**, from a client to the session:")
    named = {codes(row[0])[0]: codes(row[1]) for row in rows}
    kinds = {kind.__name__: kind for kind in get_args(SessionCommand)}
    assert named == {name: list(kind.__struct_fields__) for name, kind in kinds.items()}


def test_its_events_are_all_that_there_are():
    rows = table(PAGE, heading="**Events**, from the session to all its clients:")
    assert {codes(row[0])[0] for row in rows} == {k.__name__ for k in get_args(SessionEvent)}
    (paused,) = (row for row in rows if codes(row[0]) == ["Paused"])
    assert tuple(codes(paused[1])) == get_args(events.Reason)


def test_its_queries_are_all_that_there_are():
    named = codes(PAGE.split("**Queries** and their answers: ")[1].split(";")[0])
    assert named == [msgspec.inspect.type_info(kind).tag for kind in get_args(Query)]


def test_its_figures_are_those_of_the_code():
    assert (LARGEST_COMMAND, LARGEST_EVENT) == (8 * 1024, 64 * 1024 * 1024)
    assert f"The version is {events.PROTOCOL}, and" in PAGE.replace("\n", " ")
    assert Description().memory == 256


def test_its_files_of_a_run_are_named_so():
    named = {code for row in table(PAGE, heading="read:") for code in codes(row[0])}
    known = {RECORD, lock.LOCK, weights.LAST_WEIGHTS, inputs.FIRST_WEIGHTS, *inputs.KEPT}
    assert known <= named


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(engine/[\w/.]+)`", PAGE))))
def test_the_code_that_it_names_is_there(path):
    assert (DOCS.parent / path).exists()
