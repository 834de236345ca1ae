"""The view inside an operation: what its keys do, and what it then shows."""

import math
import re
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from textual.geometry import Size
from textual.widgets import Input

from engine.protocol import commands
from engine.protocol.views.inside import LEVELS, NOT_A_NUMBER, Inspection, heat_room
from tests.thin import thinned
from tui.figures import WIDTH, figure, share
from tui.views.inside.arrays import ArraysPanel, _bar, histogram_lines
from tui.views.inside.colours import colour_of, sign_of
from tui.views.inside.heat import HALVES, HeatPanel
from tui.views.inside.operation import OperationPanel, _broken, highlighted
from tui.views.inside.tiles import held, laid_out, size_of_values
from tui.views.inside.view import InsideView


async def settle(pilot):
    for _ in range(6):
        await pilot.pause()


def seen(app):
    return app.frame.answer(Inspection)


def shown_array(app):
    return seen(app).arrays[seen(app).array].name


async def press(pilot, *keys):
    await pilot.press(*keys)
    await settle(pilot)


async def test_it_is_asked_for_only_while_it_is_shown(monitor):
    app = monitor(at=5)
    async with app.run_test(size=(120, 35)) as pilot:
        await settle(pilot)
        assert seen(app) is None
        await press(pilot, "4")
        assert seen(app).operation == 0
        assert len(app.connection.wanted.queries) == 1
        assert app.connection.session.inspector.watchers == 1
        await press(pilot, "1")
        assert seen(app) is None
        assert app.connection.session.inspector.watchers == 0


async def test_it_follows_the_steps_until_another_operation_is_chosen(monitor, screen_text):
    app = monitor(at=5)
    async with app.run_test(size=(120, 35)) as pilot:
        await settle(pilot)
        await press(pilot, "4", "s", "s")
        assert seen(app).operation == 1
        assert "▶▎dense_2.forward" in screen_text(app)
        assert "▶ activations.py:" not in screen_text(app)
        assert "self.output = np.maximum(0, inputs)" in screen_text(app)
        await press(pilot, "j", "j", "s")
        assert seen(app).operation == 3
        await press(pilot, "k")
        assert seen(app).operation == 2
        await press(pilot, "escape")
        assert seen(app).operation == 2
        await press(pilot, "s")
        assert seen(app).operation == 3
        await press(pilot, *["j"] * 20)
        assert seen(app).operation == 8


async def test_tab_goes_through_the_arrays(monitor):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        assert shown_array(app) == "dense_1.output"
        for key, name in (
            ("tab", "inputs"),
            ("tab", "weights"),
            ("shift+tab", "inputs"),
            ("shift+tab", "output"),
        ):
            await press(pilot, key)
            assert shown_array(app) == f"dense_1.{name}"


async def test_keys_in_quick_succession_all_count(monitor):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        for name in ("array", "operation"):
            inside = app.query_one(InsideView)
            inside.act(name, 1)
            inside.act(name, 1)
        assert (inside.array, inside.operation) == ("dense_1.weights", 2)


@pytest.mark.parametrize("face", [[], ["h"]])
async def test_the_cursor_moves_and_the_window_with_it(monitor, screen_text, face):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "4", *face)
        for keys, place in (
            (["down", "right", "right"], (1, 2)),
            (["up", "up", "left"], (0, 1)),
            (["end"], (89, 63)),
            (["down", "right"], (89, 63)),
            (["pageup"], None),
            (["home"], (0, 0)),
        ):
            await press(pilot, *keys)
            cell = seen(app).cell
            assert place in (None, (cell.row, cell.column))
            assert f"dense_1.output[{cell.row}, {cell.column}] = " in screen_text(app)
            table, heat = seen(app).table, seen(app).heat
            if face:
                assert heat.column <= cell.column < heat.column + heat.columns
                assert heat.row <= cell.row < heat.row + len(heat.levels) // heat.columns
            else:
                assert table.row <= cell.row < table.row + len(table.values)
                assert table.column <= cell.column < table.column + len(table.values[0])


async def test_a_column_is_kept_from_one_array_to_the_next(monitor):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "4", *["right"] * 9, *["down"] * 5)
        assert seen(app).cell.name == "dense_1.output[5, 9]"
        await press(pilot, "shift+tab")
        assert seen(app).cell.name == "dense_1.biases[0, 9]"
        await press(pilot, "tab")
        assert seen(app).cell.name == "dense_1.output[5, 9]"


