"""The program: a group of commands, of which training is done where none is named."""

from __future__ import annotations

import os
import sys

import click
from click.shell_completion import CompletionItem

from engine import __version__
from engine.runs.files import give_up, reason
from tui.cli import (
    attach,
    config,
    data,
    describe,
    export,
    ls,
    predict,
    relay,
    replay,
    resume,
    rm,
    stop,
    train,
)
from tui.cli.messages import complain


class Program(click.Group):
    """Trains where the first argument is no command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put in the command that need not be named."""
        if ctx.resilient_parsing and not args:  # a shell completes the first word
            return super().parse_args(ctx, args)
        named = bool(args) and args[0] in self.commands and args[0] != train.command.name
        return super().parse_args(ctx, args if named else [train.command.name or "", *args])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands and the options that begin so; those of training too."""
        training = click.Context(train.command, parent=ctx)
        found = [*super().shell_complete(ctx, incomplete)]
        found += train.command.shell_complete(training, incomplete)
        return [item for item in found if item.value != train.command.name]


command = Program("nntui", context_settings={"help_option_names": ["-h", "--help"]})
ON_RUNS = (attach, ls, stop, resume, rm, replay, export, predict, relay)
for module in (train, *ON_RUNS, data, describe, config):
    command.add_command(module.command)
click.version_option(__version__, package_name="nntui", prog_name="nntui")(train.command)


def main() -> None:
    """Run the command line; say what is wrong with it in one line."""
    _open_closed_streams()
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        sys.exit(command.main(sys.argv[1:], prog_name="nntui", standalone_mode=False))
    except click.UsageError as error:
        sys.exit(complain(error.format_message(), 2))
    except click.Abort:
        sys.exit(1)
    except BrokenPipeError:  # the reader has gone, as `head` does
        give_up(sys.stdout)
        sys.exit(0)
    except OSError as error:  # such as output to a disk that is full
        give_up(sys.stdout)
        sys.exit(complain(reason(error), 1))


def _open_closed_streams() -> None:
    """Let no file of a run take the place of a standard stream that is closed."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            # The lowest number that is free is its own, since those before are open by now.
            os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115
