"""The layers: a row each, what is beyond the usual, and the way inside."""

import pytest

from engine.protocol.views.layers import Layers, LayersQuery
from tui.views.inside.view import InsideView
from tui.views.layers.view import LayersView
from tui.widgets.sparkline import BLOCKS, sparkline


async def settle(pilot):
    for _ in range(5):
        await pilot.pause()


async def press(pilot, *keys):
    await pilot.press(*keys)
    await settle(pilot)


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (120, 35), (200, 50)], ids=str)
async def test_each_layer_has_a_row_with_its_figures(monitor, screen_text, size):
    app = monitor(at=50)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await press(pilot, "5")
        assert [type(q) for q in app.connection.wanted.queries] == [LayersQuery]
        layers = app.frame.answer(Layers)
        assert [row.name for row in layers.rows] == ["dense_1", "relu_1", "dense_2"]
        text = screen_text(app)
        shown = [row for row in layers.rows if f"{row.name} " in text]
        assert len(shown) == 3 if size[1] > 12 else shown
        if size[0] >= 80:
            assert f"{100 * layers.rows[1].figures['inactive']:.1f} %" in text
            assert f"{layers.rows[0].figures['update']:.1e}" in text
            assert "all as usual" in text


async def test_what_is_beyond_the_usual_is_said_and_the_cursor_is_there(monitor, screen_text):
    app = monitor(at=60, learning_rate=50.0)
    async with app.run_test(size=(120, 35)) as pilot:
        await settle(pilot)
        await press(pilot, "5")
        concern = app.frame.answer(Layers).concerns[0]
        assert f"▲ {concern.text} since epoch {concern.since}" in screen_text(app)
        await press(pilot, "enter")
        assert app.mode == "-inside"
        inside = app.query_one(InsideView)
        await press(pilot, "h")
        assert inside.program[inside.operation].name == f"{concern.layer}.forward"


async def test_the_cursor_chooses_a_layer_to_look_into(monitor):
    app = monitor(at=60)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "5", "down", "down", "down", "up")
        assert app.query_one(LayersView).chosen == "relu_1"
        await press(pilot, "enter")
        inside = app.query_one(InsideView)
        assert inside.program[inside.operation].name == "relu_1.forward"


def test_a_sparkline_goes_from_the_least_to_the_greatest():
    assert sparkline([0.0, 1.0, None, 0.5]) == f"{BLOCKS[0]}{BLOCKS[7]} {BLOCKS[4]}"
    assert sparkline([1.0, 10.0, 100.0], logarithmic=True) == f"{BLOCKS[0]}{BLOCKS[4]}{BLOCKS[7]}"
    assert sparkline([0.0, 1.0, 10.0], logarithmic=True) == f"{BLOCKS[0]}{BLOCKS[0]}{BLOCKS[7]}"
    assert sparkline([2.0] * 3) == BLOCKS[0] * 3
    assert sparkline([]) == ""
