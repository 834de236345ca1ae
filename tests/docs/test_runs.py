"""The page about runs: its commands print what it says, and its words are those of nntui."""

import re
import subprocess
from typing import get_args

from engine.protocol.events import Status
from tests.command import NNTUI
from tests.docs.pages import codes, play, read, table
from tui.keymap import Keymap

PAGE = read("runs.md")


def test_its_commands_print_what_it_says(tmp_path):
    assert play(PAGE, tmp_path) == 5


def test_its_statuses_are_all_that_there_are():
    rows = table(PAGE, heading="## Which runs there are")
    assert {codes(row[0])[0] for row in rows} == set(get_args(Status))


def test_its_keys_are_those_that_are_bound():
    keys = Keymap()
    assert f"`{keys.shown('detach')}` leaves it on purpose" in PAGE
    assert f"**`{keys.shown('quit')}` asks while it trains**" in PAGE


def test_its_lines_for_shells_print_a_script(monkeypatch):
    lines = re.findall(r"_NNTUI_COMPLETE=(\w+) nntui", PAGE)
    assert lines == ["bash_source", "zsh_source", "fish_source"]
    for instruction in lines[1:]:  # of bash, click asks for its version
        monkeypatch.setenv("_NNTUI_COMPLETE", instruction)
        done = subprocess.run(NNTUI, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert "nntui" in done.stdout
