"""CurvesView of any metrics: as many as there is room for, and what they ask of a session."""

import math
from itertools import product

import pytest
from textual.events import MouseScrollUp

from engine.protocol import commands
from engine.protocol.metrics import BUILT_IN, Metric
from engine.protocol.views.curves import Curves, CurvesQuery
from tests.thin import thinned
from tui.views.curves.chart import Chart
from tui.views.curves.series import Series
from tui.views.curves.view import LEAST_HEIGHT, CurvesView

METRICS = [Metric(f"m{k}", "more", ".2f", low, high) for k, (low, high) in enumerate(
    [(None, None), (0, None), (None, 0), (-1, 1), (0.5, 0.6), (None, None), (None, None)]
)]  # fmt: skip


async def settle(pilot):
    for _ in range(5):
        await pilot.pause()


def add(app, metrics):
    trainer = app.connection.session.trainer
    for k, m in enumerate(metrics):
        trainer.metric(
            m.name, lambda t, k=k: 0.1 * k - t.measured.loss, direction=m.direction,
            format=m.format, low=m.low, high=m.high,
        )  # fmt: skip


def shown(app):
    return [chart.metric.name for chart in app.query_one(CurvesView).shown]


SIZES = (40, 12), (80, 24), (120, 35), (151, 41), (200, 50)


