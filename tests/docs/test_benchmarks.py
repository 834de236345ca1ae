"""The tables of benchmarks are those that were measured."""

import json
import re

from benchmarks.measure import HEAD, Row
from tests.docs.pages import DOCS, read

README = (DOCS.parent / "README.md").read_text(encoding="utf-8")
FIGURES = json.loads(read("benchmarks.json"))


def test_the_table_of_the_readme_is_that_of_the_figures():
    rows = "\n".join(str(Row(**row)) for row in FIGURES["rows"])
    assert f"{HEAD}\n{rows}\n" in README


def test_it_names_the_day_and_the_machine():
    text = " ".join(README.split())
    assert f"on {FIGURES['date']}" in text
    assert FIGURES["machine"].partition(", openmp")[0] in text


def test_the_modules_that_the_page_names_are_there():
    modules = set(re.findall(r"python -m (benchmarks\.\w+)", read("benchmarks.md")))
    assert modules == {"benchmarks.growth", "benchmarks.tables"}
    for module in modules:
        assert (DOCS.parent / f"{module.replace('.', '/')}.py").exists()
