"""Questions, the help and the palette: what they take, and when they close."""

import os
from pathlib import Path

import pytest
from textual.containers import VerticalScroll
from textual.widgets import Input

from engine.protocol import commands, events
from tests.tui.asking import asked, settle
from tui.app import _read_epoch
from tui.footer import TABS
from tui.keymap import Keymap
from tui.keys import ALL_KEYS, KEYS, MODES, VIEWS
from tui.screens.breakpoints import BreakpointsScreen
from tui.screens.help import Help


async def test_what_cannot_be_read_is_explained_and_asked_again(monitor, screen_text):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for key, text, says in (
            ("l", "fast", "a number is needed"),
            ("l", "0", "above 0"),
            ("g", "x", "an epoch is needed"),
            ("g", "", "an epoch is needed"),
            ("g", "9" * 31, "an epoch is at most"),
            ("g", "-" + "9" * 5000, "an epoch is needed"),
            ("e", "much", "a target and a number"),
        ):
            await pilot.press(key)
            await settle(pilot)
            app.screen.query_one(Input).value = text
            await pilot.press("enter")
            await settle(pilot)
            assert says in screen_text(app)
            await pilot.press("escape")
        assert not asked(app, commands.SetLearningRate)
        assert not asked(app, commands.GoTo)


async def test_a_dialog_hears_of_what_happens_before_it_is_mounted(monitor, screen_text):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.push_screen(BreakpointsScreen(app.breakpoints, app.send))
        state = events.BreakpointState(1, "loss < 1", [], True, 0)
        app._hear(events.BreakpointsChanged([state]))
        app._hear(events.Rejected("something is wrong"))
        await settle(pilot)
        assert "1  loss < 1" in screen_text(app)
        assert "something is wrong" in screen_text(app)


async def test_a_dialog_closes_once_however_often_it_is_asked_to(monitor):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await app.push_screen(Help(Keymap()))
        await app.push_screen(Help(Keymap()))
        below, top = app.screen_stack[1:]
        below.dismiss()
        assert app.screen is top
        top.dismiss()
        top.dismiss()
        await settle(pilot)
        assert app.screen is below


async def test_what_a_closed_dialog_still_does_ends_nothing(monitor):
    ran = []

    async def fail():
        ran.append(1)
        app.screen_stack[0].query_one("#nothing")

    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        dialog = Help(Keymap())
        await app.push_screen(dialog)
        dialog.dismiss()
        dialog.run_worker(fail())
        await settle(pilot)
        assert ran
        assert not app.fault
        assert app.is_running


async def test_the_palette_takes_keys_and_clicks_before_it_is_laid_out(monitor, screen_text):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.action_command_palette()
        await pilot.press("pagedown", "pageup", "end")
        await pilot.click(offset=(1, 1))
        await settle(pilot)
        await pilot.press("ctrl+p", *"epoch back")
        await pilot.pause(0.5)
        assert "One epoch back" in screen_text(app)


async def test_quitting_asks_only_while_it_trains(monitor, frame, screen_text):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.connection.told.put_nowait(events.Resumed())
        await settle(pilot)
        await pilot.press("q")
        await settle(pilot)
        assert "Quit and stop training?" in screen_text(app)
        await pilot.press("n")
        await settle(pilot)
        assert "Quit and stop training?" not in screen_text(app)
        await pilot.press("q", "y")
        await settle(pilot)
    assert app.return_code == 0
    assert asked(app, commands.Shutdown) == [commands.Shutdown()]


async def test_what_is_left_running_is_not_asked_to_end(monitor, frame, screen_text):
    for keys in (("d",), ("q", "d")):
        app = monitor(at=5)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            app.connection.told.put_nowait(events.Resumed())
            await settle(pilot)
            await pilot.press(*keys)
            await settle(pilot)
        assert app.return_code == 0
        assert app.leaving == "detach"
        assert not asked(app, commands.Shutdown)


async def test_a_run_that_is_not_recorded_cannot_be_left_running(monitor, screen_text):
    app = monitor(at=5)
    app.log_path = Path(os.devnull)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("d")
        await settle(pilot)
        assert "this run is not recorded, and ends with its screen: q quits" in screen_text(app)
        app.connection.told.put_nowait(events.Resumed())
        await settle(pilot)
        await pilot.press("q", "d")
        await settle(pilot)
        assert "Quit and stop training?" in screen_text(app)
        assert "leave it running" not in screen_text(app)


async def test_a_session_that_another_has_ended_is_said_so_and_left_with_status_0(
    monitor, screen_text
):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.connection.told.put_nowait(events.Ended("stopped"))
        app.connection.hang_up()
        await settle(pilot)
        assert "the session was ended, and the run is stopped · q quits" in screen_text(app)
        await pilot.press("q")
    assert app.return_code == 0
    assert not app.failure


async def test_the_palette_and_the_help_hold_every_key(monitor, screen_text):
    app = monitor(at=5)
    async with app.run_test(size=(100, 60)) as pilot:
        await settle(pilot)
        offered = [command.title for command in app.get_system_commands(app.screen)]
        assert {key.text for key in ALL_KEYS} <= set(offered)
        assert len(offered) == len(set(offered))


@pytest.mark.parametrize("mode", MODES)
async def test_the_help_fits_a_small_terminal_and_holds_the_keys_of_the_view(
    monitor, screen_text, mode
):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.action_show(mode)
        await pilot.press("?")
        await settle(pilot)
        assert app.screen.query_one(VerticalScroll).max_scroll_y == 0
        shown = screen_text(app)
        of_view = [key for view in VIEWS if view.NAME in MODES[mode] for key in view.KEYS]
        for key in (*KEYS, *of_view):
            assert f" {key.brief}" in shown
            assert key.shown in shown or key.id in TABS


async def test_quitting_from_the_palette_asks_like_its_key(monitor, frame, screen_text):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.connection.told.put_nowait(frame(status="running"))
        await settle(pilot)
        (command,) = (c for c in app.get_system_commands(app.screen) if "uit" in c.title)
        command.callback()
        await settle(pilot)
        assert "Quit and stop training?" in screen_text(app)


@pytest.mark.parametrize(
    "text", ["1" * 31, "-" + "1" * 31, "+" + "1" * 5000, "nan"], ids=lambda text: text[:9]
)
def test_an_epoch_that_no_session_takes_is_not_sent(text):
    with pytest.raises(ValueError, match="an epoch is"):
        _read_epoch(text)
