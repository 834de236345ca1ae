"""``nntui ls``: all runs, each in a line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from engine.protocol.text import as_text, printable
from engine.runs.files import reason
from tui.cli.messages import complain
from tui.cli.remote import remote_option

if TYPE_CHECKING:
    from engine.runs.summary import Summary

HEAD = ("NAME", "STATUS", "EPOCH", "LOSS", "ACC", "SPEED", "AGE", "SIZE")
LEFT = 2  # columns that are aligned to the left
UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


@click.command("ls", short_help="List all runs: how each is, and how far it has come.")
@click.argument("host", default="", metavar="[[USER@]HOST]")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@remote_option
def command(host: str, as_json: bool, remote: str) -> int:
    """List all runs, the newest first; those of another machine, if one is named.

    Of each there are its status, the epoch of how many, loss, accuracy, epochs a second, how long
    ago it was begun, and what it takes on the disk. A run is `running`, `paused`, `completed`,
    `stopped`, `failed`, or `lost`: its process has gone without ending it.
    """
    from engine.runs.summary import summaries

    try:
        runs = _remote_summaries(host, remote) if host else summaries()
    except ConnectionError as error:
        return complain(f"{host}: {error}", 1)
    except OSError as error:
        return complain(f"the runs cannot be read: {reason(error)}", 1)
    if as_json:
        _print_json(runs)
    elif runs:
        _print_table(runs)
    else:
        click.echo("there is no run yet: `nntui` begins one", err=True)
    return 0


def _remote_summaries(host: str, command: str) -> list[Summary]:
    import msgspec

    from engine.runs.summary import Summary
    from engine.service.remote import Host, RemoteError

    listed = Host(host, command).run("ls", "--json")
    try:
        return [msgspec.json.decode(line, type=Summary) for line in listed.splitlines()]
    except msgspec.DecodeError:
        raise RemoteError("it has another version of nntui, whose list cannot be read") from None


def _print_json(runs: Sequence[Summary]) -> None:
    import msgspec

    for run in runs:
        click.echo(msgspec.json.encode(as_text(msgspec.to_builtins(run))))


def _print_table(runs: Sequence[Summary]) -> None:
    from rich.cells import cell_len

    rows = [HEAD, *(_cells(run) for run in runs)]
    whole = [row for row in rows if len(row) == len(HEAD)]
    widths = [max(cell_len(row[k]) for row in whole) for k in range(len(HEAD))]
    widths[0] = max(cell_len(row[0]) for row in rows)
    for row, run in zip(rows, [None, *runs], strict=True):
        cells = [
            _padded(cell, width, k < LEFT)
            for k, (cell, width) in enumerate(zip(row, widths, strict=False))
        ]
        line = "  ".join(cells).rstrip()
        quiet = run is None or run.status is None
        click.echo(click.style(line, dim=True) if quiet and sys.stdout.isatty() else line)


def _padded(text: str, width: int, to_the_left: bool) -> str:
    from rich.cells import cell_len

    room = " " * (width - cell_len(text))
    return text + room if to_the_left else room + text


def _cells(run: Summary) -> tuple[str, ...]:
    """Return what stands in the line of a run; its name and why, where it cannot be read."""
    name = printable(run.name)
    if run.status is None:
        return name, f"cannot be read: {printable(run.problem)}"
    of = f"/{run.epochs:,}" if run.epochs else ""
    return (
        name,
        run.status,
        f"{_number(run.epoch, ',')}{of}",
        _number(run.loss, ".4f"),
        _number(run.accuracy, ".3f"),
        "" if run.epochs_per_second is None else f"{run.epochs_per_second:,.0f}/s",
        age(run.age or 0.0),
        size(run.bytes),
    )


def _number(value: float | None, shape: str) -> str:
    return "–" if value is None else format(value, shape)


def age(seconds: float) -> str:
    """Write for how long something has been there."""
    length, unit = next((u for u in UNITS if seconds >= u[0]), UNITS[-1])
    return f"{seconds // length:.0f} {unit}"


def size(count: int) -> str:
    """Write a number of bytes."""
    if count < 1e6:
        return f"{count / 1e3:,.0f} kB"
    return f"{count / 1e6:,.1f} MB" if count < 1e9 else f"{count / 1e9:,.1f} GB"
