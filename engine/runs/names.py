"""The names of runs: what they may be, and how one is made."""

from __future__ import annotations

import os

LONGEST_NAME = 100  # characters,
MOST_BYTES = 240  # which a file's name must have room for
LONGEST_MADE = 40  # characters of a name that is made from a source's


class RunNameError(ValueError):
    """A name that no run can have; its text says why, in one line."""


def check_name(name: str) -> str:
    """Return a run's name as it is; RunNameError if no run can have it."""
    if not name.strip():
        raise RunNameError("a run's name must not be empty")
    if not name.isprintable():
        raise RunNameError(f"a run's name must be printable, which {name[:LONGEST_NAME]!r} is not")
    if len(name) > LONGEST_NAME or len(name.encode()) > MOST_BYTES:
        raise RunNameError(
            f"a run's name has at most {LONGEST_NAME} characters and {MOST_BYTES} bytes,"
            f" but {name[:20]!r}... has {len(name)} and {len(name.encode())}"
        )
    if "/" in name or "\\" in name or ".." in name:
        raise RunNameError(f"a run's name must not contain /, \\ or .., as {name!r} does")
    if name[0] in "-. " or name[-1] == " ":
        raise RunNameError(
            f"a run's name must not start with - or . nor have spaces around it, as {name!r} does"
        )
    return name


def name_from(source: str) -> str:
    """Make a name from that of a source, whatever characters that has."""
    stem = os.path.splitext(os.path.basename(source))[0]
    plain = "".join(c if c.isalnum() or c in "-_. " else "_" for c in stem)
    while ".." in plain:
        plain = plain.replace("..", ".")
    return plain.lstrip("-. ")[:LONGEST_MADE].strip() or "run"


def numbered(name: str, number: int) -> str:
    """Return the name for the first run that wants it, or a variant for a later one."""
    if number == 1:
        return name
    suffix = f"-{number}"
    while len(name + suffix) > LONGEST_NAME or len((name + suffix).encode()) > MOST_BYTES:
        name = name[:-1]
    return name.rstrip() + suffix
