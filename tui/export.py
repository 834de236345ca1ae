"""The record of the run on the screen is written for other programs, by a process of its own."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from engine.protocol.text import printable

FORMATS = ("html", "csv", "jsonl", "npz", "svg", "tensorboard", "weights")


def read_format(text: str) -> str:
    """Return a format that was typed; ValueError if it is none."""
    if text not in FORMATS:
        raise ValueError(f"a format is needed: {', '.join(FORMATS)}")
    return text


async def export(directory: Path, format: str) -> str:
    """Write a run's record into the current folder, and return what is to be said of that."""
    name = f"{directory.name}-{format}" if format in FORMATS[-2:] else f"{directory.name}.{format}"
    path = f"{name}.npz" if format == "weights" else name
    arguments = "-m", "tui", "export", str(directory), "-f", format, "-o", path
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    return printable(said.decode(errors="replace").strip().removeprefix("nntui: "))
