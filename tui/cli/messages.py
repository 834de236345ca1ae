"""What a person is told on standard error, one line each."""

from __future__ import annotations

import sys

import click

from engine.protocol.text import printable
from engine.runs.files import give_up


def complain(message: str, status: int) -> int:
    """Print what is wrong, and return the exit status."""
    say(f"nntui: {message}")
    return status


def say(message: str) -> None:
    """Print a line to standard error, if that can be done."""
    try:
        click.echo(printable(message), err=True)
    except OSError:
        give_up(sys.stderr)
