"""Metrics on the charts, as they say themselves and as a person wants them."""

from hypothesis import given
from hypothesis import strategies as st

from engine.protocol.metrics import ACCURACY, LOSS, VALIDATION_LOSS, Metric
from tui.views.curves.arrangement import MOST_ON_ONE, Arrangement
from tui.views.curves.view import CurvesView

METRICS = [LOSS, ACCURACY, VALIDATION_LOSS, Metric("margin"), Metric("norm", beside="margin")]


def charts_of(arrangement):
    placed = arrangement.placed
    return {
        m.name: [other.name for other in placed if other.beside == m.name]
        for m in placed
        if not m.beside
    }


@given(st.data())
def test_no_metric_is_lost_and_each_offer_does_what_it_says(data):
    arrangement = Arrangement(METRICS)
    for _ in range(6):
        offer = data.draw(st.sampled_from(list(arrangement.offers())))
        arrangement.put(offer.name, offer.beside)
        charts = charts_of(arrangement)
        shown = sorted([*charts, *(name for names in charts.values() for name in names)])
        assert shown == sorted(metric.name for metric in METRICS)
        assert all(len(names) < MOST_ON_ONE for names in charts.values())
        if offer.beside:
            assert offer.name in charts[offer.beside]
        else:
            assert next(iter(charts)) == offer.name


def test_a_metric_that_the_run_has_no_more_holds_no_other():
    arrangement = Arrangement(METRICS)
    arrangement.put("loss", "margin")
    arrangement.metrics = [LOSS, ACCURACY]
    assert charts_of(arrangement) == {"loss": [], "accuracy": []}


async def settle(pilot):
    for _ in range(6):
        await pilot.pause()


async def test_a_metric_is_found_by_its_name_and_put_on_another_chart(monitor, screen_text):
    app = monitor(at=300, learning_rate=1.0)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("v", *"accuracy on loss")
        await pilot.pause(0.6)
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        (chart,) = app.query_one(CurvesView).shown
        assert [chart.metric.name, *(m.name for m in chart.beside)] == ["loss", "accuracy"]
        assert chart.outer_size.width == 80
        values = app.frame.metrics
        assert f"loss {values['loss']:.4f} · accuracy {values['accuracy']:.3f}" in screen_text(app)
        assert app._subscribed.queries[0].metrics == ["loss", "accuracy"]
        app.query_one(CurvesView).put_metric("accuracy")
        await settle(pilot)
        charts = app.query_one(CurvesView).shown
        assert [c.metric.name for c in sorted(charts, key=lambda c: c.region.x)] == [
            "accuracy",
            "loss",
        ]
