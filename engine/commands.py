"""What a run is told: small typed records, from a client to the session."""

from __future__ import annotations

import msgspec


class Command(msgspec.Struct, frozen=True, tag=True):
    """The base of all commands."""
