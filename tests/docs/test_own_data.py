"""The page about one's own data prints what it says, and names what there is."""

from engine.data.array_files import PAIRS
from engine.data.tables.cells import MISSING
from engine.data.tables.roles import LABEL_NAMES
from engine.runs.description import TOYS
from tests.docs.pages import codes, play, read, table

PAGE = read("own-data.md")


def section(title):
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


def test_its_commands_print_what_it_says(tmp_path):
    assert play(PAGE, tmp_path) == 14


def test_the_names_of_labels_are_all_that_are_known():
    assert set(codes(section("Labels").split(", else")[0])) == LABEL_NAMES


def test_what_it_calls_missing_is():
    assert set(codes(section("Missing values").split(" are missing")[0])) <= MISSING
    options = [codes(row[0])[0].split()[1] for row in table(PAGE, heading="## Missing values")]
    assert options == ["median", "drop", "refuse"]


def test_the_pairs_of_arrays_are_known():
    names = codes(section("Arrays").split("named as usual: ")[1].split(";")[0])
    pairs = zip(names[::2], names[1::2], strict=True)
    assert {(features.lower(), labels) for features, labels in pairs} <= set(PAIRS)


def test_the_toys_are_all_that_there_are():
    assert set(codes(section("Toy datasets").split(". ")[0])) - {"nntui data"} == set(TOYS)
