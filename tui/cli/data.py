"""``nntui data``: the toy datasets, with a picture of each."""

from __future__ import annotations

import codecs
import os
import sys
import textwrap
from itertools import zip_longest

import click

from engine.service.description import TOYS

WIDTH, HEIGHT = 24, 8  # of a picture, in cells
GAP, TEXT = 3, 50  # cells between a picture and its text, and of that
SAMPLES = 100  # of each class


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
    """Draw the samples of a toy dataset in Braille: `HEIGHT` rows of `WIDTH` cells."""
    import plotext

    from engine.service.data import points

    plotext.terminal.limit(False, False)
    figure = plotext.figure
    figure.clear()
    figure.plot_size(WIDTH, HEIGHT)
    figure.axes(False)
    figure.canvas("default")
    for ruler in ("x", "y"):
        figure.ruler(ruler).ticks([], [])
    for x, y in points(name, SAMPLES):
        figure.draw(figure.signal(x, y, marker="braille"))
    rows: list[str] = figure.build().string(colorless=not coloured).split("\n")[:HEIGHT]
    return rows if coloured else [row.ljust(WIDTH) for row in rows]
