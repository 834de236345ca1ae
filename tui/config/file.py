"""The config file. What is wrong in it is told and ignored; the rest counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import platformdirs

from engine.protocol.text import printable
from engine.runs.files import read_file, reason
from tui.config.statements import Assignment, Fault, parse

Value = TypeVar("Value")


class ConfigFile:
    """What a config file sets, each to be taken by what knows its meaning.

    Parameters
    ----------
    path : Path
    text : str
        What it holds; nothing, if there is no such file.
    """

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text = path, text
        self._faults: list[Fault] = []
        self._set: dict[str, Assignment] = {}
        for said in parse(text):
            if isinstance(said, Fault):
                self._faults.append(said)
            elif said.name in self._set:
                self.ignore(said, f"line {self._set[said.name].line} has set {said.name} already")
            else:
                self._set[said.name] = said

    @classmethod
    def find(cls) -> ConfigFile:
        """Read the person's own file, if there is one."""
        path = platformdirs.user_config_path("nntui") / "config.toml"
        try:
            return cls(path, read_file(path).decode("utf-8-sig", errors="replace"))
        except (FileNotFoundError, NotADirectoryError):
            return cls(path, "")
        except OSError as error:
            unread = cls(path, "")
            unread._faults.append(Fault(0, reason(error)))
            return unread

    @property
    def complaints(self) -> list[str]:
        """What is wrong, in the order of the lines."""
        places = ((f"line {line}" if line else "it", text) for line, text in sorted(self._faults))
        return [printable(f"{place} is ignored: {text}") for place, text in places]

    def ignore(self, said: Assignment, why: str) -> None:
        """Take down why a line is ignored."""
        self._faults.append(Fault(said.line, why))

    def take(self, name: str, read: Callable[[Any], Value], default: Value) -> Value:
        """Return what is set for a name, or a default if that is nothing, or wrong.

        It is wrong if ``read`` raises ValueError.
        """
        if name not in self._set:
            return default
        said = self._set.pop(name)
        try:
            return read(said.value)
        except ValueError as error:
            self.ignore(said, str(error))
            return default

    def take_table(self, table: str) -> dict[str, Assignment]:
        """Return what is set in a table, by its names without that of the table."""
        prefix = f"{table}."
        names = [name for name in self._set if name.startswith(prefix)]
        return {name.removeprefix(prefix): self._set.pop(name) for name in names}

    def ignore_rest(self, known: Iterable[str]) -> None:
        """Take down that there is nothing else to be set, but names like those that are known."""
        for said in self._set.values():
            self.ignore(said, f"there is no setting {said.name}{perhaps(said.name, known)}")
        self._set.clear()


def perhaps(name: str, known: Iterable[str]) -> str:
    """Name what may have been meant."""
    close = get_close_matches(name, list(known), 1)
    return f"; is {close[0]} meant?" if close else ""
