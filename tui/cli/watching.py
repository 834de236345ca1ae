"""A run is trained: on a screen, or without one."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Callable
from dataclasses import replace
from shlex import quote
from typing import TYPE_CHECKING

from engine.runs.description import TrainingError
from engine.runs.files import give_up
from tui.cli.config import tell_faults
from tui.cli.messages import complain, say
from tui.cli.terminal import NoTerminalError, keys_from_terminal

if TYPE_CHECKING:
    from engine.runs.run import Run
    from engine.service.client import Ongoing, Worker
    from engine.service.remote import RemoteSession
    from tui.config.file import ConfigFile


def watch_run(
    find_run: Callable[[], Run], config: ConfigFile, hints: bool | None, reads_input: bool = False
) -> int:
    """Train a run in a worker, and show it; return the exit status.

    Parameters
    ----------
    find_run : callable
        Returns the run.
    hints : bool or None
        As the config file says if None.
    reads_input : bool
        Whether the run reads standard input, so that keys must come from elsewhere.
    """
    from engine.service.client import Worker

    if unfit := _unfit():
        return complain(unfit, 2)
    try:
        with keys_from_terminal(reads_input):
            worker = Worker(find_run())
    except NoTerminalError as error:
        return complain(str(error), 2)
    try:
        return _show(worker, config, hints)
    finally:
        if worker.run.directory is None:
            worker.end()


def attach(run: Run, config: ConfigFile) -> int:
    """Show a run that another process trains; return the exit status."""
    from engine.service.client import Ongoing

    unfit = _unfit()
    if unfit:
        return complain(unfit, 2)
    return min(1, _show(Ongoing(run), config, None))  # nothing is built, which 2 would be for


def attach_remote(host: str, name: str, command: str, config: ConfigFile) -> int:
    """Show a run that another machine trains; return the exit status."""
    from engine.service.remote import Host, RemoteSession

    if unfit := _unfit():
        return complain(unfit, 2)
    session = RemoteSession(Host(host, command), name)
    try:
        status = _show(session, config, None)
    finally:
        session.end()
    if session.name and not status:
        say(f"nntui attach {quote(f'{host}:{session.name}')} shows it again, if it still trains")
    return status


def _unfit() -> str:
    """Say why there can be no screen."""
    encoding = sys.stderr.encoding  # the screen is written there
    if codecs.lookup(encoding).name == "utf-8":
        return ""
    advice = "set LC_ALL=C.UTF-8, and PYTHONIOENCODING and PYTHONUTF8 to nothing"
    return f"the screen needs UTF-8, not {encoding}: {advice}"


def _show(session: Worker | Ongoing | RemoteSession, config: ConfigFile, hints: bool | None) -> int:
    """Show a run until a person quits, and say what becomes of it; return the exit status."""
    from tui.config.settings import settings_of  # while the worker starts
    from tui.restart import watch

    settings = settings_of(config)
    if hints is not None:
        settings = replace(settings, hints=hints)
    tell_faults(config)
    notice = f"{config.path.name}: {' · '.join(config.complaints)}" if config.complaints else ""
    run = session.run
    try:
        status, message = watch(session, settings, notice)
    except ConnectionError as error:
        log = f"; its log: {run.log}" if run.directory else ""
        return complain(f"{error}{log}", 1)
    if message:
        complain(message, status)
    if run.directory:
        _say_what_follows(run)
    return status


def _say_what_follows(run: Run) -> None:
    """Say how a run is that was watched, and what can be done with it."""
    from engine.runs.summary import summary_of
    from tui.cli.outlook import outlook

    assert run.directory
    if run.directory.is_dir():
        say(outlook(summary_of(run.directory), "\n"))


def train_headless(run: Run, log_every: int, as_json: bool) -> int:
    """Train a run, and print its figures; return the exit status."""
    from engine.service.headless import train

    try:
        return train(run, log_every, as_json)
    except TrainingError as error:
        return complain(str(error), 1)
    except BrokenPipeError:
        # The reader has gone, as `head` does: nothing more to say, and no second try at exit.
        give_up(sys.stdout)
        return 0
