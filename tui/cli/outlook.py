"""A run in words: how it is, and what can be done with it."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from engine.protocol.text import printable

if TYPE_CHECKING:
    from engine.runs.summary import Summary

ENDED = {
    "completed": "opens it again",
    "stopped": "goes on",
    "failed": "goes on from before that",
    "lost": "goes on from what is recorded",
}


def outlook(run: Summary, between: str = ": ") -> str:
    """Return how a run is, and the commands that go on from there, with something between them."""
    name = quote(run.name)
    if run.status is None:
        return f"{printable(run.name)} cannot be read: {printable(run.problem)}"
    if run.live:
        ways = f"nntui attach {name} shows it · nntui stop {name} ends it"
    else:
        ways = f"nntui resume {name} {ENDED[run.status]}"
    return printable(f"{run.name} is {run.status}{_place(run)}{between}{ways}")


def _place(run: Summary) -> str:
    """Return how far it has come."""
    if run.epoch is None:
        return " before its first epoch"
    of = f" of {run.epochs:,}" if run.epochs else ""
    return f" at epoch {run.epoch:,}{of}"
