"""The keys as they are bound."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from textual.binding import Binding

from engine.protocol.actions import ACTIONS
from tui.key import Key
from tui.keys import ALL_KEYS

_SUGGESTED = re.compile("{(" + "|".join(ACTIONS) + ")}")


class Keymap:
    """What each key does, and which key does what.

    Parameters
    ----------
    changed : mapping of str to str
        From a key's id to what is bound in place of its own keys.
    """

    def __init__(self, changed: Mapping[str, str] = MappingProxyType({})) -> None:
        self._keys = {key.id: replace(key, keys=changed.get(key.id, key.keys)) for key in ALL_KEYS}

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys.values())

    def bound(self, table: Iterable[Key]) -> list[Key]:
        """Return a table of keys with what is bound."""
        return [self._keys[key.id] for key in table]

    def shown(self, identity: str) -> str:
        """Return the key of that id as a person reads it."""
        return self._keys[identity].shown

    def with_keys(self, message: str) -> str:
        """Put keys into a session's message in place of the actions that it suggests."""
        return _SUGGESTED.sub(lambda match: self.shown(match[1]), message)

    def bindings(self) -> list[Binding]:
        """Return Textual's bindings."""
        return [_binding(key) for key in self]


def action_of(key: Key) -> str:
    """Return the app's action for a key, which may be of a view."""
    view, of_view, _ = key.id.partition(".")
    if not of_view:
        return key.action
    name, _, arguments = key.action.rstrip(")").partition("(")
    return f"in_view({view!r}, {name!r}, ({arguments + ',' if arguments else ''}))"


def _binding(key: Key) -> Binding:
    return Binding(
        key.keys,
        action_of(key),
        key.text,
        show=False,
        key_display=key.shown,
        id=key.id,
        tooltip=key.text,
        priority=True,  # one key after the other: what is typed into a question waits for it
    )
