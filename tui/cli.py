"""The command line. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import codecs
import os
import secrets
import sys
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from engine import __version__
from engine.protocol.commands import MOST_EPOCHS
from engine.protocol.text import printable
from engine.service.description import (
    MOST_THREADS,
    TOY_SOURCES,
    Description,
    SourceError,
    TrainingError,
)
from engine.service.files import give_up, reason
from engine.service.names import RunNameError, check_name

FILE_ENDINGS = (".csv", ".npz", ".py")

# By the ending of a source: the options that it settles itself, and those that may overrule it.
UNUSED = {
    ".csv": (("samples", "classes"), ()),
    ".npz": (("samples", "classes"), ()),
    ".py": (
        ("samples", "classes", "hidden", "batch_size", "dtype"),
        ("epochs", "learning_rate"),
    ),
}


class Source(click.ParamType[str]):
    """A toy dataset's name, or a file."""

    name = "source"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check that there is such a source."""
        text = str(value)
        if text in TOY_SOURCES:
            return text
        if not text.lower().endswith(FILE_ENDINGS):
            known = ", ".join((*TOY_SOURCES, *("FILE" + ending for ending in FILE_ENDINGS)))
            self.fail(f"{text!r} is no source; there are {known}", param, ctx)
        if not Path(text).is_file():
            self.fail(f"there is no file {text!r}", param, ctx)
        if not os.access(text, os.R_OK):
            self.fail(f"the file {text!r} may not be read", param, ctx)
        return text


class Widths(click.ParamType[tuple[int, ...]]):
    """Neurons of the hidden layers: ``64`` or ``64,32``."""

    name = "N[,N...]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Turn text into whole numbers above zero."""
        if isinstance(value, tuple):
            return value
        try:
            widths = tuple(int(part) for part in str(value).split(","))
        except ValueError:
            widths = (0,)
        if min(widths) < 1:
            self.fail(f"{value!r} must be whole numbers above 0, as 64 or 64,32", param, ctx)
        return widths


class BatchSize(click.ParamType[int | str]):
    """A number of rows, or ``all``."""

    name = "N|all"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        """Turn text into a number above zero."""
        if value == "all":
            return "all"
        try:
            size = int(value)
        except ValueError:
            size = 0
        if size < 1:
            self.fail(f"{value!r} must be 'all' or a whole number above 0", param, ctx)
        return size


class Rate(click.ParamType[float]):
    """A learning rate: a finite number above zero."""

    name = "X"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Turn text into a number above zero."""
        try:
            rate = float(value)
        except ValueError:
            rate = 0.0
        if not 0 < rate < float("inf"):
            self.fail(f"{value!r} must be a number above 0", param, ctx)
        return rate


class RunName(click.ParamType[str]):
    """A name that a run can have."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check that."""
        try:
            return check_name(str(value))
        except RunNameError as error:
            self.fail(str(error), param, ctx)


ABOVE_ZERO = click.IntRange(1, MOST_EPOCHS)


