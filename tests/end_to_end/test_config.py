"""A person's own config file, in a whole run."""

import re
import subprocess
import sys

import pytest

CONFIG = """\
theme = "nntui-light"
speed = 40
charts = "bars"
hints = true

[keys]
step = "p"
start = "f5"
quit = "i"
"""
NAMED = {"f5": "\x1b[15~"}


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "nntui" / "config.toml"
    path.parent.mkdir()
    path.write_text(CONFIG)
    return path


def test_keys_are_rebound_and_a_wrong_line_is_told(start, config):
    t = start("--paused", "--seed", "0", "--samples", "30", full_speed=False)
    t.until("config.toml: line 3 is ignored: 'bars' must be one of both, line, band")
    t.until("f5 resume")
    t.press("n")
    t.press("p", "p")
    t.until("epoch 1 ")
    assert "epoch 2 " not in t.text()
    assert "is ignored" not in t.text()
    t.press(NAMED["f5"])
    t.until("● running.* of 40/s")
    t.press(" ")
    t.until("‖ paused")
    t.press("i")
    assert t.wait() == 0
    assert f"nntui: {config}: line 3 is ignored: 'bars' must be one of both, line, band" in (
        re.sub(rb"\r\n", b"", t.output).decode()
    )


def test_the_command_line_counts_more(start, config):
    t = start("--speed", "30", "--no-hints", "--samples", "30")
    t.until("● running.* of 30/s")
    assert "epochs a second" not in t.text()
    t.press(" ")
    t.until("‖ paused")
    t.press("i")
    assert t.wait() == 0
    assert t.output.count(b"nntui: ") == 1, "only what is wrong in the file is told"


def test_the_command_prints_the_file_or_an_example(config, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(config.parent.parent))
    command = [sys.executable, "-m", "tui", "config"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"# {config}\n{CONFIG}"
    assert done.stderr.startswith(f"nntui: {config}: line 3 is ignored: ")
    assert done.stderr.count("\n") == 1
    config.unlink()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"# {config}\n# ")
    assert '# step = "n" ' in done.stdout
    assert done.stderr == ""
    config.write_bytes(done.stdout.encode())
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    config.unlink()
    config.mkdir()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert '# step = "n" ' in done.stdout
