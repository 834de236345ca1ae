"""What is written makes any terminal show what the app shows, in fewer bytes."""

import re
import unicodedata

import pyte
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region, Size
from textual.strip import Strip

from tests.thin import thinned
from tui.app import Monitor
from tui.terminal import Shown

WIDTH, HEIGHT = 12, 3
STYLES = [Style.parse(s) for s in ("red", "bold #112233 on #445566", "underline blue on white")]
pieces = st.lists(
    st.tuples(st.text("ab 漢é", min_size=1, max_size=5), st.sampled_from(STYLES)), max_size=4
)
screens = st.lists(pieces, min_size=HEIGHT, max_size=HEIGHT)


def layout(lines):
    strips = [
        Strip([Segment(*piece) for piece in line]).adjust_cell_length(WIDTH, STYLES[0])
        for line in lines
    ]
    return LayoutUpdate([[strip] for strip in strips], Region(0, 0, WIDTH, HEIGHT))


def cells(screen):
    return [
        [(c.data, c.fg, c.bg, c.bold, c.underscore) for c in (line[x] for x in range(WIDTH))]
        for line in (screen.buffer[y] for y in range(HEIGHT))
    ]


def show(update, screen=None):
    """What a terminal shows after this alone."""
    screen = screen or pyte.Screen(WIDTH, HEIGHT)
    shown = Shown()
    shown.forget(Size(WIDTH, HEIGHT))
    pyte.Stream(screen).feed(shown.write(update, ColorSystem.TRUECOLOR))
    return cells(screen)


@given(st.lists(screens, min_size=1, max_size=4))
def test_any_changes_end_in_the_same_screen(states):
    shown, screen = Shown(), pyte.Screen(WIDTH, HEIGHT)
    shown.forget(Size(WIDTH, HEIGHT))
    stream = pyte.Stream(screen)
    for state in states:
        stream.feed(shown.write(layout(state), ColorSystem.TRUECOLOR))
    assert cells(screen) == show(layout(states[-1]))


@given(st.lists(st.tuples(screens, st.integers(0, 300)), min_size=1, max_size=4))
def test_portions_end_in_the_same_screen(states):
    shown, screen = Shown(), pyte.Screen(WIDTH, HEIGHT)
    shown.forget(Size(WIDTH, HEIGHT))
    stream = pyte.Stream(screen)
    for state, most in states:
        stream.feed(shown.write(layout(state), ColorSystem.TRUECOLOR, most))
    for _ in range(HEIGHT):
        stream.feed(shown.write(None, ColorSystem.TRUECOLOR, 0))
    assert not shown.late
    assert cells(screen) == show(layout(states[-1][0]))


def test_a_portion_is_the_top_rows_and_never_more_than_allowed_but_for_one():
    shown, screen = Shown(), pyte.Screen(WIDTH, HEIGHT)
    shown.forget(Size(WIDTH, HEIGHT))
    stream = pyte.Stream(screen)
    full = layout([[("............", STYLES[0])]] * HEIGHT)
    stream.feed(shown.write(full, ColorSystem.TRUECOLOR, 50))
    assert screen.display == ["............", "............", " " * WIDTH]
    changed = layout([[("new row.....", STYLES[0])]] + [[("............", STYLES[0])]] * 2)
    stream.feed(shown.write(changed, ColorSystem.TRUECOLOR, 0))
    assert screen.display == ["new row.....", "............", " " * WIDTH]
    stream.feed(shown.write(None, ColorSystem.TRUECOLOR))
    assert screen.display == ["new row.....", "............", "............"]


def test_nothing_is_written_where_nothing_changed():
    shown = Shown()
    update = layout([[("abc", STYLES[0])]] * HEIGHT)
    shown.forget(Size(WIDTH, HEIGHT))
    assert shown.write(update, ColorSystem.TRUECOLOR)
    assert shown.write(update, ColorSystem.TRUECOLOR) == ""


def test_one_digit_costs_a_few_bytes():
    shown = Shown()
    shown.forget(Size(WIDTH, HEIGHT))
    shown.write(layout([[("loss 1.234", STYLES[1])]] * HEIGHT), ColorSystem.TRUECOLOR)
    before = shown.written
    text = shown.write(layout([[("loss 1.235", STYLES[1])]] * HEIGHT), ColorSystem.TRUECOLOR)
    assert text.count("5") - text.count("85") >= HEIGHT
    assert shown.written - before == len(text) < 80


