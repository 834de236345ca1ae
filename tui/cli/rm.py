"""``nntui rm``: remove runs."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click import Context, Parameter

from engine.protocol.text import printable
from engine.runs.files import reason
from engine.runs.names import RunNameError, check_name
from tui.cli.ls import size
from tui.cli.messages import complain
from tui.cli.run_argument import RunArgument

if TYPE_CHECKING:
    from engine.runs.summary import Summary

SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0}
MOST_NAMED = 10


class Age(click.ParamType[float]):
    """How long ago, as ``30d``, ``12h`` or ``90m``."""

    name = "30d|12h|90m"

    def convert(self, value: object, param: Parameter | None, ctx: Context | None) -> float:
        """Turn text into seconds."""
        found = re.fullmatch(r"(\d{1,6})([dhm])", str(value))
        if found is None:
            self.fail(f"{value!r} must be a number of days, hours or minutes, as 30d", param, ctx)
        return int(found[1]) * SECONDS[found[2]]


@click.command("rm", short_help="Remove runs from the disk.")
@click.argument("names", metavar="[RUN]...", nargs=-1, type=RunArgument(live=False))
@click.option("--older-than", type=Age(), help="Only those that were begun so long ago.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(names: tuple[str, ...], older_than: float | None, yes: bool) -> int:
    """Remove runs from the disk, with their weights and all that is recorded, after asking.

    RUN is a run's name, or the beginning of it; without one, all runs are meant that --older-than
    names. A run that is being trained is never removed.
    """
    from engine.runs.summary import summaries

    if not (names or older_than is not None):
        raise click.UsageError("name the runs, or say --older-than 30d")
    try:
        chosen = _named(names) if names else [run for run in summaries() if not run.live]
    except (FileNotFoundError, RunNameError) as error:
        return complain(str(error), 2)
    except OSError as error:
        return complain(f"the runs cannot be read: {reason(error)}", 1)
    if older_than is not None:
        chosen = [run for run in chosen if run.age is not None and run.age >= older_than]
    if not chosen:
        click.echo("there is no such run", err=True)
        return 0
    if live := [run.name for run in chosen if run.live]:
        return complain(f"{live[0]} is being trained: `nntui stop {live[0]}` ends it first", 1)
    if not yes:
        click.confirm(_question(chosen), abort=True, err=True)
    return max([_remove(Path(run.directory)) for run in chosen])


def _named(names: tuple[str, ...]) -> list[Summary]:
    from engine.runs.run import runs_directory, whole_name
    from engine.runs.summary import summary_of

    whole = dict.fromkeys(whole_name(check_name(name)) for name in names)
    return [summary_of(runs_directory() / name) for name in whole]


def _question(runs: list[Summary]) -> str:
    names = ", ".join(run.name for run in runs[:MOST_NAMED])
    more = f" and {len(runs) - MOST_NAMED} more" if len(runs) > MOST_NAMED else ""
    return printable(f"Remove {names}{more} ({size(sum(run.bytes for run in runs))})?")


def _remove(directory: Path) -> int:
    """Remove a run, unless somebody has begun to train it meanwhile."""
    from engine.runs.lock import hold

    try:
        lock = hold(directory)
    except BlockingIOError:
        return complain(f"{directory.name} is being trained, and stays", 1)
    except OSError as error:
        return complain(f"{directory.name} cannot be removed: {reason(error)}", 1)
    try:
        shutil.rmtree(directory)
    except OSError as error:
        return complain(f"{directory.name} cannot be removed: {reason(error)}", 1)
    finally:
        os.close(lock)
    return 0
