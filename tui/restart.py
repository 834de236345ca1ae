"""Shows the screen, and shows it again where it fails: the training goes on meanwhile."""

from __future__ import annotations

from collections import deque
from time import monotonic

import click

from engine.protocol.text import printable
from engine.runs.lock import wait_until_free
from engine.service.client import Ongoing, Worker
from engine.service.remote import RemoteSession
from tui.app import Monitor
from tui.config.settings import Settings

RELEASE = 5.0  # seconds that a session which has ended is given to let go of its run
MOST_FAULTS, WITHIN = 3, 10.0  # the screen is given up after so many, within so many seconds


def watch(
    session: Worker | Ongoing | RemoteSession, settings: Settings, notice: str = ""
) -> tuple[int, str]:
    """Show the screen until a person quits; return the exit status, and what is to be said.

    A run that was not yet built when the screen ended is ended as well.

    Parameters
    ----------
    session : Worker, Ongoing or RemoteSession
    settings : Settings
    notice : str
        What the screen is to say first.

    Raises
    ------
    ConnectionError
        If there is no session to attach to.
    """
    faults: deque[float] = deque(maxlen=MOST_FAULTS)
    app = None
    try:
        while True:
            app = Monitor(session.connect(), session.run.log, notice, settings)
            status = app.run()
            if app.ended and session.run.directory:
                wait_until_free(session.run.directory, RELEASE)
            if app.failure:
                return status or 1, app.failure
            if not app.fault:
                return app.return_code or 0, app.ended.problem if app.ended else ""
            faults.append(monotonic())
            place = f"; its log: {session.run.log}" if app.outlives else ""
            if len(faults) == MOST_FAULTS and faults[-1] - faults[0] < WITHIN:
                return 1, f"the screen failed {MOST_FAULTS} times, at last with {app.fault}{place}"
            notice = f"the screen failed with {app.fault}, and was started again{place}"
            click.echo(f"nntui: {printable(notice)}", err=True)
    finally:
        if app is None or not (app.welcome or app.leaving):
            session.end()
