"""``nntui relay``: what `nntui attach HOST:RUN` runs on the other machine."""

from __future__ import annotations

import click

from tui.cli.messages import complain


@click.command("relay", hidden=True)
@click.argument("name", required=False, default="", metavar="[RUN]")
def command(name: str) -> int:
    """Copy between standard input and output and the session of a run."""
    from engine.runs import address
    from engine.runs.run import Run
    from engine.service.relay import relay
    from tui.cli.attach import latest

    try:
        run = Run.find(name) if name else latest()
        assert run.directory
        address.require_private(run.directory)
        session = address.connect(run.socket, 10.0)
    except (OSError, ValueError) as error:
        return complain(str(error), 2)
    with session:
        relay(session)
    return 0
