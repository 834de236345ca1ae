"""Keys that are bound anew: none means two things, and all texts show the one that is bound."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.config.test_file import PLAIN, keys, read
from tui.config.settings import Settings
from tui.keymap import Keymap
from tui.keys import ALL_KEYS, MODES

IDS = [key.id for key in ALL_KEYS]


def bound(**changed):
    return read("\n".join(f"keys.{name} = {json.dumps(key)}" for name, key in changed.items()))


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("+", "plus"),
        (",", "comma"),
        ("ctrl+l", "ctrl+l"),
        ("shift+n", "N"),
        ("shift+tab", "shift+tab"),
        ("pgup", "pageup"),
        ("pageup", "pageup"),
        ("esc", "escape"),
        ("↑", "up"),
        ("ä", "ä"),
        ("question_mark", "question_mark"),
        (["f1", "?"], "f1,question_mark"),
        (["p", "p"], "p"),
    ],
    ids=str,
)
def test_a_key_may_be_written_as_it_is_shown_or_named(written, name):
    others = {f"z{k}": key for k, key in enumerate(["f2", "f3", "f4", "f6", "f7", "f8"])}
    free = [key.id for key in ALL_KEYS if set(key.keys.split(",")) & set(name.split(","))]
    moved = dict(zip(free, others.values(), strict=False))
    text = "\n".join(f'keys.{each} = "{key}"' for each, key in moved.items() if each != "redraw")
    settings, complaints = read(f"{text}\nkeys.redraw = {json.dumps(written)}")
    assert complaints == []
    assert keys(settings)["redraw"] == name


def test_keys_may_change_places():
    settings, complaints = bound(step="N", step_back="n")
    assert complaints == []
    assert keys(settings) == PLAIN | {"step": "N", "step_back": "n"}


@pytest.mark.parametrize(
    ("changed", "kept", "line", "why"),
    [
        ({"step": "q"}, {}, 1, "q is bound to quit already"),
        ({"step": "w"}, {}, 1, "w is bound to samples.wrong already"),
        ({"samples.wrong": "y"}, {}, 1, "y is bound to curves.log_axis already"),
        ({"step": "p", "undo": "p"}, {"step": "p"}, 2, "p is bound to step already"),
        ({"undo": "n", "step": "p"}, {"undo": "n", "step": "p"}, 0, ""),
        ({"undo": "n", "step": "q"}, {}, 2, "q is bound to quit already"),
        ({"step": "ctrl+p"}, {}, 1, "ctrl+p always has its own meaning"),
        ({"layers.up": "space"}, {}, 1, "space is bound to pause already"),
        ({"layers.up": "y"}, {"layers.up": "y"}, 0, ""),
        ({"start": "p", "pause": "p"}, {"start": "p", "pause": "p"}, 0, ""),
    ],
    ids=str,
)
def test_a_key_that_would_mean_two_things_stays_as_it_was(changed, kept, line, why):
    settings, complaints = bound(**changed)
    assert keys(settings) == PLAIN | kept
    assert bool(complaints) == bool(line)
    if line:
        assert f"line {line} is ignored: {why}" in complaints[-1]


names = st.sampled_from(
    ["n", "N", "q", "x", "X", "y", "space", "up", "down", "p", "f1", "tab", "w"]
)


@given(st.dictionaries(st.sampled_from(IDS), st.lists(names, min_size=1, max_size=2), max_size=8))
def test_whatever_is_bound_no_key_means_two_things(changed):
    settings, complaints = bound(**changed)
    for shown in MODES.values():
        here = [k for k in settings.keymap if "." not in k.id or k.id.split(".")[0] in shown]
        pressed = [n for k in here if k.id != "start" for n in k.keys.split(",")]
        assert len(pressed) == len(set(pressed))
        pressed = [n for k in here if k.id != "pause" for n in k.keys.split(",")]
        assert len(pressed) == len(set(pressed))
    ignored = [
        name for name in changed if keys(settings)[name] != ",".join(dict.fromkeys(changed[name]))
    ]
    assert len(complaints) == len(ignored)


@pytest.fixture
def rebound(monitor):
    """Make an app with other keys."""

    def make(changed, **options):
        like = monitor(**options)
        return type(like)(
            like.connection, Path("/the/run/log"), settings=Settings(keymap=Keymap(changed))
        )

    return make


async def settle(pilot):
    for _ in range(5):
        await pilot.pause()


async def test_what_is_rebound_is_done_and_shown(rebound, screen_text):
    changed = {
        "step": "p",
        "start": "f5",
        "show_inside": "d",
        "help": "f1",
        "undo": "ctrl+u",
        "samples.down": "i",
        "layers.down": "i",
    }
    app = rebound(changed, at=None, epochs=20)
    async with app.run_test(size=(100, 60)) as pilot:
        await settle(pilot)
        shown = screen_text(app)
        assert "f5 starts · p trains one epoch · d looks inside · f1 lists all keys" in shown
        footer = shown.rstrip().splitlines()[-1]
        assert "f5 resume" in footer
        assert "p/N epoch" in footer
        assert "f1 help" in footer
        await pilot.press("n")  # which is bound to nothing now
        await pilot.press("p", "p")
        await settle(pilot)
        assert [type(c).__name__ for c in app.connection.sent].count("Step") == 2
        await pilot.press("f1")
        await settle(pilot)
        assert "p/N epoch on, back" in screen_text(app)
        assert "ctrl+u undo" in screen_text(app)
        await pilot.press("escape")
        await settle(pilot)
        told = {command.title: command.help for command in app.get_system_commands(app.screen)}
        assert told["One epoch on"] == "key p"


async def test_a_key_is_rebound_in_one_view_and_stays_in_the_others(rebound):
    app = rebound({"samples.down": "i"}, at=5)
    async with app.run_test(size=(100, 40)) as pilot:
        await settle(pilot)
        samples, layers = app.views[1], app.views[3]
        await pilot.press("i")
        await settle(pilot)
        assert samples.chosen == 1
        await pilot.press("down")
        await settle(pilot)
        assert samples.chosen == 1
        await pilot.press("5")
        await settle(pilot)
        await pilot.press("up", "up", "up", "down")
        await settle(pilot)
        assert layers.chosen == "relu_1"


async def test_charts_and_hints_are_as_set(monitor, screen_text):
    like = monitor(at=None, epochs=20)
    settings = Settings(charts="line", hints=False, theme="nntui-light")
    app = type(like)(like.connection, Path("/the/run/log"), settings=settings)
    async with app.run_test(size=(100, 40)) as pilot:
        await settle(pilot)
        assert "looks inside" not in screen_text(app)
        assert {chart.style_of_curve for chart in app.views[0].shown} == {"line"}
        assert app.theme == "nntui-dark"  # TEXTUAL_THEME counts more
