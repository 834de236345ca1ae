"""A person's own file: run as Python runs it, with errors that show their lines only."""

from __future__ import annotations

import io
import os
import random
import runpy
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from engine.runs.description import SourceError


def run_file(path: Path, arguments: Iterable[str], seed: int) -> dict[str, Any]:
    """Run a file as ``python FILE.py ARGUMENTS`` does, and return its global names.

    Both global random generators are seeded before. Standard input is empty, with a screen or
    without: the terminal belongs to nntui.

    Raises
    ------
    SourceError
        If the file raises, with those lines of the traceback that are the person's own.
    """
    folder = str(path.resolve().parent)
    if sys.path[0] != folder:
        sys.path.insert(0, folder)
    sys.argv = [str(path), *arguments]
    _empty_standard_input()
    random.seed(seed)
    np.random.seed(seed)
    try:
        return runpy.run_path(str(path), run_name="__main__")
    except (Exception, SystemExit) as error:
        raise SourceError(f"{path} raised:\n{own_lines(error, folder)}{_hint(error)}") from None


def _empty_standard_input() -> None:
    """Leave nothing to be read, neither by the file nor by programs that it starts."""
    sys.stdin = io.TextIOWrapper(io.BytesIO())
    empty = os.open(os.devnull, os.O_RDONLY)
    if empty:
        os.dup2(empty, 0)
        os.close(empty)


def _hint(error: BaseException) -> str:
    if isinstance(error, EOFError):
        return "\n(standard input is closed: pass values as arguments, after --)"
    return ""


def own_lines(error: BaseException, folder: str) -> str:
    """Format an error with the lines of a person's own files only, which are in a folder."""
    report = traceback.TracebackException.from_exception(error)
    own = [frame for frame in report.stack if _is_own(Path(frame.filename), folder)]
    report.stack = traceback.StackSummary.from_list(own)
    report.__context__ = report.__cause__ = None
    return "".join(report.format() if own else report.format_exception_only()).rstrip()


def in_short(error: BaseException, folder: str) -> str:
    """Say on one line what was raised, and at which of a person's own lines."""
    stack = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in stack if _is_own(Path(frame.filename), folder)]
    place = (
        f" ({Path(own[-1].filename).name}, line {own[-1].lineno}: {own[-1].line})" if own else ""
    )
    said = " ".join(str(error).split())
    return f"{type(error).__name__}{': ' * bool(said)}{said}{place}"


def _is_own(file: Path, folder: str) -> bool:
    """Whether a file is a person's own, and no library that lies in a folder below theirs."""
    place = file.resolve()
    libraries = (Path(sys.prefix), Path(__file__).parents[1])
    return (
        file.is_file()
        and place.is_relative_to(folder)
        and not any(place.is_relative_to(library) for library in libraries)
    )