async def test_one_face_at_a_time_where_not_all_fit(monitor):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        asked = []
        for _ in range(4):
            wanted = app.connection.wanted.queries[0]
            asked.append((wanted.rows > 0, wanted.heat_rows > 0, wanted.bins > 0))
            await press(pilot, "h")
        assert asked == [
            (True, False, False),
            (False, True, False),
            (False, False, True),
            (True, False, False),
        ]
        await pilot.resize_terminal(200, 50)
        await settle(pilot)
        wanted = app.connection.wanted.queries[0]
        assert min(wanted.rows, wanted.heat_rows, wanted.bins) > 0


async def test_the_source_in_full_scrolls(monitor, screen_text):
    app = monitor(at=5)
    async with app.run_test(size=(80, 18)) as pilot:
        await settle(pilot)
        await press(pilot, "4", *["j"] * 8, "v")
        assert "def update_parameters(self" in screen_text(app)
        before = screen_text(app)
        await press(pilot, "down")
        panel = app.query_one(OperationPanel)
        if panel._rows > panel.size.height:
            assert screen_text(app) != before
        await press(pilot, "escape")
        assert "def update_parameters(self" not in screen_text(app)


async def test_what_is_done_to_a_parameter_is_named(monitor, screen_text):
    app = monitor(at=50)
    async with app.run_test(size=(120, 35)) as pilot:
        await settle(pilot)
        await press(pilot, "4", "tab", "tab", "n", "right")
        text = screen_text(app)
        assert "dense_1.weights[0, 1] = " in text
        assert all(word in text for word in ("was ", "gradient ", "update ", " of its norm"))


@pytest.mark.parametrize(("size", "beside"), [((80, 24), True), ((120, 35), False)], ids=str)
async def test_a_gradient_stands_beside_its_parameter_or_below(monitor, screen_text, size, beside):
    app = monitor(at=50)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await press(pilot, "4", "tab", "tab")
        lines = screen_text(app).splitlines()
        (head,) = (y for y, line in enumerate(lines) if re.search(r"dweights(?! +\d)", line))
        gradient = figure(seen(app).gradients.values[1][0], seen(app).gradient_scale)
        weight = figure(seen(app).table.values[1][0], seen(app).scale)
        assert gradient in lines[head + 2]
        assert weight in lines[head + 2 if beside else head - 1]
        await press(pilot, *["right"] * 40)
        assert figure(seen(app).cell.value, seen(app).scale) in screen_text(app)


async def test_breakpoints_are_marked_in_the_program(monitor, screen_text):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "4", "b", *"relu_1.backward and epoch>3", "enter", "escape")
        assert "●▎relu_1.backward" in screen_text(app)
        assert screen_text(app).count("●") == 1
        await press(pilot, "c")
        assert "▶▎relu_1.backward" in screen_text(app)
        app.send(commands.SwitchBreakpoint(1))
        await press(pilot, "s")
        assert "●" not in screen_text(app)


async def test_what_the_histogram_was_before_is_behind_it(monitor):
    app = monitor(at=5)
    async with app.run_test(size=(120, 35)) as pilot:
        await settle(pilot)
        await press(pilot, "4", "tab", "tab")
        app.send(commands.Edit("dense_1.weights[0, 0] = 1"))
        await settle(pilot)
        app.send(commands.Edit("dense_1.weights[0, 0] = -1"))
        await settle(pilot)
        lines = histogram_lines(seen(app), 5)
        inks = {ink for line in lines[:-1] for text, ink in line if text.strip()}
        assert inks == {"accent", "ghost"}


def test_a_bar_and_what_it_was_before():
    drawn = [_bar(now, before) for now, before in ((3, 2), (3, 3), (3, 8), (0, 5), (0, 0))]
    assert drawn == [
        ("▃", "accent"),
        ("▃", "accent"),
        ("▃", "over"),
        ("▅", "ghost"),
        (" ", "accent"),
    ]


@given(st.lists(st.sampled_from(["x = ", "call(first, second)", "longer_than_all", " ", "  "])))
def test_a_broken_line_of_source_is_still_all_there(pieces):
    (line, *_) = highlighted("    " + "".join(pieces)) or ([("", "text")],)
    for width in (12, 20, 60):
        texts = ["".join(text for text, _ in part) for part in _broken(line, width)]
        assert max(map(len, texts)) <= width
        whole = "".join(text for text, _ in line)
        assert "".join("".join(texts).split()) == "".join(whole.split())


