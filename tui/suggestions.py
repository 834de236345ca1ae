"""The keys for what a message of the session suggests."""

from __future__ import annotations

import re

from engine.protocol.actions import ACTIONS
from tui.keys import KEYS

# By what the session calls them: the actions of the app.
BOUND = {
    "step_back": "step('epoch', True)",
    "lower_rate": "rate(-1)",
    "raise_rate": "rate(1)",
    "set_breakpoint": "breakpoints",
    "restart": "restart(False)",
}
SHOWN = {key.action: key.shown for key in KEYS}
_SUGGESTED = re.compile("{(" + "|".join(ACTIONS) + ")}")


def with_keys(message: str) -> str:
    """Put keys into a message in place of the actions that it suggests."""
    return _SUGGESTED.sub(lambda match: SHOWN[BOUND.get(match[1], match[1])], message)
