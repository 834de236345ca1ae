"""Reads pages of `docs`, and does what their examples say.

A fenced block whose first line names a file, as ```` ```csv wine.csv ````, is that file. A block
``console`` holds commands after ``$``, each with what it prints; ``...`` stands for anything.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

DOCS = Path(__file__).parents[2] / "docs"
TIME = 60  # seconds of a command


class Block(NamedTuple):
    """A fenced block: its language, the file that it is, and what it holds."""

    language: str
    file: str
    text: str


class Command(NamedTuple):
    """A command, and what a page says that it prints."""

    command: str
    printed: str


def read(name):
    return (DOCS / name).read_text(encoding="utf-8")


def blocks(page):
    found = re.findall(r"^```(\w*) ?(.*)\n((?:.*\n)*?)```$", page, re.MULTILINE)
    return [Block(*parts) for parts in found]


def commands(text):
    """Return the commands of a console's block, each with what it prints."""
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    return [Command(*part.split("\n", 1)) for part in parts]


def table(page, *, heading):
    """Return the rows of the first table below a heading, without its head."""
    part = page.split(f"{heading}\n", 1)[1]
    lines = re.search(r"^\|.*\n(?:\|.*\n)+", part, re.MULTILINE)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def codes(cell):
    """Return what stands in a cell between backquotes."""
    return re.findall(r"`([^`]+)`", cell)


def play(page, folder):
    """Write the files of a page into a folder, and run its commands there; return how many."""
    ran = 0
    environment = _environment(folder)
    for block in blocks(page):
        if block.file:
            (folder / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            for command, expected in commands(block.text):
                done = subprocess.run(
                    ["bash", "-c", command],
                    cwd=folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    timeout=TIME,
                )
                assert _fits(done.stdout, expected), f"{command}\nprinted:\n{done.stdout}"
                ran += 1
    return ran


def _environment(folder):
    """Return variables by which a shell finds `nntui` and `python`, and keeps runs in a folder."""
    programs = folder / "bin"
    programs.mkdir()
    for name, call in (("nntui", "-m tui"), ("python", "")):
        (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} {call} "$@"\n')
        (programs / name).chmod(0o755)
    kept = {"XDG_STATE_HOME": folder / "state", "XDG_CONFIG_HOME": folder / "config"}
    paths = {name: str(path) for name, path in {"HOME": folder, **kept}.items()}
    return {**os.environ, **paths, "PATH": f"{programs}:{os.environ['PATH']}"}


def _fits(printed, expected):
    pattern = ".*?".join(re.escape(part.strip(" ")) for part in expected.strip().split("..."))
    lines = "\n".join(line.rstrip() for line in printed.strip().splitlines())
    return re.fullmatch(pattern, lines, re.DOTALL) is not None
