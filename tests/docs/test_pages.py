"""What holds for all pages."""

import re

import pytest

from tests.docs.pages import DOCS, blocks, read

PAGES = sorted(path.name for path in DOCS.glob("*.md"))


@pytest.mark.parametrize("name", PAGES)
def test_a_file_is_named_in_the_words_before_it(name):
    page = read(name)
    for block in blocks(page):
        if block.file:
            before = page.split(f"```{block.language} {block.file}\n")[0].rstrip().split("\n\n")[-1]
            assert re.search(rf"`{re.escape(block.file)}\b", before), block.file


@pytest.mark.parametrize("name", PAGES)
def test_each_example_is_run_or_shown_as_output(name):
    """A block of a language that no test runs would be an example that nobody tries."""
    known = {"console", "python", "csv", ""}
    assert {block.language for block in blocks(read(name))} <= known
