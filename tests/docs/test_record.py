"""The page on the record: its programs print what it says, and its tables are those there are."""

from engine.runs.schema import TABLES
from tests.docs.pages import blocks, play, read

PAGE = read("record.md")


def test_its_commands_print_what_it_says(tmp_path):
    assert play(PAGE, tmp_path) == 2


def test_its_tables_are_those_of_a_record():
    (shown,) = (block.text for block in blocks(PAGE) if not block.language)
    assert shown.strip() == TABLES.strip()
