"""Any figures can be drawn, and are shown as they are."""

from itertools import product

import msgspec
import pytest

from engine.protocol import commands
from engine.protocol.views.curves import Curves
from engine.protocol.views.samples import SampleRow, Samples
from tests.tui.asking import curve, settle
from tui.views.curves.chart import Chart
from tui.widgets.status import StatusLine


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


ANY = [
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
]


@pytest.mark.parametrize("size", [(40, 12), (300, 100)])
async def test_any_figures_can_be_drawn(monitor, frame, size):
    app = monitor()
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        for fields in ANY:
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


async def test_the_status_is_one_line_at_80_columns(monitor, frame):
    app = monitor()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for digits, speed in product(range(1, 10), [None, 1.0, 1000.0]):
            last = 10**digits - 1
            fields = {"epochs": last, "epoch": last - 1, "learning_rate": 0.0005}
            fields |= {"speed": speed, "epochs_per_second": speed or 12345.0}
            line = app.query_one(StatusLine)
            line.draw_status(frame(**fields, status="completed"), "completed", app.metrics)
            await pilot.pause()
            assert line.size.height == 1


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
