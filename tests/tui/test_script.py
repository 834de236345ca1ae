"""Any training script without a screen: what plain Python prints, and what the debugger finds."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import nntui

PROGRAMS = Path(__file__).parents[1] / "engine" / "scripts" / "programs"
MOMENTUM = PROGRAMS / "momentum.py"


def plain(path):
    return subprocess.run([sys.executable, path], capture_output=True, text=True)


@pytest.mark.parametrize("name", ["momentum.py", "in_main.py", "raises.py", "exits.py"])
def test_it_prints_what_plain_python_does_and_ends_likewise(name):
    expected, done = plain(PROGRAMS / name), nntui(PROGRAMS / name, "--headless")
    assert (done.stdout, done.stderr) == (expected.stdout, expected.stderr)
    assert done.returncode == expected.returncode


def test_its_arguments_come_after_two_dashes(tmp_path):
    script = tmp_path / "mine.py"
    script.write_text("import sys\nfor epoch in range(3):\n    loss = epoch\nprint(sys.argv[1:])\n")
    done = nntui(script, "--headless", "--loop", "2", "--", "--rate", "0.5")
    assert done.stdout == "['--rate', '0.5']\n"


def test_its_metrics_are_printed_as_json():
    done = nntui(MOMENTUM, "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["epoch"] for line in lines[:3]] == [0, 1, 2]
    assert all(isinstance(line["loss"], float) for line in lines)
    expected = plain(MOMENTUM)
    assert done.stderr == expected.stdout + expected.stderr


def test_it_stops_where_a_condition_holds():
    losses = [json.loads(line)["loss"] for line in nntui(MOMENTUM, "--json").stdout.splitlines()]
    limit = (max(losses) + min(losses)) / 2
    done = nntui(MOMENTUM, "--headless", "--break", f"loss < {limit}")
    first = next(k for k, loss in enumerate(losses) if loss < limit)
    assert done.returncode == 0
    assert f"loss < {limit} · iteration {first + 1}, line " in done.stderr


TWO = """def update_weights(x):
    pass
for a in range(3):
    update_weights(a)
for b in range(2):
    update_weights(b)
print(b)
"""


def test_a_loop_that_cannot_be_told_is_asked_for(tmp_path):
    script = tmp_path / "mine.py"
    script.write_text(TWO)
    done = nntui(script, "--headless")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--loop 3   for a in range(3):" in done.stderr
    assert "--loop 5   for b in range(2):" in done.stderr
    assert nntui(script, "--headless", "--loop", "5").stdout == "1\n"


def test_options_of_trainers_are_refused_in_a_line():
    done = nntui(MOMENTUM, "--headless", "--hidden", "8")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "--hidden has no use here" in done.stderr
    done = nntui("--headless", "--loop", "3")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_a_script_that_does_not_compile_is_said_as_before(tmp_path):
    (tmp_path / "mine.py").write_text("for epoch in\n")
    done = nntui(tmp_path / "mine.py", "--headless")
    assert done.returncode == 2
    assert "SyntaxError" in done.stderr
