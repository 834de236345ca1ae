"""``nntui [SOURCE]``: train, with a screen or without."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from engine.runs.description import (
    MOST_THREADS,
    TOYS,
    Description,
    SourceError,
    is_share,
)
from engine.scripts.recognition import is_script
from tui.cli.config import find_file
from tui.cli.messages import complain
from tui.cli.reading import joined, reading_options
from tui.cli.script import run_script
from tui.cli.types import (
    ABOVE_ZERO,
    STANDARD_INPUT,
    BatchSize,
    Number,
    RunName,
    Source,
    Speed,
    WeightsFile,
    Widths,
)
from tui.cli.watching import train_headless, watch_run
from tui.config import values

OF_TOYS = ("samples", "classes", "noise")
OF_FILES = ("label", "features", "drop", "missing", "classes_from_numbers")
OF_BUILDING = ("hidden", "batch_size", "dtype")
LEFT_TO_PYTHON = ("epochs", "learning_rate")  # what a Python file has set, if not given
OF_TRAINERS = (
    *(*OF_TOYS, *OF_FILES, *OF_BUILDING, *LEFT_TO_PYTHON),
    *("seed", "validation", "weights", "name", "memory", "threads", "kernels", "speed", "paused"),
    *("keep_metrics", "hints", "log_every"),
)
TOY_SPEED = 500.0  # epochs a second at which a toy can be watched


class Training(click.Command):
    """The default command, whose help is that of the whole program."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage without a command's name, which need not be given."""
        formatter.write_usage(
            ctx.find_root().command_path, " ".join(self.collect_usage_pieces(ctx))
        )

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of the other commands."""
        group = ctx.find_root().command
        if isinstance(group, click.Group):
            with formatter.section("Commands"):
                others = [c for c in group.commands.values() if c is not self]
                formatter.write_dl([(c.name or "", c.get_short_help_str(60)) for c in others])


@click.command("train", cls=Training)
@click.argument("source", type=Source(), default="spiral", metavar="[SOURCE]")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- ARGUMENTS...]")
@click.option("--epochs", type=ABOVE_ZERO, default=10001, show_default=True)
@click.option("--learning-rate", "--lr", type=Number(), default=0.1, show_default=True)
@click.option(
    "--hidden", type=Widths(), default="64", show_default=True, help="Neurons of each hidden layer."
)
@click.option("--batch-size", type=BatchSize(), default="all", show_default=True)
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), help="Of data and weights; drawn if not given."
)
@click.option(
    "--dtype", type=click.Choice(["float64", "float32"]), default="float64", show_default=True
)
@click.option(
    "--samples", type=ABOVE_ZERO, default=100, show_default=True, help="Of each class of a toy."
)
@click.option(
    "--classes",
    type=click.IntRange(min=2),
    default=3,
    show_default="3, or 2 if the toy has no more",
    help="Of a toy.",
)
@click.option(
    "--noise",
    type=Number(zero=True),
    help="Added to a toy: its standard deviation.",
)
@reading_options
@click.option(
    "--weights",
    type=WeightsFile(),
    default="",
    help="Begin with the weights of this file if it exists, and save the last ones to it.",
)
@click.option(
    "--name", type=RunName(), default=None, help="Of the run; made from the source if not given."
)
@click.option(
    "--break",
    "breakpoints",
    multiple=True,
    metavar="CONDITION",
    help="Stop where it holds, as 'accuracy > 0.9'; may be given several times.",
)
@click.option(
    "--memory", type=ABOVE_ZERO, default=256, show_default=True, metavar="MB", help="For the past."
)
@click.option(
    "--threads",
    type=click.IntRange(1, MOST_THREADS),
    help="That multiply matrices; one, or several if a trial shows that they help.",
)
@click.option(
    "--kernels/--no-kernels",
    default=True,
    help="Without kernels, the formulas themselves are run: the same numbers, but slower.",
)
@click.option(
    "--speed",
    type=Speed(),
    show_default="500 for a toy, else max",
    help="Epochs a second to begin with, on a screen.",
)
@click.option(
    "--hints/--no-hints", default=None, show_default="hints", help="Say in a line what helps now."
)
@click.option(
    "--keep-metrics",
    type=click.Choice(["every", "thin"]),
    default="every",
    show_default=True,
    help="Record each epoch's metrics, or the fewer the more epochs there are.",
)
@click.option(
    "--loop",
    type=ABOVE_ZERO,
    metavar="LINE",
    help="Of any training script: where the loop begins that trains, if that cannot be told.",
)
@click.option("--paused", is_flag=True, help="Begin paused.")
@click.option("--headless", is_flag=True, help="No screen: print the figures line by line.")
@click.option("--log-every", type=ABOVE_ZERO, default=100, show_default=True, metavar="EPOCHS")
@click.option("--json", "as_json", is_flag=True, help="Headless, one JSON object a line.")
def command(
    headless: bool,
    log_every: int,
    as_json: bool,
    seed: int | None,
    batch_size: int | str,
    name: str | None,
    speed: float | None,
    hints: bool | None,
    loop: int | None,
    **options: Any,
) -> int:
    """Watch and steer a neural network while it learns.

    SOURCE is what it learns from: a toy dataset (spiral, the default, and those that `nntui data`
    lists), a table (FILE.csv, .tsv, .txt, .data, also compressed, or .parquet), arrays (FILE.npz,
    FILE.npy), - for standard input, or a FILE.py that builds its own `trainer`, and finds the
    ARGUMENTS after -- in its sys.argv. With --headless, a FILE.py may be any training script, which
    runs as in plain Python: --json prints the metrics of its loop, and --break stops it.
    """
    on_screen = not (headless or as_json) and sys.stdout.isatty()
    if Description(source=options["source"]).is_python and is_script(Path(options["source"]), loop):
        _refuse(_given(), OF_TRAINERS, f"{options['source']} builds no `trainer`")
        path, arguments = Path(options["source"]), options["arguments"]
        if on_screen:
            return complain(f"{path} builds no `trainer`, so it has no screen yet: --headless", 2)
        return run_script(path, arguments, options["breakpoints"], loop, as_json)
    if loop:
        raise click.UsageError("--loop has no use here: it is of a script that builds no `trainer`")
    options = _checked(joined(options))
    config = find_file() if on_screen else None
    if config:
        usual = TOY_SPEED if options["source"] in TOYS else 0.0
        configured = config.take("speed", values.speed, usual)
        speed = configured if speed is None else speed
    description = Description(
        seed=secrets.randbelow(2**32) if seed is None else seed,
        batch_size=None if isinstance(batch_size, str) else batch_size,
        name=name or "",
        speed=speed or None,
        **options,
    )
    from engine.runs.run import Run

    try:
        if config:
            reads_keys = STANDARD_INPUT in (description.source, description.validation)
            return watch_run(lambda: Run.create(description), config, hints, reads_keys)
        return train_headless(Run.create(description), log_every, as_json)
    except SourceError as error:
        return complain(str(error), 2)


def _checked(options: dict[str, Any]) -> dict[str, Any]:
    """Refuse options that the source has no use for, and leave a Python file what it has set."""
    source = Description(source=options["source"])
    if options["arguments"] and not source.is_python:
        raise click.UsageError(f"only a FILE.py takes arguments: {' '.join(options['arguments'])}")
    given = _given()
    if source.is_toy:
        _refuse(given, OF_FILES, f"{source.source} is drawn, and not read from a file")
        _check_toy(options, given)
        return options
    _refuse(given, OF_TOYS, f"{source.source} has its own")
    if options["source"] == options["validation"] == STANDARD_INPUT:
        raise click.UsageError("standard input cannot be read twice: name a file to validate with")
    if source.is_python:
        _refuse(given, (*OF_BUILDING, *OF_FILES), f"{source.source} has its own")
        own = f"{source.source} has its own data; give them validation=(X, y) there"
        _refuse(given, ("validation",), own)
        options.update({name: None for name in LEFT_TO_PYTHON if name not in given})
    return options


def _given() -> dict[str, str]:
    """Return the options that a person has given, by name, as they are spelled."""
    context = click.get_current_context()
    return {
        parameter.name or "": parameter.opts[0]
        for parameter in context.command.params
        if context.get_parameter_source(parameter.name or "") is not ParameterSource.DEFAULT
    }


def _refuse(given: dict[str, str], names: tuple[str, ...], reason: str) -> None:
    for name in names:
        if name in given:
            raise click.UsageError(f"{given[name]} has no use here: {reason}")


def _check_toy(options: dict[str, Any], given: dict[str, str]) -> None:
    """Give a toy its number of classes, and refuse another one, or a file to validate with."""
    name, most = options["source"], TOYS[options["source"]].most_classes
    if most and "classes" in given and options["classes"] != most:
        raise click.UsageError(f"{name} has {most} classes: leave --classes out")
    options["classes"] = most or options["classes"]
    if not is_share(options["validation"]):
        raise click.UsageError(
            f"{name} is drawn: --validation must be a share of it, as 0.2, and no file"
        )
