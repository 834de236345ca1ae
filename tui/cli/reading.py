"""The options that say how a file of data is read, which several commands have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from tui.cli.types import Names, Validation

OPTIONS = (
    click.option("--label", metavar="NAME|NUMBER", help="The column of the labels."),
    click.option(
        "--features", type=Names(), multiple=True, help="The columns to learn from, if not all."
    ),
    click.option("--drop", type=Names(), multiple=True, help="Columns to leave out."),
    click.option(
        "--missing",
        type=click.Choice(["median", "drop", "refuse"]),
        default="median",
        show_default=True,
        help="What is done with missing values: filled in, their rows left out, or refused.",
    ),
    click.option(
        "--classes-from-numbers",
        is_flag=True,
        help="Take each number as a class, even where the label looks continuous.",
    ),
)
VALIDATION = click.option(
    "--validation",
    type=Validation(),
    default="",
    help="The share of the samples to keep apart, as 0.2, or a second file.",
)


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options."""
    for option in (VALIDATION, *reversed(OPTIONS)):
        command = option(command)
    return command


def joined(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options with the names that were given in several of them in one tuple."""
    names = {n: tuple(c for part in options[n] for c in part) for n in ("features", "drop")}
    return {**options, **names}
