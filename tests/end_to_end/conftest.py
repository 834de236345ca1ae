"""Terminals, and the check that nothing is left running."""

import contextlib
import os
import signal
import time
from pathlib import Path

import pytest

from tests.end_to_end.terminal import Terminal


def workers(home):
    """Process ids of the workers of runs under ``home``."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command, settings = ((path / name).read_bytes() for name in ("cmdline", "environ"))
        except OSError:
            continue
        if b"engine.service.worker" in command and str(home).encode() in settings:
            found.append(int(path.name))
    return found


def none_left(home, patience):
    end = time.monotonic() + patience
    while workers(home) and time.monotonic() < end:
        time.sleep(0.02)
    return not workers(home)


def end_workers(home):
    """End those that go on without a screen, in the way that any of them has to end."""
    for number in workers(home):
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGTERM)
            os.kill(number, signal.SIGCONT)
    return none_left(home, 5)


@pytest.fixture
def start(tmp_path):
    """Start nntui in a terminal; in the end nothing is left running."""
    started = []

    def begin(*arguments, **options):
        terminal = Terminal(*arguments, home=tmp_path, **options)
        started.append(terminal)
        return terminal

    yield begin
    for terminal in started:
        terminal.close()
    assert end_workers(tmp_path), "a worker does not end"


def pytest_collection_modifyitems(items):
    """Run what is done in real terminals one after the other: its answers have times."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("terminal"))
