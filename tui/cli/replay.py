"""``nntui replay``: train a run again."""

from __future__ import annotations

import click

from engine.protocol.text import printable
from engine.runs.description import SourceError
from engine.runs.names import RunNameError
from tui.cli.messages import complain
from tui.cli.run_argument import RunArgument


@click.command("replay", short_help="Train a run again, and compare it bit for bit.")
@click.argument("run", metavar="RUN", type=RunArgument())
def command(run: str) -> int:
    """Train a run again from its journal, and compare every figure bit for bit.

    RUN is its name or its directory. It prints how much was compared and `identical`, or what
    differs or could not be compared.
    """
    from engine.runs.replay import Difference, replay
    from engine.runs.run import Run

    try:
        for line in replay(Run.find(run)):
            click.echo(printable(line))
    except (FileNotFoundError, RunNameError) as error:
        return complain(str(error), 2)
    except SourceError as error:
        return complain(str(error), 1)
    except Difference as error:
        click.echo(printable(str(error)))
        return 1
    return 0
