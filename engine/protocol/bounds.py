"""Bounds of what clients send, so that decoding refuses what no session can do."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from engine.protocol.metrics import LONGEST_NAME

MOST_EPOCHS = 10**12

Index = Annotated[int, Meta(ge=0, le=10**15)]
Number = Annotated[int, Meta(ge=0, le=10**9)]
Rows = Annotated[int, Meta(ge=0, le=500)]
Cells = Annotated[int, Meta(ge=0, le=1000)]
Points = Annotated[int, Meta(ge=0, le=10_000)]
Epochs = Annotated[int, Meta(ge=-MOST_EPOCHS, le=MOST_EPOCHS)]
Span = Annotated[int, Meta(ge=0, le=4 * MOST_EPOCHS)]
Steps = Annotated[int, Meta(ge=-1000, le=1000)]
Finite = Annotated[float, Meta(ge=-1e308, le=1e308)]
Text = Annotated[str, Meta(max_length=500)]
Name = Annotated[str, Meta(max_length=LONGEST_NAME)]
