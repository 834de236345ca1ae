"""``nntui stop``: end runs that go on."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

import click

from engine.runs.names import RunNameError
from tui.cli.messages import complain
from tui.cli.outlook import outlook
from tui.cli.run_argument import RunArgument

PATIENCE = 30.0  # seconds until a run has to have ended


@click.command("stop", short_help="End runs that go on, with all that they have.")
@click.argument("names", metavar="RUN...", nargs=-1, required=True, type=RunArgument(live=True))
def command(names: tuple[str, ...]) -> int:
    """End runs that are being trained, with a screen or without, and wait until they have ended.

    RUN is a run's name, the beginning of it, or its directory. Nothing is lost: `nntui resume` goes
    on with a run from where it was stopped.
    """
    return max([_stop(name) for name in names])


def _stop(name: str) -> int:
    from engine.runs.lock import holder, is_held, wait_until_free
    from engine.runs.run import Run

    try:
        directory = Run.find(name).directory
    except (FileNotFoundError, RunNameError) as error:
        return complain(str(error), 2)
    assert directory
    if is_held(directory):
        process = holder(directory)
        if process is None:
            return complain(f"{directory.name} is trained by a process that is not known", 1)
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGTERM)
        if not wait_until_free(directory, PATIENCE):
            return complain(f"{directory.name} has not ended yet: its process is {process}", 1)
    click.echo(_how_it_ended(directory))
    return 0


def _how_it_ended(directory: Path) -> str:
    from engine.runs.summary import summary_of

    if not directory.is_dir():
        return f"{directory.name} has ended before it was built"
    return outlook(summary_of(directory))
