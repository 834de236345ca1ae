"""The app: what keys ask for, and what the screen then says."""

import asyncio
import gc
from time import monotonic

import msgspec
import pytest
from textual.events import Resize
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Input

from engine.protocol import commands, events
from engine.protocol.views.curves import CurveData, Curves, CurvesQuery
from engine.protocol.views.samples import SampleRow, Samples, SamplesQuery
from tui.app import MODES, _read_epoch
from tui.keys import KEYS, VIEWS
from tui.screens.breakpoints import BreakpointsScreen
from tui.screens.help import Help
from tui.views.curves.chart import Chart
from tui.views.samples.view import SamplesView
from tui.widgets.status import StatusLine


def curve(lower, upper=None):
    """Make a curve of points that are one epoch apart."""
    upper = upper or lower
    mean = [
        None if low is None else low / 2 + high / 2 for low, high in zip(lower, upper, strict=True)
    ]
    return CurveData(0, 1.0, lower, mean, upper)


def asked(app, kind):
    return [command for command in app.connection.sent if isinstance(command, kind)]


def queries(app):
    """Return what is asked for now, by its kind."""
    return {type(query): query for query in asked(app, commands.Subscribe)[-1].queries}


async def settle(pilot):
    """Let the session's answers arrive and be drawn."""
    for _ in range(4):
        await pilot.pause()


