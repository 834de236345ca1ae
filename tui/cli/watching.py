"""A run is trained: on a screen, or without one."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.runs.description import TrainingError
from engine.runs.files import give_up
from tui.cli.config import tell_faults
from tui.cli.messages import complain, say
from tui.cli.terminal import NoTerminalError, keys_from_terminal

if TYPE_CHECKING:
    from engine.runs.run import Run
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

    encoding = sys.stderr.encoding  # the screen is written there
    if codecs.lookup(encoding).name != "utf-8":
        advice = "set LC_ALL=C.UTF-8, and PYTHONIOENCODING and PYTHONUTF8 to nothing"
        return complain(f"the screen needs UTF-8, not {encoding}: {advice}", 2)
    try:
        with keys_from_terminal(reads_input):
            worker = Worker(find_run())
    except NoTerminalError as error:
        return complain(str(error), 2)
    try:
        from tui.config.settings import settings_of  # while the worker starts
        from tui.restart import watch

        settings = settings_of(config)
        if hints is not None:
            settings = replace(settings, hints=hints)
        tell_faults(config)
        notice = f"{config.path.name}: {' · '.join(config.complaints)}" if config.complaints else ""
        status, failure = watch(worker, settings, notice)
        return complain(failure, status) if failure else status
    except ConnectionError as error:
        log = f"; its log: {worker.run.log}" if worker.run.directory else ""
        return complain(f"{error}{log}", 1)
    finally:
        worker.end()
        if worker.weights_not_saved:
            why = f"; the run's log says why: {worker.run.log}" if worker.run.directory else ""
            say(f"nntui: the weights are not saved to {worker.run.description.weights}{why}")


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
