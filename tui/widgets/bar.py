"""A bar of a share of its width."""

from __future__ import annotations


def bar(share: float, width: int) -> tuple[str, str]:
    """Return the filled and the empty part of a bar, in halves of a cell."""
    halves = round(max(0.0, min(1.0, share)) * width * 2)
    full, half = divmod(halves, 2)
    filled = "━" * full + "╸" * half
    return filled, "─" * (width - len(filled))