async def test_a_parameter_is_edited_where_the_cursor_is(monitor):
    app = monitor(at=50)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "4", "tab", "tab", "right", "e")
        assert app.screen.query_one(Input).value.startswith("dense_1.weights[0, 1] = ")
        app.screen.query_one(Input).value = "dense_1.weights[0, 1] = 0.75"
        await press(pilot, "enter")
        assert seen(app).cell.value == 0.75
        assert commands.Edit("dense_1.weights[0, 1] = 0.75") in app.connection.sent


async def test_its_keys_do_nothing_elsewhere(monitor):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        before = app.connection.wanted
        await press(pilot, "tab", "j", "k", "h", "v", "escape")
        assert app.connection.wanted == before
        inside = app.query_one(InsideView)
        assert (inside.operation, inside.array) == (None, "")
        await press(pilot, "4", "?", "tab", "j", "escape")
        assert (inside.operation, inside.array) == (None, "")


@pytest.mark.parametrize(
    ("size", "options"),
    thinned(
        [
            ((40, 12), {}),
            ((80, 17), {}),
            ((400, 15), {"batch_size": 7}),
            ((300, 100), {"hidden": (1,), "classes": 2}),
        ],
        2,
    ),
    ids=str,
)
async def test_it_fits_any_screen(monitor, screen_text, size, options):
    app = monitor(at=5, **options)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        for _ in range(4):
            await press(pilot, "s", "tab", "down", "h")
            assert seen(app).cell.name[:20] in screen_text(app)
        await press(pilot, "v", "v", "end", "home")


@pytest.mark.parametrize("theme", ["nntui-light", "ansi-dark"])
async def test_it_is_drawn_in_the_theme_s_colours(monitor, screen_text, theme):
    app = monitor(at=50)
    async with app.run_test(size=(120, 35)) as pilot:
        app.theme = theme
        await settle(pilot)
        await press(pilot, "4")
        plain = app.query_one(HeatPanel).plain
        assert plain == (theme == "ansi-dark")
        assert ("▀" in screen_text(app)) != plain


async def test_without_colours_the_sign_is_a_letter(monitor, screen_text):
    app = monitor(at=50)
    app.no_color = True
    async with app.run_test(size=(120, 35)) as pilot:
        await settle(pilot)
        await press(pilot, "4", "tab")
        levels = memoryview(seen(app).heat.levels).cast("b").tolist()
        assert min(levels) < 0 < max(levels)
        assert any(mark in screen_text(app) for mark in "-=≡#")
        assert any(mark in screen_text(app) for mark in "░▒▓█")


@pytest.mark.parametrize(
    ("value", "theme"),
    thinned(product([math.nan, math.inf, -1e-300, 1e300], ["nntui-dark", "ansi-dark"]), 3),
)
async def test_any_value_is_shown_truly(monitor, screen_text, value, theme):
    app = monitor(at=50)
    app.connection.session.trainer.network.layers[0].weights[0, 0] = value
    async with app.run_test(size=(120, 35)) as pilot:
        app.theme = theme
        await settle(pilot)
        await press(pilot, "4", "tab", "tab")
        assert f"dense_1.weights[0, 0] = {value:g}" in screen_text(app)
        if math.isnan(value):
            assert "1/0" in screen_text(app)


@pytest.mark.parametrize("value", [0.0, -0.0, 1.0, -12.345, 1e-9, -1e-300, 1e300, math.nan])
@pytest.mark.parametrize("scale", [1e-300, 1e-5, 0.001, 0.5, 1.0, 20.0, 1e4, 1e6, 1e300])
def test_figures_keep_their_width(value, scale):
    assert len(figure(value, scale)) == WIDTH
    assert len(figure(None, scale)) == WIDTH


def test_shares_keep_their_width():
    for value in (0, 1e-9, 0.00012, 0.011, 0.5, 1, 12.5, 1e9, math.nan, math.inf, None):
        assert len(share(value)) == 7


def test_source_is_highlighted_without_losing_a_letter():
    source = 'def f(x: int) -> None:\n    """What."""\n    return x if x > 1 else "a"  # why'
    lines = highlighted(source)
    assert "\n".join("".join(text for text, _ in line) for line in lines) == source
    inks = {text: ink for line in lines for text, ink in line}
    assert inks["def"] == inks["return"] == "accent"
    assert inks["f"] == "strong"
    assert inks["# why"] == "muted"


