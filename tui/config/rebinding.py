"""Keys that a config file binds anew, as far as none of them means two things."""

from __future__ import annotations

from string import punctuation
from typing import Any

from textual.app import App
from textual.keys import Keys, _character_to_key

from tui.config.file import ConfigFile, perhaps
from tui.key import Key, shown
from tui.keymap import Keymap
from tui.keys import ALL_KEYS, MODES

MODIFIERS = ("ctrl", "alt", "shift")
NAMED = {key.value for key in Keys} | {_character_to_key(mark) for mark in punctuation}
AS_SHOWN = {shown(name): name for name in ("escape", "pageup", "pagedown", "delete", "backspace")}
AS_SHOWN |= {shown(name): name for name in ("up", "down", "left", "right")}
EXCLUSIVE = {"pause", "start"}  # of which only one can be done at a time
RESERVED = {App.COMMAND_PALETTE_BINDING, "ctrl+q", "ctrl+c"}


def keymap_of(file: ConfigFile) -> Keymap:
    """Return the keys as a config file binds them."""
    usual = {key.id: key.keys for key in ALL_KEYS}
    changed = {}
    said = file.take_table("keys")
    for name, assignment in said.items():
        try:
            if name not in usual:
                raise ValueError(f"there is no key {name}{perhaps(name, usual)}")
            keys = read_keys(assignment.value)
            if keys != usual[name]:
                changed[name] = keys
        except ValueError as error:
            file.ignore(assignment, str(error))
    while clash := _first_clash(Keymap(changed), changed):
        name, why = clash
        del changed[name]
        file.ignore(said[name], why)
    return Keymap(changed)


def read_keys(value: Any) -> str:
    """Return Textual's names of a key, or of several in a list, separated by commas."""
    written = value if isinstance(value, list) else [value]
    if not written or not all(isinstance(key, str) for key in written):
        raise ValueError('a key is needed, as "x", "ctrl+x" or "f5", or a list of keys')
    return ",".join(dict.fromkeys(map(_name, written)))


def _name(written: str) -> str:
    """Return Textual's name of a key."""
    *modifiers, key = written.split("+") if len(written) > 1 else [written]
    key = AS_SHOWN.get(key, key)
    if modifiers == ["shift"] and len(key) == 1 and key.isalpha():
        modifiers, key = [], key.upper()
    name = _character_to_key(key) if len(key) == 1 else key
    known = name in NAMED or (len(key) == 1 and key.isprintable())
    if not known or not set(modifiers) <= set(MODIFIERS):
        raise ValueError(f"{written!r} is not the name of a key")
    return "+".join((*modifiers, name))


def _first_clash(keymap: Keymap, changed: dict[str, str]) -> tuple[str, str] | None:
    """Return the last id that has been changed to what means something else, and why it may not."""
    for name in reversed(changed):
        (key,) = (key for key in keymap if key.id == name)
        keys = set(key.keys.split(","))
        for reserved in keys & RESERVED:
            return name, f"{reserved} always has its own meaning"
        for other in keymap:
            both = keys & set(other.keys.split(","))
            if both and other.id != name and _shown_together(key, other):
                return name, f"{shown(both.pop())} is bound to {other.id} already"
    return None


def _shown_together(a: Key, b: Key) -> bool:
    """Whether there is a time when both can be pressed."""
    if {a.id, b.id} == EXCLUSIVE:
        return False
    views = {view for key in (a, b) if (view := key.id.rpartition(".")[0])}
    return any(views <= set(shown_views) for shown_views in MODES.values())
