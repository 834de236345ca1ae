"""The app: what keys ask for, and what the screen then says."""

import asyncio
import gc
from time import monotonic

import pytest
from textual.events import Resize
from textual.geometry import Size
from textual.screen import Screen

from engine.protocol import commands, events
from tests.thin import thinned
from tests.tui.asking import settle
from tui.app import MODES
from tui.keys import KEYS, VIEWS
from tui.views.curves.chart import Chart


@pytest.mark.parametrize(
    ("keys", "command"),
    thinned(
        [
            (["n"], commands.Step("epoch")),
            (["N"], commands.Step("epoch", back=True)),
            (["s"], commands.Step("operation")),
            (["S"], commands.Step("operation", back=True)),
            (["m"], commands.Step("batch")),
            (["M"], commands.Step("batch", back=True)),
            (["C"], commands.RunBack()),
            (["e", *"0.5", "enter"], commands.Edit("dense_1.weights[0, 0] = 0.5")),
            (["z"], commands.Undo()),
            (["f"], commands.Fork()),
            (["b", *"loss<1", "enter"], commands.SetBreakpoint("loss<1")),
            (["g", *"-2", "enter"], commands.GoTo(-2, relative=True)),
            (["space"], commands.Resume()),
            (["c"], commands.Resume()),
            (["+"], commands.NudgeLearningRate(1)),
            (["="], commands.NudgeLearningRate(1)),
            (["-"], commands.NudgeLearningRate(-1)),
            (["l", *["backspace"] * 3, "0", ".", "3", "enter"], commands.SetLearningRate(0.3)),
            (["["], commands.NudgeSpeed(-1)),
            (["]"], commands.NudgeSpeed(1)),
            (["g", "7", "enter"], commands.GoTo(7)),
            (["g", "+", "5", "0", "enter"], commands.GoTo(50, relative=True)),
            (["r"], commands.Restart(new_weights=False)),
            (["R"], commands.Restart(new_weights=True)),
        ],
        2,
    ),
)
async def test_keys_steer_the_session(monitor, keys, command):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press(*keys)
        await settle(pilot)
        assert command in app.connection.sent


async def test_a_completed_training_says_so_and_can_go_further(monitor, screen_text):
    app = monitor()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        await pilot.press("t")
        await settle(pilot)
        assert "not complete" in screen_text(app)
        assert app.frame.epochs == 400
        await pilot.press("c")
        await settle(pilot)
        assert "r runs the same weights again" in screen_text(app)
        await pilot.press("t")
        await settle(pilot)
        assert app.frame.epochs == 800


async def test_an_error_after_the_last_epoch_is_not_hidden_by_the_completion(monitor, screen_text):
    app = monitor()
    app.connection.session.trainer.observe(events.TrainingCompleted, lambda event: 1 / 0)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("c")
        await settle(pilot)
        assert app.status == "completed"
        assert "ZeroDivisionError: division by zero" in screen_text(app)


async def test_what_the_session_rejects_is_said(monitor, screen_text):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        await pilot.press("g", *"5000", "enter")
        await settle(pilot)
        assert "the last epoch is 399" in screen_text(app)


async def test_what_the_session_rejects_is_shown_as_it_is(monitor, screen_text):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        app.connection.told.put_nowait(events.Rejected("no [bold] and no [/nonsense]"))
        await settle(pilot)
        assert "no [bold] and no [/nonsense]" in screen_text(app)


async def test_a_worker_that_is_gone_leaves_its_log(monitor, screen_text):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.connection.hang_up()
        await settle(pilot)
        assert "the worker has died; its log: /the/run/log" in screen_text(app)
        await pilot.press("space", "n", "down", "q")
        await settle(pilot)
    assert app.return_code == 0


async def test_keys_before_the_first_frame_are_kept_in_order(monitor):
    app = monitor()
    tell, heard = app.connection.events, asyncio.Event()

    async def late():
        await heard.wait()
        async for event in tell():
            yield event

    app.connection.events = late
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("+", "n", "up")
        assert app.connection.sent == []
        heard.set()
        await settle(pilot)
        kinds = [type(command).__name__ for command in app.connection.sent]
        assert kinds.index("NudgeLearningRate") < kinds.index("Step")


async def test_no_key_means_two_things(monitor):
    of_screens = (
        [*KEYS, *(key for view in VIEWS if view.NAME in shown for key in view.KEYS)]
        for shown in MODES.values()
    )
    for table in of_screens:
        # Space does the one or the other, as the run is.
        keys = [name for key in table if key.action != "start" for name in key.keys.split(",")]
        assert len(keys) == len(set(keys))
    for key in KEYS:
        name = key.action.split("(")[0]
        assert hasattr(monitor(), f"action_{name}")


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (39, 12), (40, 11)])
async def test_a_screen_that_is_too_small_says_so(monitor, screen_text, size):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.resize_terminal(*size)
        await settle(pilot)
        if size[0] > 30:
            assert "is too small: 40×12 is needed" in screen_text(app)
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert "samples ·" in screen_text(app)


async def test_the_theme_changes_what_is_drawn(monitor):
    app = monitor(at=100)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        dark = app.query_one(Chart)._ink("accent")
        app.theme = "nntui-light"
        await settle(pilot)
        assert app.query_one(Chart)._ink("accent") != dark


async def test_the_frame_after_a_pause_is_not_waited_for(monitor):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app._pace._debt, app._pace._asked = 1e6, False
        assert app._pace.wait(monotonic()) > 10
        app._hear(events.Paused("step"))
        assert app._pace.wait(monotonic()) is None
        assert app.connection.sent[-1] == commands.Drawn()


async def test_what_the_screen_is_made_of_is_set_aside_once(monitor, monkeypatch):
    frozen = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(1))
    monkeypatch.setattr(gc, "get_freeze_count", None)  # it counts one by one: 7 ms
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        for _ in range(3):
            await settle(pilot)
            await pilot.press("n")
    assert frozen == [1]


async def test_sizes_that_are_late_do_not_chase_each_other(monitor, monkeypatch):
    """A dialog lays out the screens behind it as well, each of which hears of sizes by itself."""
    app, layouts = monitor(), []
    layout = Screen._refresh_layout

    def spy(screen, *arguments, **options):
        layouts.append(screen)
        if len(layouts) > 500:
            raise AssertionError("the screens resize each other without end")
        layout(screen, *arguments, **options)

    monkeypatch.setattr(Screen, "_refresh_layout", spy)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("?")
        await pilot.pause()
        with app.batch_update():  # as where a list is filled, and nothing is drawn until it is
            for size in (Size(100, 30), Size(120, 35)):
                for screen in app.screen_stack:
                    screen.post_message(Resize(size, size))
                    screen.call_later(lambda: None)  # what else there is to do in between
            await asyncio.sleep(0.3)
        await pilot.pause()
        assert [screen.size for screen in app.screen_stack] == [Size(80, 24)] * 2
        await pilot.resize_terminal(120, 35)
        await pilot.pause()
        assert [screen.size for screen in app.screen_stack] == [Size(120, 35)] * 2
