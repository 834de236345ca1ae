"""What a message may suggest to do.

An action stands in braces, as in ``{undo} takes it back``. The screen puts the key there that is
bound to it; the engine knows no keys.
"""

from __future__ import annotations

ACTIONS = (
    "pause",
    "undo",
    "step_back",
    "go_to",
    "lower_rate",
    "raise_rate",
    "set_breakpoint",
    "train_further",
    "restart",
)
