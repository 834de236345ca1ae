"""What is drawn again: only the lines that changed, and the same as if all were."""

from hypothesis import given
from hypothesis import strategies as st

from tui.views.curves.chart import Chart
from tui.views.curves.row import Row, write_name
from tui.views.samples.view import SamplesView
from tui.widgets.canvas import Canvas


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
        assert widgets.count(app.query_one(SamplesView)) <= app.query_one(SamplesView).rows
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


@given(
    rows=st.lists(st.text(" ⠒", min_size=24, max_size=24), min_size=3, max_size=8),
    column=st.integers(0, 23),
    row=st.integers(0, 7),
)
def test_a_ghost_is_named_wherever_there_is_room_left_of_its_end(rows, column, row):
    body = [Row(24) for _ in rows]
    for line, text in zip(body, rows, strict=True):
        line.write(0, text, "text")
    write_name(body, "branch_1", "ghost1", column, row)
    named = ["".join(line.cells) for line in body]
    changed = [(a, b) for a, b in zip(rows, named, strict=True) if a != b]
    room = [text for text in rows if " " * 9 in text[:column]]
    assert len(changed) == 1 or not room
    for before, after in changed:
        at = after.index("branch_1")
        assert before[at - 1 : at + 8].strip() == ""
        assert after[:at] + before[at : at + 8] + after[at + 8 :] == before
