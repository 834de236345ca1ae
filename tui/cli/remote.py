"""The option of commands that reach another machine."""

from __future__ import annotations

import click

remote_option = click.option(
    "--remote-command",
    "remote",
    envvar="NNTUI_REMOTE_COMMAND",
    default="nntui",
    show_default=True,
    metavar="COMMAND",
    help="How nntui is called on another machine.",
)
