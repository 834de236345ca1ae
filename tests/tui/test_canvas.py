"""What is drawn again: only the lines that changed, and the same as if all were."""

from tui.widgets.canvas import Canvas
from tui.widgets.chart import Chart
from tui.widgets.samples import SamplesPanel


async def settle(pilot):
    for _ in range(5):
        await pilot.pause()


async def test_only_lines_that_changed_are_rendered(monitor, monkeypatch):
    app, rendered = monitor(at=60), []
    async with app.run_test(size=(120, 35)) as pilot:
        await settle(pilot)
        for widget in app.query(Canvas):
            widget.render_line(0)
        whole = Canvas._strip
        monkeypatch.setattr(Canvas, "_strip", lambda *of: rendered.append(of) or whole(*of))
        app.connection.tell()
        await settle(pilot)
        assert rendered == []
        await pilot.press("n")
        await settle(pilot)
        widgets = [widget for widget, _ in rendered]
        assert widgets.count(app.query_one(SamplesPanel)) <= app.query_one(SamplesPanel).rows
        assert sum(isinstance(widget, Chart) for widget in widgets) <= 6


async def test_lines_drawn_one_by_one_are_those_drawn_at_once(monitor, screen_text):
    app = monitor(at=100, learning_rate=1.0)
    async with app.run_test(size=(120, 35)) as pilot:
        await settle(pilot)
        for keys in ("n", "ny", "w", "+n", "y"):
            await pilot.press(*keys)
            await settle(pilot)
        once = screen_text(app)
        for widget in app.query(Canvas):
            widget._strips = None
            widget._styles_cache.clear()
            widget.refresh()
        await settle(pilot)
        assert screen_text(app) == once