@pytest.mark.parametrize(
    ("keys", "command"),
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
        await app.push_screen(Help())
        await app.push_screen(Help())
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
        dialog = Help()
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


async def test_classes_that_only_the_network_has_are_shown(monitor, screen_text, frame):
    app = monitor()
    session = app.connection.session
    session.trainer.data.class_names = session.trainer.data.class_names[:2]
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        row = SampleRow(0, 0, 2, 1.2, [0.1, 0.2, 0.7], [0.5])
        app.connection.told.put_nowait(frame(samples=Samples(0, 1, 1, [row])))
        await settle(pilot)
        assert "0.700" in screen_text(app)


async def test_samples_scroll_and_are_chosen(monitor):
    app = monitor(at=100)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        view = app.query_one(SamplesView)
        rows = view.rows
        for keys, first, chosen in (
            (["down"], 0, 1),
            (["pagedown"], 2, 1 + rows),
            (["up"] * rows, 1, 1),
            (["end"], 90 - rows, 89),
            (["down"], 90 - rows, 89),
            (["home"], 0, 0),
            (["up"], 0, 0),
        ):
            await pilot.press(*keys)
            await settle(pilot)
            assert (app.frame.answer(Samples).first, view.chosen) == (first, chosen)
        await pilot.press("w")
        await settle(pilot)
        samples = app.frame.answer(Samples)
        assert samples.total == samples.wrong > 0
        assert all(row.predicted != row.true_class for row in samples.rows)
        await pilot.press("w", "u")
        await settle(pilot)
        losses = [row.loss for row in app.frame.answer(Samples).rows]
        assert losses == sorted(losses, reverse=True)
        await pilot.press("u")
        await settle(pilot)
        most = [max(row.probabilities) for row in app.frame.answer(Samples).rows]
        assert most == sorted(most)
        await pilot.press("u")
        await settle(pilot)
        assert queries(app)[SamplesQuery].order == "data"


async def test_the_sample_under_the_cursor_is_edited(monitor, screen_text):
    app = monitor(at=100)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("3", "down", "down", "e")
        await settle(pilot)
        value = app.screen.query_one(Input).value
        assert value.startswith("data.X[2, 0] = ")
        await pilot.press(*["backspace"] * 30, *"data.X[2, 0] = 0.25", "enter")
        await settle(pilot)
        assert asked(app, commands.Edit)[-1].text == "data.X[2, 0] = 0.25"
        assert app.frame.answer(Samples).rows[2].features[0] == 0.25


async def test_many_classes_scroll_sideways(monitor, screen_text):
    app = monitor(at=5, classes=10)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "more classes" in screen_text(app)
        await pilot.press(*["right"] * 20)
        await settle(pilot)
        head = next(line for line in screen_text(app).splitlines() if "pred" in line)
        assert head.rstrip(" │").endswith("9")
        await pilot.press(*["left"] * 20)
        await settle(pilot)
        assert app.query_one(SamplesView).first_class == 0


async def test_a_hidden_panel_is_not_asked_for(monitor):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("2")
        await settle(pilot)
        assert set(queries(app)) == {CurvesQuery}
        await pilot.press("3")
        await settle(pilot)
        assert set(queries(app)) == {SamplesQuery}
        assert queries(app)[SamplesQuery].rows > 10
        await pilot.press("1")
        await settle(pilot)
        assert set(queries(app)) == {CurvesQuery, SamplesQuery}


async def test_the_learning_rates_are_marked_where_they_changed(monitor, screen_text):
    app = monitor(at=100, epochs=200)
    async with app.run_test(size=(120, 35)) as pilot:
        await settle(pilot)
        await pilot.press("+", "n")
        await settle(pilot)
        assert app.frame.answer(Curves).rate_changes == [(101, 0.2)]
        assert screen_text(app).count("┊0.2") == 2


async def test_marks_of_a_logarithmic_axis_are_not_rounded(monitor, screen_text, frame):
    app = monitor(at=5)
    falling = curve([1.0, 0.001])
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("y")
        app.connection.told.put_nowait(frame(curves={"loss": falling, "accuracy": falling}))
        await settle(pilot)
        assert "│ 0.001 ┤" in screen_text(app)


async def test_a_logarithmic_axis(monitor, screen_text):
    app = monitor(at=100)
    async with app.run_test(size=(120, 35)) as pilot:
        await settle(pilot)
        before = screen_text(app)
        await pilot.press("y")
        await settle(pilot)
        assert app.query(Chart).first().logarithmic
        assert screen_text(app) != before
        await pilot.press("y")
        await settle(pilot)
        assert screen_text(app) == before


async def test_a_loss_that_is_no_number_is_a_gap_and_a_reason(monitor, screen_text):
    app = monitor(at=100)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.connection.session.trainer.network.layers[0].weights[:] = float("nan")
        await pilot.press("c")
        await settle(pilot)
        assert "the loss is NaN in epoch 101" in screen_text(app)
        assert "loss nan" in screen_text(app)
        await pilot.press("y", "c")
        await settle(pilot)
        assert "completed" in screen_text(app)


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


async def test_quitting_asks_only_while_it_trains(monitor, frame, screen_text):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.connection.told.put_nowait(events.Resumed())
        await settle(pilot)
        await pilot.press("q")
        await settle(pilot)
        assert "End it?" in screen_text(app)
        await pilot.press("n")
        await settle(pilot)
        assert "End it?" not in screen_text(app)
        await pilot.press("q", "y")
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


async def test_the_palette_and_the_help_hold_every_key(monitor, screen_text):
    app = monitor(at=5)
    async with app.run_test(size=(100, 60)) as pilot:
        await settle(pilot)
        offered = [command.title for command in app.get_system_commands(app.screen)]
        assert {key.text for key in KEYS} <= set(offered)
        assert len(offered) == len(set(offered))
        await pilot.press("?")
        await settle(pilot)
        shown = screen_text(app)
        for key in KEYS:
            assert key.text in shown
            assert key.shown in shown


async def test_quitting_from_the_palette_asks_like_its_key(monitor, frame, screen_text):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.connection.told.put_nowait(frame(status="running"))
        await settle(pilot)
        (command,) = (c for c in app.get_system_commands(app.screen) if "uit" in c.title)
        command.callback()
        await settle(pilot)
        assert "End it?" in screen_text(app)


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


@pytest.mark.parametrize(
    "fields",
    [
        {"metrics": {}, "reason": "alert"},
        {"epochs": 1, "epoch": 0},
        {"epochs": 5, "epoch": 99},
        {"epochs": 10**9, "epoch": 10**9 - 1, "epochs_per_second": 1e9, "seconds_left": 1e12},
        {
            "metrics": {"loss": 1e300},
            "learning_rate": 1e-9,
            "speed": 1.0,
            "rate_changes": [(9, 1e-9)] * 3,
        },
        {"curves": {"loss": curve([None, 1e300, 0.0], [None, 1e300, 1e-300])}},
        {"curves": {"loss": curve([None] * 5, [None] * 5)}},
        {"curves": {"loss": curve([-1.0, 5e-324], [0.0, 5e-324])}},
        {"curves": {"loss": curve([0.6931], [0.6931])}},
        {"curves": {"loss": curve([0.002] * 3, [0.002] * 3)}},
        {"samples": Samples(0, 0, 0, [])},
        {"samples": Samples(0, 1, 1, [SampleRow(0, 0, None, None, [None] * 3, [])])},
    ],
    ids=str,
)
@pytest.mark.parametrize("size", [(40, 12), (300, 100)])
async def test_any_figures_can_be_drawn(monitor, frame, fields, size):
    app = monitor()
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        app.connection.told.put_nowait(frame(**fields))
        await settle(pilot)
        await pilot.press("y")
        await settle(pilot)


@pytest.mark.parametrize(
    ("loss", "shown"),
    [
        (None, "loss –"),
        (float("nan"), "loss nan"),
        (float("inf"), "loss inf"),
        (1e300, "loss 1.0e+300"),
        (99999.0, "loss 99999.0000"),
        (0.0, "loss 0.0000"),
    ],
)
async def test_any_loss_is_shown_as_it_is(monitor, frame, screen_text, loss, shown):
    app = monitor()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.connection.told.put_nowait(frame(metrics={} if loss is None else {"loss": loss}))
        await settle(pilot)
        assert f"{shown} " in screen_text(app)


@pytest.mark.parametrize("speed", [None, 1.0, 1000.0])
@pytest.mark.parametrize("digits", range(1, 10))
async def test_the_status_is_one_line_at_80_columns(monitor, frame, digits, speed):
    app, last = monitor(), 10**digits - 1
    fields = {"epochs": last, "epoch": last - 1, "learning_rate": 0.0005, "status": "completed"}
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.connection.told.put_nowait(
            frame(**fields, speed=speed, epochs_per_second=speed or 12345.0)
        )
        await settle(pilot)
        assert app.query_one(StatusLine).size.height == 1


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


async def test_curves_that_outgrow_the_chart_are_asked_for_at_once(monitor, frame):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app._pace._debt, app._pace._asked = 1e6, False
        grown = frame(status="completed", epoch=10_000, reached=10_000, longest=10_000)
        before = len(app.connection.sent)
        app.connection.told.put_nowait(msgspec.structs.replace(grown, epochs=10_001))
        await settle(pilot)
        subscribe, *after = app.connection.sent[before:]
        assert subscribe.queries[0].span == 10_001
        assert commands.Drawn() in after


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


@pytest.mark.parametrize(
    "text", ["1" * 31, "-" + "1" * 31, "+" + "1" * 5000, "nan"], ids=lambda text: text[:9]
)
def test_an_epoch_that_no_session_takes_is_not_sent(text):
    with pytest.raises(ValueError, match="an epoch is"):
        _read_epoch(text)


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
