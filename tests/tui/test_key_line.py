"""Tabs and footer: what they show, and what a click on them does."""

import pytest

from engine.protocol import commands
from tests.thin import thinned
from tui.widgets.key_line import KeyLine


async def settle(pilot):
    for _ in range(5):
        await pilot.pause()


async def click(pilot, text, inside):
    """Click on a text of a line."""
    line = pilot.app.query_one(inside, KeyLine)
    shown = "".join(segment.text for segment in line.render_line(0))
    await pilot.click(inside, offset=(shown.index(text) + line.gutter.left, 0))
    await settle(pilot)


async def test_a_tab_that_is_clicked_is_shown(monitor, screen_text):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await click(pilot, "layers", "#tabs")
        assert app.mode == "-layers"
        await click(pilot, "4", "#tabs")
        assert app.mode == "-inside"
        assert "program" in screen_text(app)


@pytest.mark.parametrize(("text", "back"), [("n/N", False), ("N epoch", True), ("epoch", False)])
async def test_each_key_of_a_pair_can_be_clicked(monitor, text, back):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await click(pilot, text, "#footer")
        steps = [c for c in app.connection.sent if isinstance(c, commands.Step)]
        assert steps == [commands.Step("epoch", back)]


@pytest.mark.parametrize("width", thinned([40, 57, 80, 99, 120, 200], 2))
async def test_no_entry_is_cut_and_help_and_quit_are_always_there(monitor, width):
    app = monitor(at=5)
    async with app.run_test(size=(width, 24)) as pilot:
        await settle(pilot)
        for key in "12345":
            await pilot.press(key)
            await settle(pilot)
            line = app.query_one("#footer", KeyLine)
            shown = "".join(segment.text for segment in line.render_line(0)).rstrip()
            assert shown.endswith("? help  q quit")
            assert len(shown) <= width - 2
