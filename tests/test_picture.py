"""The moving picture shows at each moment what was on the screen then."""

import re
from xml.etree import ElementTree

from textual.app import App
from textual.widgets import Static

from docs import animation

SIZE = COLUMNS, ROWS = 30, 4
TEXTS = ("loss 1.10  <b> & ✓\n⠉⠙⠒⠒⠲ [red]NaN[/]", "loss 0.25  ⠉\n[b]⠉⠙⠒⠒⠲[/]", "loss 1.10")
SECONDS = (1, 2, 0.5)


class Small(App):
    def compose(self):
        yield Static("")


async def frames():
    taken = []
    async with (app := Small()).run_test(size=SIZE) as pilot:
        for text, seconds in zip(TEXTS, SECONDS, strict=True):
            app.query_one(Static).update(text)
            await pilot.pause()
            taken.append(animation.Frame(app.export_screenshot(), seconds, f"caption {seconds}"))
    return taken


def seen(svg, percent):
    """The rows of text that are visible at a moment; where it stands still, if that is None."""
    style = svg.split("<style>")[1].split("</style>")[0]
    visible = set()
    for name, first, steps in re.findall(
        r"\.(f\d+)\{visibility:(\w+);.*?@keyframes \1\{(.*)\}$", style, re.MULTILINE
    ):
        values = re.findall(r"([\d.]+)%\{visibility:(\w+)\}", steps)
        past = [value for start, value in values if percent is not None and float(start) <= percent]
        if (past[-1] if past else first) == "visible":
            visible.add(name)
    cells = [[" "] * COLUMNS for _ in range(ROWS + 2)]
    for group in ElementTree.fromstring(svg).iter(f"{animation.SVG}g"):
        if group.get("class") in visible:
            for text in group.iter(f"{animation.SVG}text"):
                places = [int(x) // animation.WIDTH for x in text.get("x", "0").split()]
                if len(places) == 1:
                    places = range(places[0], places[0] + len(text.text))
                for x, character in zip(places, text.text, strict=True):
                    cells[int(text.get("y")) // animation.HEIGHT][x] = character
    return ["".join(row).rstrip() for row in cells]


def plain(text):
    return [re.sub(r"\[/?\w*\]", "", line) for line in text.split("\n")]


async def test_each_moment_shows_its_frame():
    taken = await frames()
    svg = animation.animate(taken, 1, COLUMNS, ROWS)
    for k, text in enumerate(TEXTS):
        shown = seen(svg, 100 * (sum(SECONDS[:k]) + 0.1) / sum(SECONDS))
        lines = plain(text)
        assert shown[: len(lines)] == lines
        assert not any(shown[len(lines) : ROWS + 1])
        assert shown[-1] == f"caption {SECONDS[k]}"


async def test_one_frame_stands_where_animations_are_switched_off():
    svg = animation.animate(await frames(), 1, COLUMNS, ROWS)
    assert "prefers-reduced-motion" in svg
    assert seen(svg, None)[:2] == plain(TEXTS[1])


async def test_what_is_the_same_stands_in_it_once():
    svg = animation.animate(await frames(), 1, COLUMNS, ROWS)
    assert svg.count("loss 1.10<") == 1
    assert "<script" not in svg
    assert "http" not in svg.replace('xmlns="http://www.w3.org/2000/svg"', "")
