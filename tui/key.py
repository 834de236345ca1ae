"""A key, and what it does."""

from __future__ import annotations

from dataclasses import dataclass

from textual.keys import format_key


@dataclass(frozen=True, slots=True)
class Key:
    """A key and what it does.

    Attributes
    ----------
    id : str
        By which a config file and a message name it; of a view's key, after the view's name.
    keys : str
        As Textual writes them, separated by commas.
    action : str
        A method of the app without its prefix ``action_``; in a view's table, of the view.
    text : str
        What it does, for the palette and the list of all keys.
    brief : str
        The same in a column of the help, which neighbours of the same words share.
    label : str
        One word for the footer, which neighbours share as well; empty if it is not shown there.
    """

    id: str
    keys: str
    action: str
    text: str
    brief: str
    label: str = ""

    @property
    def shown(self) -> str:
        """The key as a person reads it; the first, if there are several."""
        return shown(self.keys.partition(",")[0])


def shown(key: str) -> str:
    """Return a key as a person reads it."""
    *modifiers, name = key.split("+")
    text = name if name == "enter" else format_key(name)
    return "⇧" + text if modifiers == ["shift"] else "+".join((*modifiers, text))