@click.command("nntui", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("source", type=Source(), default="spiral", metavar="[SOURCE]")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- ARGUMENTS...]")
@click.option("--epochs", type=ABOVE_ZERO, default=10001, show_default=True)
@click.option("--learning-rate", "--lr", type=Rate(), default=0.1, show_default=True)
@click.option(
    "--hidden", type=Widths(), default="64", show_default=True, help="Neurons of each hidden layer."
)
@click.option(
    "--samples", type=ABOVE_ZERO, default=100, show_default=True, help="Rows of each class."
)
@click.option("--classes", type=click.IntRange(min=2), default=3, show_default=True)
@click.option("--batch-size", type=BatchSize(), default="all", show_default=True)
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), help="Of data and weights; drawn if not given."
)
@click.option(
    "--dtype", type=click.Choice(["float64", "float32"]), default="float64", show_default=True
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
@click.option("--paused", is_flag=True, help="Begin paused.")
@click.option("--headless", is_flag=True, help="No screen: print the figures line by line.")
@click.option("--log-every", type=ABOVE_ZERO, default=100, show_default=True, metavar="EPOCHS")
@click.option("--json", "as_json", is_flag=True, help="Headless, one JSON object a line.")
@click.version_option(__version__, package_name="nntui", prog_name="nntui")
def command(
    headless: bool,
    log_every: int,
    as_json: bool,
    seed: int | None,
    batch_size: int | str,
    name: str | None,
    **options: Any,
) -> int:
    """Watch and steer a neural network while it learns.

    SOURCE is what it learns from: spiral (the default), vertical, FILE.csv, FILE.npz, or a FILE.py
    that builds its own `trainer`, and finds the ARGUMENTS after -- in its sys.argv.

    `nntui replay RUN` trains a run again and compares it bit for bit.
    """
    _check_use(options)
    description = Description(
        seed=secrets.randbelow(2**32) if seed is None else seed,
        batch_size=None if isinstance(batch_size, str) else batch_size,
        name=name or "",
        **options,
    )
    if headless or as_json or not sys.stdout.isatty():
        return _train_headless(description, log_every, as_json)
    return _watch(description)


def _check_use(options: dict[str, Any]) -> None:
    """Reject options that the source has no use for; leave a Python file what it has set."""
    context = click.get_current_context()
    if options["arguments"] and not options["source"].lower().endswith(".py"):
        raise click.UsageError(f"only a FILE.py takes arguments: {' '.join(options['arguments'])}")
    unused, left = UNUSED.get(Path(options["source"]).suffix.lower(), ((), ()))
    given = {
        parameter.name: parameter
        for parameter in context.command.params
        if context.get_parameter_source(parameter.name or "") is not ParameterSource.DEFAULT
    }
    for name in unused:
        if name in given:
            option = given[name].opts[0]
            raise click.UsageError(f"{option} has no use here: {options['source']} has its own")
    options.update({name: None for name in left if name not in given})


@click.command("nntui replay", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("run", metavar="RUN")
def replay(run: str) -> int:
    """Train a run again from its journal, and compare every figure bit for bit.

    RUN is its name or its directory. It prints how much was compared and `identical`, or what
    differs or could not be compared.
    """
    from engine.service.replay import Difference
    from engine.service.replay import replay as train_again
    from engine.service.run import Run

    try:
        for line in train_again(Run.find(run)):
            click.echo(printable(line))
    except (FileNotFoundError, RunNameError) as error:
        return _complain(str(error), 2)
    except SourceError as error:
        return _complain(str(error), 1)
    except Difference as error:
        click.echo(printable(str(error)))
        return 1
    return 0


COMMANDS = {"run": command, "replay": replay}


def main() -> None:
    """Run the command line; say what is wrong with it in one line."""
    _open_closed_streams()
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    named = COMMANDS.get(sys.argv[1]) if len(sys.argv) > 1 else None
    arguments = sys.argv[2:] if named else sys.argv[1:]
    try:
        sys.exit((named or command).main(arguments, standalone_mode=False))
    except click.UsageError as error:
        sys.exit(_complain(error.format_message(), 2))
    except click.Abort:
        sys.exit(1)
    except OSError as error:  # such as output to a disk that is full
        give_up(sys.stdout)
        sys.exit(_complain(reason(error), 1))


def _open_closed_streams() -> None:
    """Let no file of a run take the place of a standard stream that is closed."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            # The lowest number that is free is its own, since those before are open by now.
            os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115


def _watch(description: Description) -> int:
    from engine.service.client import Worker

    encoding = sys.stderr.encoding  # the screen is written there
    if codecs.lookup(encoding).name != "utf-8":
        advice = "set LC_ALL=C.UTF-8, and PYTHONIOENCODING and PYTHONUTF8 to nothing"
        return _complain(f"the screen needs UTF-8, not {encoding}: {advice}", 2)
    worker = Worker(description)
    try:
        from tui.restart import watch  # while the worker starts

        status, failure = watch(worker)
        return _complain(failure, status) if failure else status
    except ConnectionError as error:
        log = f"; its log: {worker.run.log}" if worker.run.directory else ""
        return _complain(f"{error}{log}", 1)
    finally:
        worker.end()


def _complain(message: str, status: int) -> int:
    try:
        click.echo(f"nntui: {printable(message)}", err=True)
    except OSError:
        give_up(sys.stderr)
    return status


def _train_headless(description: Description, log_every: int, as_json: bool) -> int:
    from engine.service.headless import train

    try:
        return train(description, log_every, as_json)
    except SourceError as error:
        return _complain(str(error), 2)
    except TrainingError as error:
        return _complain(str(error), 1)
    except BrokenPipeError:
        # The reader has gone, as `head` does: nothing more to say, and no second try at exit.
        give_up(sys.stdout)
        return 0