@pytest.mark.parametrize("dark", [True, False])
def test_each_level_keeps_its_colour_in_a_terminal_of_256(dark):
    levels = [*range(-LEVELS, LEVELS + 1), NOT_A_NUMBER]
    colours = [colour_of(level, dark).rich_color for level in levels]
    shown = [colour.downgrade(ColorSystem.EIGHT_BIT).get_truecolor() for colour in colours]
    kept = [s == c.triplet for s, c in zip(shown, colours, strict=True)]
    assert [level for level, same in zip(levels, kept, strict=True) if not same] in ([], [0])
    assert len(set(shown)) == len(levels)
    for level, (red, _, blue) in zip(levels[:-1], shown, strict=False):
        assert np.sign(blue - red) == np.sign(level)


@pytest.mark.parametrize("dark", [True, False])
def test_each_sign_keeps_its_colour_in_a_terminal_of_16(dark):
    found = [sign_of(level, dark) for level in (5, -5, NOT_A_NUMBER)]
    shown = {c.rich_color.downgrade(ColorSystem.STANDARD).number for _, c in found}
    assert len(shown) == 3
    assert not shown & {0, 7, 8, 15}  # black and white, which stand behind


@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.tuples(st.integers(1, 30), st.integers(8, 60)),
)
def test_a_heat_map_has_room_for_what_it_asks_for(shape, room):
    rows, columns = heat_room(shape, room)
    values = [[(k, j) for j in range(columns)] for k in range(rows)]
    size = size_of_values((rows, columns), room, HALVES)
    drawn = laid_out(values, held(room, size))
    assert len(drawn) * size[0] <= room[0]
    assert {len(row) * size[1] <= room[1] for row in drawn} == {True}
    assert len({len(row) for row in drawn}) == 1
    flat = [value for row in drawn for value in row if value is not None]
    assert sorted(flat) == [value for row in values for value in row]


@pytest.mark.parametrize("size", thinned([Size(80, 24), Size(120, 35), Size(200, 50)], 2), ids=str)
async def test_arrays_that_do_not_fit_are_counted(monitor, size):
    app = monitor(at=5, hidden=(8,) * 5)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await press(pilot, "4", *["j"] * 30)
        count = len(seen(app).arrays)
        for _ in range(5):
            hidden = sum(map(int, re.findall(r"[↑↓] (\d+) more", _arrays(app))))
            shown = len(_arrays(app).splitlines()) - 1 - (hidden > 0)
            assert hidden + shown == count
            assert hidden
            await press(pilot, "tab")


def _arrays(app):
    lines = app.query_one(ArraysPanel)._lines
    return "\n".join("".join(text for text, _ in line) for line in lines if line)


@pytest.mark.parametrize("size", [(80, 24), (120, 35)], ids=str)
async def test_operations_that_do_not_fit_are_counted(monitor, screen_text, size):
    app = monitor(at=5, hidden=(8,) * 5)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        assert re.search(r"↓ \d+ more ─", screen_text(app))
        await press(pilot, *["j"] * 18)
        assert re.search(r"↑ \d+ ↓ \d+ more ─", screen_text(app))


async def test_a_source_that_is_cut_says_how_many_lines_follow(monitor, screen_text):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "4", "j", "j", "j")
        assert re.search(r"… \d+ more", screen_text(app))
        await press(pilot, "j", "j", "k", "k", "k")
        assert not re.search(r"… \d+ more", screen_text(app))


async def test_all_figures_of_an_array_fit_at_80_columns(monitor):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        head, *rows = _arrays(app).splitlines()
        assert head.split() == ["shape", "min", "mean", "max", "std", "zeros"]
        now = seen(app).arrays[1].now
        assert f"{now.deviation:.4f}" in rows[1]


async def test_one_key_goes_on_from_values_to_change_and_gradient(monitor, screen_text):
    app = monitor(at=50)
    async with app.run_test(size=(120, 35)) as pilot:
        await settle(pilot)
        await press(pilot, "4", "tab", "tab", "n")
        for kind in ("values", "change since epoch 50", "gradient"):
            assert f"numbers: {kind}" in screen_text(app)
            await press(pilot, "a")
        assert seen(app).kind == "values"
        await press(pilot, "a", "a", "shift+tab")
        assert "no gradient of dense_1.inputs" in screen_text(app)


async def test_the_program_is_there_before_the_session_has_answered(monitor, screen_text):
    app = monitor(at=5)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.connection.send = lambda command: None
        await press(pilot, "4")
        assert seen(app) is None
        text = screen_text(app)
        assert "▶▎dense_1.forward" in text
        assert all(f"▎{operation}" in text for operation in app.welcome.operations)