@pytest.mark.parametrize(
    ("size", "view", "number"), thinned(product(SIZES, "12", [0, 1, 7]), 7), ids=str
)
async def test_as_many_are_shown_as_fit_evenly(monitor, screen_text, size, view, number):
    app = monitor(at=5)
    add(app, METRICS[:number])
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press(view, "n", "n")
        await settle(pilot)
        charts = app.query_one(CurvesView).shown
        names = [m.name for m in (*BUILT_IN, *METRICS[:number])]
        assert shown(app) == names[: len(charts)]
        height, columns = app.query_one(CurvesView).size.height, 1 if size[0] >= 150 else 2
        assert len(charts) == min(len(names), max(2, columns * (height // LEAST_HEIGHT)))
        heights, widths = ({getattr(c.outer_size, d) for c in charts} for d in ("height", "width"))
        assert max(heights) - min(heights) <= 1
        assert max(widths) - min(widths) <= 1
        assert len(charts) == 2 or min(heights) >= LEAST_HEIGHT
        assert app._subscribed.queries[0].metrics == shown(app)
        for chart in charts:
            name = chart.metric.name
            if name in app.frame.metrics:
                assert f"{name} {chart.metric.text(app.frame.metrics[name])}" in screen_text(app)
        hidden = [m.name for m in METRICS if m.name not in shown(app)]
        assert not any(f"{name} " in screen_text(app) for name in hidden)


async def test_a_metric_that_is_added_while_one_watches_gets_a_chart(monitor, screen_text):
    app = monitor(at=5)
    async with app.run_test(size=(120, 35)) as pilot:
        await settle(pilot)
        assert shown(app) == ["loss", "accuracy"]
        add(app, METRICS[:1])
        app.connection.tell()
        await settle(pilot)
        assert shown(app) == ["loss", "accuracy", "m0"]
        assert "m0 –" in screen_text(app)
        await pilot.press(*"nnnn")
        await settle(pilot)
        assert list(app.frame.answer(Curves).curves) == ["loss", "accuracy", "m0"]
        assert "m0 -1.10" in screen_text(app)


async def test_charts_that_are_not_seen_are_not_asked_for(monitor):
    app = monitor(at=5)
    add(app, METRICS)
    async with app.run_test(size=(120, 35)) as pilot:
        await settle(pilot)
        for view, some in (("3", False), ("2", True), ("4", False), ("1", True)):
            await pilot.press(view)
            await settle(pilot)
            last = [c for c in app.connection.sent if isinstance(c, commands.Subscribe)][-1]
            curves = [q for q in last.queries if isinstance(q, CurvesQuery)]
            assert [q.metrics for q in curves] == ([shown(app)] if some else [])


@pytest.mark.parametrize(
    "values",
    [[math.nan], [math.inf, -math.inf], [1e300, -1e300], [0.0], [3.0, -3.0], [5e-324, 0.55]],
    ids=str,
)
async def test_any_value_of_a_bounded_metric_is_drawn(monitor, values):
    app = monitor(at=3)
    trainer = app.connection.session.trainer
    for m in METRICS[:4]:
        trainer.metric(
            m.name, lambda t: values[t.epoch % len(values)], format=m.format, low=m.low, high=m.high
        )
    async with app.run_test(size=(120, 60)) as pilot:
        await settle(pilot)
        await pilot.press("2", *"nnnnN", "y")
        await settle(pilot)
        assert len(app.query(Chart)) == len(shown(app)) == 6
        assert not app.failure


async def test_the_cursor_reads_out_an_epoch_and_enter_goes_there(monitor, screen_text):
    app = monitor(at=300, learning_rate=1.0)
    async with app.run_test(size=(120, 35)) as pilot:
        await settle(pilot)
        await pilot.press(*[","] * 10)
        await settle(pilot)
        epoch = app.query_one(CurvesView)._cursor
        low, mean, high = Series("", "", app.frame.answer(Curves).curves["loss"]).at(epoch)
        assert f"loss · epoch {epoch:,} · {mean:.4f} ({low:.4f}–{high:.4f})" in screen_text(app)
        assert app.frame.epoch == 300, "only the cursor has moved"
        await pilot.press("enter")
        await settle(pilot)
        assert (app.frame.epoch, app.query_one(CurvesView)._cursor) == (epoch, None)
        await pilot.press(".", "backspace")
        await settle(pilot)
        assert "loss · epoch" not in screen_text(app)


async def test_it_hops_from_event_to_event(monitor, screen_text):
    app = monitor(at=100, epochs=2000)
    async with app.run_test(size=(120, 35)) as pilot:
        await settle(pilot)
        await pilot.press("+", *"nnnn", "-", *"nn")
        await settle(pilot)
        places = []
        for _ in range(3):
            await pilot.press("{")
            await settle(pilot)
            places.append(app.query_one(CurvesView)._cursor)
        assert places == [105, 101, 101], "there is nothing before"
        assert "learning_rate 0.1 → 0.2" in screen_text(app)
        await pilot.press("}")
        await settle(pilot)
        assert app.query_one(CurvesView)._cursor == 105
        assert "learning_rate 0.2 → 0.1" in screen_text(app)


async def test_zooming_shows_fewer_epochs_around_the_cursor(monitor):
    app = monitor(at=300)
    async with app.run_test(size=(120, 35)) as pilot:
        await settle(pilot)
        await pilot.press(*[","] * 20, "x", "x")
        await settle(pilot)
        view, curves = app.query_one(CurvesView), app.frame.answer(Curves)
        assert curves.span == 100
        assert curves.first <= view._cursor < curves.first + curves.span
        assert curves.curves["loss"].span < 1.1
        await pilot.press("0")
        await settle(pilot)
        assert (app.frame.answer(Curves).first, app.frame.answer(Curves).span) == (0, 400)


async def test_a_click_reads_out_and_the_wheel_zooms(monitor, screen_text):
    app = monitor(at=300)
    async with app.run_test(size=(120, 35)) as pilot:
        await settle(pilot)
        chart = app.query_one(CurvesView).shown[0]
        await pilot.click(chart, offset=(30, 5))
        await settle(pilot)
        epoch = app.query_one(CurvesView)._cursor
        assert 0 < epoch <= 300
        assert f"loss · epoch {epoch}" in screen_text(app)
        chart.post_message(
            MouseScrollUp(
                chart, 30, 5, 0, -1, 0, False, False, False,
                screen_x=chart.region.x + 30, screen_y=chart.region.y + 5,
            )
        )  # fmt: skip
        await settle(pilot)
        assert app.frame.answer(Curves).span == 200
