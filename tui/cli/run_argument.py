"""The argument RUN, which several commands have, and which a shell can complete."""

from __future__ import annotations

import click
from click import Context, Parameter
from click.shell_completion import CompletionItem


class RunArgument(click.ParamType[str]):
    """A run's name, the beginning of it, or a directory.

    Parameters
    ----------
    live : bool, optional
        Complete only the names of runs that are being trained, or only of others.
    """

    name = "run"

    def __init__(self, live: bool | None = None) -> None:
        self.live = live

    def shell_complete(
        self, ctx: Context, param: Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names of runs that begin so."""
        from engine.runs.lock import is_held
        from engine.runs.run import run_names, runs_directory

        try:
            names = [name for name in run_names() if name.startswith(incomplete)]
        except OSError:
            return []
        return [
            CompletionItem(name)
            for name in names
            if self.live is None or is_held(runs_directory() / name) == self.live
        ]
