"""``nntui data``: the toy datasets, with a picture of each."""

from __future__ import annotations

import codecs
import os
import shutil
import sys
import textwrap
from collections.abc import Iterator
from functools import reduce
from itertools import zip_longest
from operator import or_

import click

from engine.runs.description import TOYS
from tui.widgets.braille import BLANK, Braille

WIDTH, HEIGHT = 24, 8  # of a picture, in cells
GAP = 3  # cells between a picture and its text,
APART = 4  # and between a text and the next picture
NARROWEST, WIDEST = 30, 50  # cells of a text
PLAIN = 80  # columns, where the output is no terminal
SAMPLES = 100  # of each class
COLOURS = ("blue", "magenta", "yellow", "green", "cyan", "red")


@click.command("data", short_help="Show the toy datasets.")
def command() -> int:
    """Show the toy datasets that can be trained on, with a picture of each.

    Each dot of a picture is a sample; where the output is a terminal, its colour is its class.
    """
    pictures = codecs.lookup(sys.stdout.encoding).name == "utf-8"
    terminal = sys.stdout.isatty()
    coloured = terminal and not os.environ.get("NO_COLOR")
    columns = shutil.get_terminal_size().columns if terminal else PLAIN
    beside, width = _arranged(columns)
    names = list(TOYS)
    for first in range(0, len(names), beside):
        row = names[first : first + beside]
        blocks = []
        for name in row:
            if pictures:
                blocks.append((_picture(name, coloured), WIDTH, GAP))
            blocks.append((_text(name, width), width, APART))
        for line in _side_by_side(blocks):
            click.echo(line, color=coloured)
        click.echo()
    return 0


def _arranged(columns: int) -> tuple[int, int]:
    """Return how many toys stand side by side, and how wide the text of each is."""
    beside = max(1, (columns + APART) // (WIDTH + GAP + NARROWEST + APART))
    text = (columns + APART) // beside - APART - GAP - WIDTH
    return beside, min(max(text, NARROWEST), WIDEST)


def _side_by_side(blocks: list[tuple[list[str], int, int]]) -> Iterator[str]:
    """Yield the lines of blocks, each given with its width and the gap behind it, in cells."""
    for row in zip_longest(*(lines for lines, _, _ in blocks)):
        cells = zip(row, blocks, strict=True)
        yield "".join((cell or " " * w) + " " * gap for cell, (_, w, gap) in cells).rstrip()


def _text(name: str, width: int) -> list[str]:
    """Return what is said of a toy dataset, in lines of a width."""
    toy = TOYS[name]
    classes = f"{toy.most_classes} classes" if toy.most_classes else "3 classes, or --classes K"
    noise = f"--noise {toy.noise:g}, or X" if toy.noise else "more noise with --noise X"
    facts = f"{classes}; {noise}"
    lines = [name, *textwrap.wrap(toy.sentence, width), *textwrap.wrap(facts, width)]
    return [line.ljust(width) for line in lines]


def _picture(name: str, coloured: bool) -> list[str]:
    """Draw the samples of a toy dataset as dots: `HEIGHT` rows of `WIDTH` cells."""
    from engine.runs.data import points

    classes = [list(zip(x, y, strict=True)) for x, y in points(name, SAMPLES)]
    every = [point for of_class in classes for point in of_class]
    left, bottom = (min(values) for values in zip(*every, strict=True))
    right, top = (max(values) for values in zip(*every, strict=True))
    grids = []
    for of_class in classes:
        grid = Braille(WIDTH, HEIGHT)
        for x, y in of_class:
            grid.dot((x - left) / (right - left), (y - bottom) / (top - bottom))
        grids.append(grid.text())
    rows = zip(*grids, strict=True)
    return ["".join(_cell(cells, coloured) for cells in zip(*row, strict=True)) for row in rows]


def _cell(cells: tuple[str, ...], coloured: bool) -> str:
    """Return the dots of all classes in a cell, in the colour of that which has most of them."""
    dots = [ord(cell) - ord(BLANK) for cell in cells]
    most = max(range(len(dots)), key=lambda k: dots[k].bit_count())
    text = chr(ord(BLANK) + reduce(or_, dots))
    return click.style(text, fg=COLOURS[most % len(COLOURS)]) if coloured and any(dots) else text
