"""A key, and what it does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """A key and what it does.

    Attributes
    ----------
    keys : str
        As Textual writes them, separated by commas.
    action : str
        A method of the app without its prefix ``action_``; in a view's table, of the view.
    shown : str
        The key as a person reads it.
    label : str
        One word for the footer; empty if it is not shown there. Neighbours of the same label
        share it.
    text : str
        What it does, for help and palette.
    """

    keys: str
    action: str
    shown: str
    label: str
    text: str
