"""``nntui data``: the toy datasets, with a picture of each."""

from __future__ import annotations

import codecs
import os
import sys
import textwrap
from functools import reduce
from itertools import zip_longest
from operator import or_

import click

from engine.service.description import TOYS
from tui.widgets.braille import BLANK, Braille

WIDTH, HEIGHT = 24, 8  # of a picture, in cells
GAP, TEXT = 3, 50  # cells between a picture and its text, and of that
SAMPLES = 100  # of each class
COLOURS = ("blue", "magenta", "yellow", "green", "cyan", "red")


@click.command("data", short_help="Show the toy datasets.")
def command() -> int:
    """Show the toy datasets that can be trained on, with a picture of each.

    Each dot of a picture is a sample; where the output is a terminal, its colour is its class.
    """
    pictures = codecs.lookup(sys.stdout.encoding).name == "utf-8"
    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for name in TOYS:
        picture = _picture(name, coloured) if pictures else []
        for left, right in zip_longest(picture, _text(name)):
            picture_line = f"{left or ' ' * WIDTH}{' ' * GAP}" if pictures else ""
            click.echo(f"{picture_line}{right or ''}".rstrip(), color=coloured)
        click.echo()
    return 0


def _text(name: str) -> list[str]:
    """Return what is said of a toy dataset, in lines."""
    toy = TOYS[name]
    classes = f"{toy.most_classes} classes" if toy.most_classes else "3 classes, or --classes K"
    noise = f"--noise {toy.noise:g}, or X" if toy.noise else "more noise with --noise X"
    return [name, *textwrap.wrap(toy.sentence, TEXT), f"{classes}; {noise}"]


def _picture(name: str, coloured: bool) -> list[str]:
    """Draw the samples of a toy dataset as dots: `HEIGHT` rows of `WIDTH` cells."""
    from engine.service.data import points

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
