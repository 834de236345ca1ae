"""Whatever is killed, and when: no process is left, no zombie, and the rest says what happened."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from engine.scripts.places import Position
from engine.scripts.script import Script
from engine.scripts.states import Ended, ScriptError

from .strangers import PROGRAMS

MOMENTUM = PROGRAMS / "momentum.py"
PROC = Path("/proc")
pytestmark = pytest.mark.skipif(not PROC.exists(), reason="there is no /proc")


OTHERS = set()  # processes that other tests have left to this one


def processes(mark):
    """The processes, zombies too, that have this in their command line or are ours."""
    found = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit() and int(folder.name) not in OTHERS:
            try:
                command = (folder / "cmdline").read_bytes()
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if mark.encode() in command or parent == os.getpid():
                found[int(folder.name)] = command
    return found


@pytest.fixture
def program(tmp_path):
    """A script at a path that no other process has in its command line."""
    path = tmp_path / "momentum.py"
    path.write_text(MOMENTUM.read_text())
    OTHERS.update(processes(str(path)))
    yield path
    for _ in range(500):
        left = processes(str(path))
        if not left:
            return
        time.sleep(0.01)
    raise AssertionError(f"{left} left")


def started(path):
    script = Script(path)
    script.step("iteration")
    script.go_to(Position(100))
    script.go_to(Position(50))
    return script


def copies(path):
    return sorted(processes(str(path)))


def test_nothing_is_left_when_a_script_is_closed(program):
    script = started(program)
    assert len(copies(program)) == 1 + len(script.checkpoints) > 4
    script.close()
    assert copies(program) == []


def test_nothing_is_left_when_a_script_has_ended(program):
    with started(program) as script:
        assert script.run() == Ended(0)
        assert len(copies(program)) == len(script.checkpoints)
    assert copies(program) == []


def test_a_running_script_is_closed_too(program):
    program.write_text("w, lr = 1.0, 0.1\nwhile True:\n    w -= lr * w\n")
    script = Script(program)
    script.resume()
    while not script.checkpoints:
        script.attend()
    script.close()
    assert copies(program) == []


def test_a_killed_script_ends_and_can_be_gone_back_in(program):
    with started(program) as script:
        os.kill(script._process._process.pid, signal.SIGKILL)
        assert script.run() == Ended(-signal.SIGKILL)
        script.go_to(Position(70))
        assert script.run() == Ended(0)


def test_where_checkpoints_are_killed_earlier_ones_are_taken(program):
    with started(program) as script:
        for checkpoint in list(script._process.past)[1:]:
            os.kill(checkpoint.process.pid, signal.SIGKILL)
        assert script.go_to(Position(40)).position == Position(40)
        for pid in copies(program):
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(ScriptError, match="no checkpoint"):
            script.go_to(Position(3))


def test_what_a_script_has_started_ends_with_it(program):
    program.write_text((PROGRAMS / "pool.py").read_text())
    script = Script(program)
    script.step("iteration")
    assert len(copies(program)) > 2
    script.close()
    assert copies(program) == []


INTERRUPTED = """
    import os, signal, sys
    from engine.scripts.places import Position
    from engine.scripts.script import Script
    signal.signal(signal.SIGINT, lambda *_: None)
    with Script(sys.argv[1]) as script:
        script.step("iteration")
        script.go_to(Position(100))
        script.resume()
        os.killpg(0, signal.SIGINT)
        print(script.wait(), script.logs["stderr"].decode().splitlines()[-1])
        print(script.go_to(Position(50)).position)
        script.execute("epoch = 10**5")
        print(script.step("iteration"))
"""


def test_an_interrupt_from_the_keyboard_reaches_the_script_and_no_checkpoint(program):
    text = program.read_text().replace("range(121)", "range(10**9)")
    program.write_text(f"{text}    if epoch == 10**5: raise SystemExit(7)\n")
    command = [sys.executable, "-c", textwrap.dedent(INTERRUPTED), str(program)]
    done = subprocess.run(command, capture_output=True, text=True, start_new_session=True)
    assert done.stdout.splitlines() == [
        "Ended(status=-2) KeyboardInterrupt",
        "Position(iteration=50, batch=0, statement=0)",
        "Ended(status=7)",
    ]


KEEPER = """
    import sys
    from engine.scripts.places import Position
    from engine.scripts.script import Script
    script = Script(sys.argv[1])
    script.step("iteration")
    while True:
        for place in (100, 50, 120, 20):
            script.go_to(Position(place))
        print("round", flush=True)
"""


WITNESS = """
    import os, subprocess, sys, time
    from engine.scripts.forks import adopt_orphans
    adopt_orphans()
    keeper = subprocess.Popen([sys.executable, "-c", *sys.argv[2:]], stdout=subprocess.PIPE)
    keeper.stdout.readline()
    time.sleep(float(sys.argv[1]))
    keeper.kill()
    ended = 0
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
        ended += 1
    print(ended)
"""


@pytest.mark.parametrize("seed", range(4))
def test_all_ends_with_the_process_that_steers_whenever_it_is_killed(program, seed):
    delay = random.Random(seed).random() * 0.2
    command = [textwrap.dedent(WITNESS), str(delay), textwrap.dedent(KEEPER), str(program)]
    done = subprocess.run([sys.executable, "-c", *command], capture_output=True, timeout=30)
    assert int(done.stdout) > 4


@pytest.mark.parametrize("seed", range(4))
def test_any_process_may_be_killed_at_any_time(program, seed):
    chance = random.Random(seed)
    with Script(program) as script:
        script.step("iteration")
        for _ in range(12):
            victim = chance.choice(copies(program))
            os.kill(victim, signal.SIGKILL)
            try:
                state = script.go_to(Position(chance.randint(0, 100)))
            except ScriptError:
                break
            assert state.position == script.position or isinstance(state, Ended)
