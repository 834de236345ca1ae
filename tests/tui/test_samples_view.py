"""The samples: scrolled, chosen and edited."""

from textual.widgets import Input

from engine.protocol import commands
from engine.protocol.views.curves import CurvesQuery
from engine.protocol.views.samples import SampleRow, Samples, SamplesQuery
from tests.tui.asking import asked, queries, settle
from tui.views.samples.view import SamplesView


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
