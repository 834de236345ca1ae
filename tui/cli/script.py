"""Any training script, run without a screen: its own output, and what the debugger finds."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tui.cli.messages import complain, say

if TYPE_CHECKING:
    from engine.scripts.states import Measured

STREAMS = {"stdout": 1, "stderr": 2}


def run_script(
    path: Path, arguments: Sequence[str], conditions: Sequence[str], loop: int | None, as_json: bool
) -> int:
    """Run a script to its end, or until a condition holds; return the exit status.

    Parameters
    ----------
    conditions : sequence of str
        Expressions over the script's own names, as ``loss < 0.5``.
    loop : int or None
        The line of its loop, where that cannot be told.
    as_json : bool
        Print an object for each iteration; what the script prints goes to standard error.
    """
    from engine.scripts.script import Script
    from engine.scripts.states import Ended, LoopUnknownError, ScriptError, Stopped

    def printed(stream: str, data: bytes) -> None:
        _write(2 if as_json else STREAMS[stream], data)

    def measured(found: Measured) -> None:
        if as_json:
            _write(1, _line(found).encode() + b"\n")

    try:
        with Script(path, arguments, loop=loop, measured=measured, printed=printed) as script:
            if conditions:
                script.stop_at(conditions)
            state = script.run()
            if isinstance(state, Stopped):
                place = f"iteration {state.position.iteration}, line {state.line.number}"
                say(f"{state.reason} · {place}")
                return 0
            return _status(state.status) if isinstance(state, Ended) else 0
    except LoopUnknownError as error:
        loops = "".join(f"\n  --loop {line}   {text.strip()}" for line, text, _ in error.loops)
        return complain(f"{error}{loops}", 2)
    except ScriptError as error:
        return complain(str(error), 1)


def _line(found: Measured) -> str:
    """Return an iteration as JSON, which has no NaN."""
    metrics = {name: v if math.isfinite(v) else None for name, v in found.metrics.items()}
    return json.dumps({"type": "epoch", "epoch": found.epoch, **metrics})


def _write(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _status(status: int) -> int:
    """Return the exit status that a shell would see."""
    sys.stdout.flush()
    return status if status >= 0 else 128 - status
