"""Which keys the footer shows: what can be done here and now, and the views as tabs."""

from __future__ import annotations

from collections.abc import Iterator

from tui.key import Key
from tui.keymap import Keymap
from tui.keys import ALL_KEYS, MODES, VIEWS
from tui.widgets.key_line import Entry, entries

# By the state of the run; "view" stands for the keys of the views that are shown. What comes first
# is shown in any room.
STEPPING = (*("pause", "start", "step", "step_back", "step_operation", "step_operation_back"),)
STEERING = (
    *("raise_rate", "lower_rate", "set_breakpoint", "edit", "go_to"),
    *("slower", "faster", "restart", "restart_new"),
)
ALL_VIEWS = (*STEPPING, *STEERING, "view")
ONE_VIEW = (*STEPPING, "view", *STEERING)
COMPLETED = ("restart", "restart_new", "train_further", "step_back", "view", "go_to", "edit")
ALWAYS = ("help", "quit")
GOING = ("running", "starting")  # what can be paused, and not started
TABS = ("show_both", "show_curves", "show_samples", "show_inside", "show_layers")


def footer(keymap: Keymap, mode: str, status: str) -> tuple[list[Entry], list[Entry]]:
    """Return what the footer shows as far as there is room, and what it always shows."""
    left_out = "start" if status in GOING else "pause"
    usual: tuple[str, ...] = ONE_VIEW if mode else ALL_VIEWS
    names = {"completed": COMPLETED, "lost": ()}.get(status, usual)
    first = [key for key in _keys(names, mode) if key.id != left_out]
    last = list(_keys(ALWAYS, mode))
    return entries(keymap.bound(first)), entries(keymap.bound(last))


def _keys(names: tuple[str, ...], mode: str) -> Iterator[Key]:
    by_id = {key.id: key for key in ALL_KEYS}
    for name in names:
        if name == "view":
            shown = (view for view in VIEWS if view.NAME in MODES[mode])
            yield from (key for view in shown for key in view.KEYS if key.label)
        else:
            yield by_id[name]


def tabs(keymap: Keymap, mode: str) -> list[Entry]:
    """Return a tab for each arrangement of the screen."""
    keys = keymap.bound(key for key in ALL_KEYS if key.id in TABS)
    return [Entry((key,), f"({mode!r})" in key.action) for key in keys]
