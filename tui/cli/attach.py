"""``nntui attach``: show a run that goes on without a screen."""

from __future__ import annotations

import os
from shlex import quote
from typing import TYPE_CHECKING

import click

from engine.runs.names import RunNameError
from tui.cli.config import find_file
from tui.cli.messages import complain
from tui.cli.outlook import outlook
from tui.cli.remote import remote_option
from tui.cli.run_argument import RunArgument
from tui.cli.watching import attach, attach_remote

if TYPE_CHECKING:
    from engine.runs.run import Run


@click.command("attach", short_help="Show a run that goes on without a screen.")
@click.argument("name", metavar="[RUN]", default="", type=RunArgument(live=True))
@remote_option
def command(name: str, remote: str) -> int:
    """Show a run that is being trained, with its whole curve, and steer it.

    RUN is its name, the beginning of it, or its directory; without it, the latest is shown. Several
    screens can be attached to one run. `d` leaves it running, and `q` asks what becomes of it.

    [USER@]HOST:RUN, or HOST: for the latest there, is a run on another machine, which is reached by
    your own ssh; a line that breaks is taken up again.
    """
    host, colon, of_host = name.partition(":")
    if colon and os.sep not in host:
        return attach_remote(host, of_host, remote, find_file())
    from engine.runs.address import require_private
    from engine.runs.run import Run
    from engine.runs.summary import summary_of

    try:
        run = Run.find(name) if name else latest()
    except (FileNotFoundError, RunNameError) as error:
        return complain(str(error), 2)
    assert run.directory
    try:
        require_private(run.directory)
    except OSError as error:
        return complain(str(error), 1)
    summary = summary_of(run.directory)
    if not summary.live:
        return complain(outlook(summary), 1)
    if not _is_open(run):
        ends = f"`nntui stop {quote(run.name)}` ends it"
        return complain(f"{run.name} is trained without a screen, as it was started: {ends}", 1)
    return attach(run, find_file())


def latest() -> Run:
    """Return the run that was opened last, of those that can be attached to if there are any."""
    from engine.runs.lock import opened_at
    from engine.runs.run import Run, is_run, run_names, runs_directory

    runs = [Run(runs_directory() / name) for name in run_names() if is_run(runs_directory() / name)]
    if not runs:
        raise FileNotFoundError("there is no run yet: `nntui` begins one")
    return max(runs, key=lambda run: (_is_open(run), opened_at(runs_directory() / run.name)))


def _is_open(run: Run) -> bool:
    """Whether a session of the run listens."""
    from engine.runs.lock import is_held

    assert run.directory
    return is_held(run.directory) and run.socket.exists()
