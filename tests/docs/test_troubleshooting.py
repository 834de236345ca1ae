"""The page about troubles quotes what nntui says, and its commands print it."""

import re

from engine.runs.description import Description
from engine.runs.threads import HALF_AS_FAST
from tests.docs.pages import play, read
from tui import themes
from tui.watcher import SILENCE, SMALLEST, UNANSWERED

PAGE = read("troubleshooting.md")
TEXT = " ".join(PAGE.split())


def test_its_commands_print_what_it_says(tmp_path):
    assert play(PAGE, tmp_path) == 3


def test_it_quotes_what_is_said():
    assert f'"{UNANSWERED}"' in TEXT
    assert f'"{HALF_AS_FAST}"' in TEXT
    assert "{}×{} is needed".format(*SMALLEST) in TEXT
    assert SILENCE == 3
    assert "For three seconds" in TEXT


def test_its_figures_and_names_are_those_of_the_code():
    assert f"the way back may take, {Description().memory} if not given" in TEXT
    assert re.findall(r"TEXTUAL_THEME=([\w-]+)", TEXT) == [themes.LIGHT.name]
