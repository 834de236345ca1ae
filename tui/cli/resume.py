"""``nntui resume``: go on with a run whose training has ended."""

from __future__ import annotations

import sys

import click

from engine.runs.description import SourceError
from engine.runs.names import RunNameError
from tui.cli.config import find_file
from tui.cli.messages import complain
from tui.cli.outlook import outlook
from tui.cli.run_argument import RunArgument
from tui.cli.types import ABOVE_ZERO
from tui.cli.watching import train_headless, watch_run


@click.command("resume", short_help="Go on with a run that has ended, or was killed.")
@click.argument("name", metavar="RUN", type=RunArgument(live=False))
@click.option("--anyway", is_flag=True, help="Even if it does not go on bit for bit.")
@click.option("--headless", is_flag=True, help="No screen: print the figures line by line.")
@click.option("--log-every", type=ABOVE_ZERO, default=100, show_default=True, metavar="EPOCHS")
@click.option("--json", "as_json", is_flag=True, help="Headless, one JSON object a line.")
def command(name: str, anyway: bool, headless: bool, log_every: int, as_json: bool) -> int:
    """Go on with a run from where its record ends, as if nothing had happened.

    RUN is its name or its directory. Its curve, branches, breakpoints and past are in place, and
    it goes on to the same bits. Where it cannot, as with another NumPy, that is said beforehand,
    and --anyway goes on all the same.
    """
    from engine.runs.lock import is_held
    from engine.runs.run import Run
    from engine.runs.summary import summary_of

    try:
        run = Run.find(name)
        assert run.directory
        if is_held(run.directory):
            return complain(outlook(summary_of(run.directory)), 1)
        run.anyway = anyway
        if headless or as_json or not sys.stdout.isatty():
            return train_headless(run, log_every, as_json)
        return watch_run(lambda: run, find_file(), None)
    except (FileNotFoundError, RunNameError) as error:
        return complain(str(error), 2)
    except SourceError as error:
        return complain(str(error), 1)
