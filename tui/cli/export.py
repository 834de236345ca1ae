"""``nntui export``: write a run's record for other programs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from engine.runs.description import SourceError
from engine.runs.names import RunNameError
from tui.cli.messages import complain, say
from tui.cli.run_argument import RunArgument

FORMATS = ("csv", "jsonl", "npz", "svg", "html", "tensorboard", "weights")
BINARY = ("npz", "tensorboard", "weights")


@click.command("export", short_help="Write a run's metrics as CSV, HTML, for TensorBoard, ...")
@click.argument("name", metavar="RUN", type=RunArgument())
@click.option("--format", "-f", type=click.Choice(FORMATS), default="csv", show_default=True)
@click.option("--branch", "branches", multiple=True, help="Only this branch; may be repeated.")
@click.option("--output", "-o", type=click.Path(), help="Write to this file, or this folder.")
def command(name: str, format: str, branches: tuple[str, ...], output: str | None) -> int:
    """Write every epoch's metrics of a run for other programs.

    RUN is its name or its directory; it may be training. csv and jsonl have a row for each epoch
    of each branch, npz an array for each metric, svg the curves as a picture; html is one page with
    the curves and all that was done, which needs no network; tensorboard is a folder to be shown
    with `tensorboard --logdir`; weights are the last ones, as NPZ.

    Text goes to standard output unless --output names a file; all else to a file in the current
    folder that has the run's name.
    """
    from engine.runs.export import export, write
    from engine.runs.run import Run

    try:
        run = Run.find(name)
        if output is None and format not in BINARY:
            write(run, format, sys.stdout.buffer, branches)
            sys.stdout.flush()
            return 0
        say(f"written: {export(run, format, Path(output) if output else None, branches)}")
    except (FileNotFoundError, RunNameError) as error:
        return complain(str(error), 2)
    except SourceError as error:
        return complain(str(error), 1)
    return 0