def test_part_of_a_line_is_placed_where_it_belongs():
    shown, screen = Shown(), pyte.Screen(WIDTH, HEIGHT)
    shown.forget(Size(WIDTH, HEIGHT))
    stream = pyte.Stream(screen)
    stream.feed(
        shown.write(layout([[("............", STYLES[0])]] * HEIGHT), ColorSystem.TRUECOLOR)
    )
    strip = Strip([Segment("xy", STYLES[1])])
    chops = ChopsUpdate([{}, {0: None, 5: strip}, {}], [(1, 5, 7)], [[], [5, 7], []])
    stream.feed(shown.write(chops, ColorSystem.TRUECOLOR))
    assert screen.display == ["............", ".....xy.....", "............"]


@pytest.mark.parametrize("size", [Size(0, 0), Size(2, 2), Size(20, 9)])
def test_an_update_for_another_size_is_no_error(size):
    shown = Shown()
    shown.forget(size)
    shown.write(layout([[("abcdefghijkl", STYLES[0])]] * HEIGHT), ColorSystem.TRUECOLOR)
    strip = Strip([Segment("xyzxyz", STYLES[1])])
    chops = ChopsUpdate([{}, {0: None, 5: strip, 9: strip}, {}], [(1, 5, 12)], [[], [5, 9], []])
    shown.write(chops, ColorSystem.TRUECOLOR)
    assert [len(line) for line in shown._lines] == [size.width] * size.height
    assert not shown.late


@given(st.text(st.characters(max_codepoint=0x2FF), max_size=9))
@example("\x1b]0;title\x07\x9b31m")
def test_no_control_character_of_a_text_is_written(text):
    shown = Shown()
    shown.forget(Size(WIDTH, HEIGHT))
    strip = Strip([Segment(text, STYLES[0]), Segment("end", STYLES[0])])
    written = shown.write(LayoutUpdate([[strip]], Region(0, 0, WIDTH, 1)), ColorSystem.TRUECOLOR)
    rest = re.sub(r"\x1b\[[0-9;]*[mHC]", "", written)
    assert all(unicodedata.category(character) != "Cc" for character in rest), rest
    assert written.count("\x1b") <= 3


async def test_the_app_writes_through_it(monitor):
    app = monitor()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        written = app.shown.lessen(LayoutUpdate([], Region(0, 0, 80, 24)), app.size)
        assert type(written).__name__ == "Difference"


@pytest.mark.parametrize("size", thinned([Size(80, 24), Size(120, 35), Size(200, 50)], 2), ids=str)
async def test_whatever_is_pressed_the_terminal_shows_what_the_app_does(monitor, monkeypatch, size):
    shown, display = Shown(), Monitor._display

    def spy(app, screen, update):
        if isinstance(update, LayoutUpdate | ChopsUpdate):
            shown.lessen(update, app.size).shown.write(update, ColorSystem.TRUECOLOR)
        display(app, screen, update)

    monkeypatch.setattr(Monitor, "_display", spy)
    app = monitor(at=20, epochs=20)
    async with app.run_test(size=size, notifications=True) as pilot:
        for key in ("4", "s", "s", "s", "N", "tab", "down", "b", "escape", "1", "n", "n", "?", "g"):
            await pilot.press(key)
            for _ in range(4):
                await pilot.pause()
            whole = app.screen._compositor.render_strips()
            lines = ["".join(text for text, _ in line) for line in shown._lines]
            assert lines == [strip.text for strip in whole], key


def test_control_characters_of_a_text_are_never_written():
    controls = "".join(map(chr, (*range(32), *range(127, 160))))
    shown = Shown()
    shown.forget(Size(WIDTH, HEIGHT))
    strips = [Strip([Segment("a" + controls + "b", STYLES[0])]) for _ in range(HEIGHT)]
    update = LayoutUpdate([[strip] for strip in strips], Region(0, 0, WIDTH, HEIGHT))
    written = shown.write(update, ColorSystem.TRUECOLOR)
    assert "ab" in written
    assert not set(controls) - {"\x1b"} & set(written)
    assert "\x1b\x1c" not in written
