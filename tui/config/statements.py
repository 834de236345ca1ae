"""TOML by statements, so that a wrong one does not spoil the others."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

UNFINISHED = "(at end of document)"  # in the error of what may go on in the next line
TELL_LINES = " (at "  # before the place in an error, which is that within the statement


class Assignment(NamedTuple):
    """A value for a name, which stands behind the names of its tables."""

    line: int
    name: str
    value: Any


class Fault(NamedTuple):
    """A statement that is no TOML."""

    line: int
    text: str


def parse(text: str) -> Iterator[Assignment | Fault]:
    """Return what a text says, statement by statement, with the lines where they begin.

    What is below a wrong head of a table is left out, as its names would mean something else.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    at = 0
    table: str | None = ""
    while at < len(lines):
        line, head = at + 1, lines[at].lstrip().startswith("[")
        try:
            said, at = _statement(lines, at)
            name = _table(said) if head else table
        except (ValueError, RecursionError) as error:
            at = max(at, line)
            table = None if head else table
            yield Fault(line, _told(error, head))
            continue
        if head:
            table = name
        elif name is not None:
            yield from (Assignment(line, *named) for named in _named(said, name))


def _statement(lines: Sequence[str], first: int) -> tuple[Mapping[str, Any], int]:
    """Return what the statement that begins in a line says, and the line after it.

    Raises
    ------
    ValueError or RecursionError
        If it is wrong.
    """
    fault: Exception = ValueError()
    for end in range(first + 1, len(lines) + 1):
        try:
            return tomllib.loads("\n".join(lines[first:end])), end
        except (ValueError, RecursionError) as error:
            if end == first + 1:
                fault = error
            if UNFINISHED not in str(error):
                break
    raise fault


def _told(error: Exception, head: bool) -> str:
    """Write in a few words what is wrong."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    text = str(error).partition(TELL_LINES)[0]
    below = ", so that the lines below it count for nothing" if head else ""
    return text[:1].lower() + text[1:] + below


def _table(said: Mapping[str, Any]) -> str:
    """Return the name of the table that a head opens."""
    names: list[str] = []
    while said:
        ((name, said),) = said.items()
        if not isinstance(said, dict):
            raise ValueError(f"[[{name}]] must be [{name}]")
        names.append(name)
    return ".".join(names)


def _named(said: Mapping[str, Any], table: str) -> Iterator[tuple[str, Any]]:
    for key, value in said.items():
        name = f"{table}.{key}" if table else key
        if isinstance(value, dict) and value:
            yield from _named(value, name)
        else:
            yield name, value
