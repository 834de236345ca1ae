"""A config file: what is right in it counts, whatever else is wrong."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.config import values
from tui.config.example import example
from tui.config.file import ConfigFile
from tui.config.settings import Settings, settings_of
from tui.config.statements import Assignment, parse


def read(text):
    file = ConfigFile(Path("config.toml"), text)
    file.take("speed", values.speed, None)
    return settings_of(file), file.complaints


def keys(settings):
    return {key.id: key.keys for key in settings.keymap}


PLAIN = keys(Settings())


def test_it_sets_what_it_says():
    text = """
    theme = "nntui-light"
    charts = "line"
    hints = false
    [keys]
    step = "p"
    raise_rate = ["f5", "*"]
    curves.zoom_in = "ctrl+x"
    [keys.samples]
    up = "i"
    """
    settings, complaints = read(text)
    assert complaints == []
    assert (settings.theme, settings.charts, settings.hints) == ("nntui-light", "line", False)
    changed = {"step": "p", "raise_rate": "f5,asterisk", "curves.zoom_in": "ctrl+x"}
    assert keys(settings) == PLAIN | changed | {"samples.up": "i"}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("theme = nntui-light", "invalid value"),
        ("charts", "expected '=' after a key"),
        ('theme = "pink"', "'pink' must be one of nntui-dark, nntui-light, "),
        ('charts = "bars"', "'bars' must be one of both, line, band"),
        ("charts = [1]", "[1] must be one of"),
        ('hints = "no"', "'no' must be true or false"),
        ("hints = 0", "0 must be true or false"),
        ("speed = 0", "0 must be 'max' or a number above 0"),
        ("speed = true", "True must be 'max'"),
        ("speed = inf", "inf must be 'max'"),
        ("speed = [5]", "[5] must be 'max'"),
        ("speed = 1" + "0" * 400, "must be 'max'"),
        ("speed = " + "9" * 5000, "exceeds the limit"),
        ("speed = " + "[" * 5000, "nested too deeply"),
        ('them = "nntui-light"', "there is no setting them; is theme meant?"),
        ('keys.stop = "x"', "there is no key stop; is step meant?"),
        ('keys.step = "foo"', "'foo' is not the name of a key"),
        ('keys.step = "hyper+x"', "'hyper+x' is not the name of a key"),
        ('keys.step = "ctrl++"', "'ctrl++' is not the name of a key"),
        ('keys.step = ""', "'' is not the name of a key"),
        ("keys.step = []", 'a key is needed, as "x"'),
        ("keys.step = 5", 'a key is needed, as "x"'),
        ("keys = 5", "there is no setting keys"),
        ("[[keys]]", "[[keys]] must be [keys]"),
    ],
    ids=lambda text: text[:30],
)
def test_a_wrong_line_is_told_by_its_number_and_the_rest_counts(line, why):
    before, after = 'keys.undo = "f6"', 'keys.fork = "f7"'
    settings, complaints = read("\n".join([before, "", line, *([] if "[[" in line else [after])]))
    (complaint,) = complaints
    assert complaint.startswith("line 3 is ignored: ")
    assert why in complaint
    assert len(complaint) < 400
    assert keys(settings) == PLAIN | {"undo": "f6"} | ({} if "[[" in line else {"fork": "f7"})
    assert (settings.theme, settings.charts, settings.hints) == ("", "both", True)


def test_what_is_set_twice_counts_once():
    settings, complaints = read('charts = "line"\n\ncharts = "band"')
    assert settings.charts == "line"
    assert complaints == ["line 3 is ignored: line 1 has set charts already"]


def test_nothing_is_said_of_what_is_below_a_wrong_head():
    settings, complaints = read('[keys\nstep = "p"\n[keys]\nundo = "f6"')
    (complaint,) = complaints
    assert "line 1 is ignored" in complaint
    assert "the lines below it" in complaint
    assert keys(settings) == PLAIN | {"undo": "f6"}


def test_complaints_cannot_control_the_terminal():
    _, complaints = read('"\\u001b[31m" = 5\ntheme = "\\u001b]0;x\\u0007"')
    assert len(complaints) == 2
    assert all(complaint.isprintable() for complaint in complaints)


words = st.from_regex("[a-z]{1,4}", fullmatch=True)
scalars = st.one_of(
    st.integers(-(2**31), 2**31),
    st.booleans(),
    st.text(st.characters(codec="ascii", exclude_characters='\\"', categories=["L", "N"])),
)


@st.composite
def documents(draw):
    """A TOML text in lines, and what it says."""
    lines, said, table = [], {}, ""
    for name in draw(st.lists(words, unique=True, max_size=8)):
        if draw(st.integers(0, 3)) == 0:
            table = f"T{name}."
            lines.append(f"[T{name}]")
        value = draw(st.one_of(scalars, st.lists(scalars, max_size=3)))
        items = value if isinstance(value, list) else [value]
        written = [f'"{i}"' if isinstance(i, str) else str(i).lower() for i in items]
        text = "[\n" + ",\n".join(written) + "\n]" if isinstance(value, list) else written[0]
        lines.append(f"{name} = {text}  # x")
        said[table + name] = value
    return lines, said


@given(documents())
def test_a_right_text_says_what_tomllib_reads(document):
    lines, said = document
    text = "\n".join(lines)
    assert {each.name: each.value for each in parse(text)} == said
    whole = tomllib.loads(text)
    for each in parse(text):
        table, _, name = each.name.rpartition(".")
        assert (whole[table] if table else whole)[name] == each.value
        assert text.split("\n")[each.line - 1].startswith(f"{name} = ")


@given(documents(), st.data())
def test_a_broken_line_takes_nothing_with_it(document, data):
    lines, said = document
    at = data.draw(st.integers(0, len(lines)))
    lines.insert(at, data.draw(st.sampled_from(["= 5", "x", "x = ", "x = [1,", "x = y z", '"x'])))
    found = list(parse("\n".join(lines)))
    assert {each.name: each.value for each in found if isinstance(each, Assignment)} == said
    (wrong,) = (each for each in found if not isinstance(each, Assignment))
    assert wrong.line == "\n".join(lines[:at]).count("\n") + 1 + (at > 0)


@given(st.text(max_size=200))
def test_any_text_is_read(text):
    settings, complaints = read(text)
    assert set(keys(settings)) == set(PLAIN)
    assert all(complaint.startswith("line ") for complaint in complaints)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_example_shows_every_setting_with_its_default(ending):
    lines = example().split("\n")
    taken = [line.removeprefix("# ") if " = " in line else line for line in lines]
    settings, complaints = read(ending.join(taken))
    assert complaints == []
    assert keys(settings) == PLAIN
    assert settings.theme == "nntui-dark"
    assert (settings.charts, settings.hints) == ("both", True)
    said = tomllib.loads("\n".join(taken))
    assert set(said) == {"theme", "speed", "charts", "hints", "keys"}
    assert read(example())[1] == []
