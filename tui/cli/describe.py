"""``nntui describe``: say what is understood of a file, without training."""

from __future__ import annotations

from typing import Any

import click

from engine.protocol.text import printable
from engine.runs.description import Description, SourceError
from tui.cli.messages import complain
from tui.cli.reading import joined, reading_options
from tui.cli.types import Source


@click.command("describe", short_help="Say how a file of data is understood, without training.")
@click.argument("source", type=Source(), metavar="FILE")
@reading_options
def command(**options: Any) -> int:
    """Say how a file of data is understood, without training.

    FILE is a table, arrays, or - for standard input. Columns, labels, classes and what is left out
    are printed, as a training with the same options takes them.
    """
    description = Description(**joined(options))
    if description.is_toy:
        raise click.UsageError(f"{description.source} is no file: `nntui data` describes the toys")
    if description.is_python:
        raise click.UsageError("a Python file builds its own data, which cannot be described")
    from engine.runs.data import understood

    try:
        for line in understood(description):
            click.echo(printable(line))
    except SourceError as error:
        return complain(str(error), 2)
    return 0
