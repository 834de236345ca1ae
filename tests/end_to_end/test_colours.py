"""The heatmap in terminals of few colours, as they show it."""

from collections import Counter

import pytest

SIXTEEN = {"TERM": "xterm-16color", "COLORTERM": ""}
BLACK_AND_WHITE = {"black", "white", "brightblack", "brightwhite", "default"}


def cells(t, characters):
    """Return the colours of the cells that show some characters in the panel, without the cursor's.

    Those are colour and background.
    """
    shown = [t.screen.buffer[y][x] for y in range(12, 20) for x in range(22, 79)]
    (ground, _), *_ = Counter(cell.bg for cell in shown).most_common()
    return {(c.fg, c.bg) for c in shown if c.data in characters and c.bg == ground}


def look(start, **environment):
    t = start("--paused", "--seed", "0", **environment)
    t.until("paused")
    t.press("4")
    t.until("dense_1.output")
    t.press("\t", "\t", "h")
    t.until("heat: values")
    t.until(r"dense_1.weights\[0, 0\] =")
    t.pump(0.3)
    return t


@pytest.mark.parametrize("theme", ["", "nntui-dark", "nntui-light", "ansi-light"])
def test_signs_differ_in_a_terminal_of_16_colours(start, theme):
    t = look(start, **SIXTEEN, TEXTUAL_THEME=theme)
    positive, negative = cells(t, "░▒▓█"), cells(t, "=≡#")
    assert positive
    assert negative
    inks = [{ink for ink, _ in found} for found in (positive, negative)]
    assert not inks[0] & inks[1]
    assert not (inks[0] | inks[1]) & BLACK_AND_WHITE
    assert all(ink != ground for ink, ground in positive | negative)


@pytest.mark.parametrize("theme", ["nntui-dark", "nntui-light"])
def test_signs_differ_in_a_terminal_of_256_colours(start, theme):
    t = look(start, TERM="xterm-256color", COLORTERM="", TEXTUAL_THEME=theme)
    (legend,) = (y for y, line in enumerate(t.text().splitlines()) if "▀ 0 ▀" in line)
    line = [cell for _, cell in sorted(t.screen.buffer[legend].items())]
    colours = [tuple(bytes.fromhex(cell.fg)) for cell in line if cell.data == "▀"]
    assert len(set(colours)) == len(colours) == 16
    assert all(red > blue for red, _, blue in colours[:8])
    assert all(red < blue for red, _, blue in colours[8:])
