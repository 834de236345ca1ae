"""Pictures of the screen, compared with those that were looked at and found right."""

from itertools import product

import pytest
from textual.widgets import Input

from tests.thin import thinned


async def settle(pilot):
    for _ in range(5):
        await pilot.pause()


def after(*keys, theme=None):
    """Press keys once the first frame is drawn."""

    async def run(pilot):
        if theme:
            pilot.app.theme = theme
        await settle(pilot)
        await pilot.press(*keys)
        await settle(pilot)

    return run


# By name: the learning rate that it is trained with, and the keys that are pressed then.
SHOWN = {
    "both": (1.0, ("+", "n")),
    "curves": (1.0, ("2", "+", "n", "N", ",")),
    "samples": (1.0, ("3", "u", "w", "down")),
    "inside": (1.0, ("4", "s", "tab", "tab", "right", "right", "down", "n")),
    "change": (1.0, ("4", *["j"] * 8, "n", "a", "h")),
    "layers": (50.0, ("5",)),
}


def in_view(monitor, view, theme):
    rate, keys = SHOWN[view]
    return monitor(at=300, learning_rate=rate), after(*keys, theme=theme)


SIZES = [(80, 24), (120, 35), (200, 50)]
THEMES = ["nntui-dark", "nntui-light"]


@pytest.mark.parametrize(
    ("view", "size", "theme"), thinned(product(SHOWN, SIZES, THEMES), 3), ids=str
)
def test_each_view(snap_compare, monitor, view, size, theme):
    app, run = in_view(monitor, view, theme)
    assert snap_compare(app, terminal_size=size, run_before=run)


@pytest.mark.parametrize(("view", "theme"), thinned(product(SHOWN, ["ansi-dark", "ansi-light"]), 3))
def test_each_view_in_sixteen_colours(snap_compare, monitor, view, theme):
    app, run = in_view(monitor, view, theme)
    assert snap_compare(app, terminal_size=(80, 24), run_before=run)


@pytest.mark.parametrize("view", ["both", "inside", "layers"])
def test_a_small_terminal(snap_compare, monitor, view):
    app, run = in_view(monitor, view, "nntui-dark")
    assert snap_compare(app, terminal_size=(40, 12), run_before=run)


def test_inside_a_backward_pass(snap_compare, monitor):
    app = monitor(at=300, learning_rate=1.0)
    keys = "4", *["s"] * 6, "h"
    assert snap_compare(app, terminal_size=(80, 24), run_before=after(*keys))


def test_the_source_in_full(snap_compare, monitor):
    app = monitor(at=300, learning_rate=1.0)
    assert snap_compare(app, terminal_size=(80, 24), run_before=after("4", "k", "j", "v"))


def test_completed_with_a_logarithmic_axis(snap_compare, monitor):
    app = monitor(at=300, learning_rate=1.0)
    assert snap_compare(app, terminal_size=(80, 24), run_before=after("y", "c"))


def test_help(snap_compare, monitor):
    assert snap_compare(monitor(at=5), terminal_size=(80, 24), run_before=after("?"))


def test_a_question(snap_compare, monitor):
    async def run(pilot):
        await after("g")(pilot)
        pilot.app.screen.query_one(Input).cursor_blink = False
        await after("3", "enter")(pilot)

    assert snap_compare(monitor(at=5), terminal_size=(80, 24), run_before=run)
