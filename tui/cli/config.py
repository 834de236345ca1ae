"""``nntui config``: where the config file is, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli.messages import say
from tui.config import values

if TYPE_CHECKING:
    from tui.config.file import ConfigFile


@click.command("config", short_help="Print the config file, or an example of one.")
def command() -> int:
    """Print where the config file is, and what it says.

    Where there is none yet, an example is printed that shows all settings. Lines that are wrong
    are named on standard error.
    """
    from tui.config.example import example
    from tui.config.settings import settings_of

    file = find_file()
    click.echo(f"# {file.path}")
    click.echo(file.text if file.text.strip() else example(), nl=False)
    file.take("speed", values.speed, 0.0)
    settings_of(file)
    tell_faults(file)
    return 0


def find_file() -> ConfigFile:
    """Return the person's own config file."""
    from tui.config.file import ConfigFile

    return ConfigFile.find()


def tell_faults(file: ConfigFile) -> None:
    """Say what is wrong in a config file."""
    for complaint in file.complaints:
        say(f"nntui: {file.path}: {complaint}")
