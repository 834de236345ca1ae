"""Metrics over the epochs."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from engine.protocol.bounds import Name, Points, Span
from engine.protocol.metrics import MOST_METRICS


class CurvesQuery(msgspec.Struct, frozen=True, tag="curves"):
    """What a client shows of the metrics.

    Attributes
    ----------
    metrics : list of str
        Those whose curves are shown.
    points : int
        Of each curve.
    span : int
        Epochs that those points are wide.
    first : int
        The first of these epochs.
    """

    metrics: Annotated[list[Name], Meta(max_length=MOST_METRICS)]
    points: Points
    span: Span
    first: Span = 0


class CurveData(msgspec.Struct, frozen=True):
    """A metric's minimum, mean and maximum at each of its points; None where there is no number.

    Attributes
    ----------
    first : int
        The epoch at which the first point begins.
    span : float
        Epochs between two points.
    """

    first: int
    span: float
    lower: list[float | None]
    mean: list[float | None]
    upper: list[float | None]


class Ghost(msgspec.Struct, frozen=True):
    """The curves of another branch, which is named by what differs from this one."""

    name: str
    curves: dict[str, CurveData]


class Landmark(msgspec.Struct, frozen=True):
    """Something that happened in an epoch of this branch: a change, a breakpoint hit, a branch."""

    epoch: int
    text: str


class Curves(msgspec.Struct, frozen=True, tag="curves"):
    """The curves that a client asked for.

    Attributes
    ----------
    first, span : int
        The epochs that they were asked for.
    curves : dict of str to CurveData
        Of this branch, by metric.
    ghosts : list of Ghost
        Of others.
    rate_changes : list of (int, float)
        The learning rate from that epoch on.
    landmarks : list of Landmark
        In the order of their epochs.
    """

    first: int
    span: int
    curves: dict[str, CurveData]
    ghosts: list[Ghost]
    rate_changes: list[tuple[int, float]]
    landmarks: list[Landmark] = msgspec.field(default_factory=list)
