"""Pictures of the screen, compared with those that were looked at and found right."""

import pytest
from textual.widgets import Input


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


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (120, 35), (200, 50)], ids=str)
def test_in_the_middle_of_a_run(snap_compare, monitor, size):
    app = monitor(at=300, learning_rate=1.0)
    assert snap_compare(app, terminal_size=size, run_before=after("+", "n"))


def test_light(snap_compare, monitor):
    app = monitor(at=300, learning_rate=1.0)
    assert snap_compare(app, terminal_size=(80, 24), run_before=after(theme="nntui-light"))


@pytest.mark.parametrize("theme", ["nntui-dark", "nntui-light"])
@pytest.mark.parametrize("size", [(40, 12), (80, 24), (120, 35), (200, 50)], ids=str)
def test_inside_an_operation(snap_compare, monitor, size, theme):
    app = monitor(at=300, learning_rate=1.0)
    keys = "4", "s", "tab", "tab", "right", "right", "down", "n"
    assert snap_compare(app, terminal_size=size, run_before=after(*keys, theme=theme))


@pytest.mark.parametrize("theme", ["nntui-dark", "nntui-light"])
@pytest.mark.parametrize("size", [(80, 24), (120, 35), (200, 50)], ids=str)
def test_the_change_of_an_array(snap_compare, monitor, size, theme):
    app = monitor(at=300, learning_rate=1.0)
    keys = "4", *["j"] * 8, "n", "d", "h"
    assert snap_compare(app, terminal_size=size, run_before=after(*keys, theme=theme))


def test_inside_a_backward_pass(snap_compare, monitor):
    app = monitor(at=300, learning_rate=1.0)
    keys = "4", *["s"] * 6, "h"
    assert snap_compare(app, terminal_size=(80, 24), run_before=after(*keys))


def test_inside_an_operation_in_sixteen_colours(snap_compare, monitor):
    app = monitor(at=300, learning_rate=1.0)
    run = after("4", *["s"] * 3, theme="ansi-dark")
    assert snap_compare(app, terminal_size=(120, 35), run_before=run)


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
