"""Shows the screen, and shows it again where it fails: the training goes on meanwhile."""

from __future__ import annotations

import os
from collections import deque
from time import monotonic

import click

from engine.protocol.text import printable
from engine.service.client import Connection, Worker
from tui.app import Monitor
from tui.config.settings import Settings

MOST_FAULTS, WITHIN = 3, 10.0  # the screen is given up after so many, within so many seconds


def watch(worker: Worker, settings: Settings, notice: str = "") -> tuple[int, str]:
    """Show the screen until a person quits; return the exit status, and what is to be said.

    Parameters
    ----------
    worker : Worker
    settings : Settings
    notice : str
        What the screen is to say first.

    Raises
    ------
    ConnectionError
        If there is no worker to attach to.
    """
    log = worker.run.log
    place = "" if str(log) == os.devnull else f"; its log: {log}"
    faults: deque[float] = deque(maxlen=MOST_FAULTS)
    while True:
        app = Monitor(Connection.open(worker), log, notice, settings)
        status = app.run()
        if app.failure:
            return status or 1, app.failure
        if not app.fault:
            return app.return_code or 0, ""
        faults.append(monotonic())
        if len(faults) == MOST_FAULTS and faults[-1] - faults[0] < WITHIN:
            return 1, f"the screen failed {MOST_FAULTS} times, at last with {app.fault}{place}"
        notice = f"the screen failed with {app.fault}, and was started again{place}"
        click.echo(f"nntui: {printable(notice)}", err=True)
