"""The curves of the metrics, of this branch and of others."""

from __future__ import annotations

import math

from engine.debugging.branches import Branch
from engine.debugging.timeline import Timeline
from engine.protocol.views.curves import CurveData, Curves, CurvesQuery, Ghost
from engine.training.history import History

# Branches whose curves are sent: the latest ones, of which a chart stays readable.
GHOSTS = 3


def answer(timeline: Timeline, query: CurvesQuery) -> Curves:
    """Return the curves that a client shows, over as many epochs and in as many points."""
    branch = timeline.branch
    asked = others(timeline) if query.metrics and query.points else []
    ghosts = [Ghost(b.name, _curves(b.history, query)) for b in asked]
    own = _curves(branch.history, query)
    return Curves(query.first, query.span, own, ghosts, rate_changes(branch))


def others(timeline: Timeline) -> list[Branch]:
    """Return the other branches whose curves are sent, the latest ones last."""
    known = [b for b in timeline.branches if b is not timeline.branch and b.history.epochs]
    return known[-GHOSTS:]


def longest_known(timeline: Timeline) -> int:
    """Return the last epoch that is known on any branch that is sent."""
    branches = [timeline.branch, *others(timeline)]
    return max(0, *(branch.history.epochs - 1 for branch in branches))


def rate_changes(branch: Branch) -> list[tuple[int, float]]:
    """Return the epochs from which the learning rate was another, and what it was."""
    changes = [c for c in branch.changes if c.target == "learning_rate" and c.position.epoch > 0]
    return list({c.position.epoch: c.after for c in changes}.items())


def gaps(values: list[float]) -> list[float | None]:
    """Return numbers, with None where there is none."""
    return [x if math.isfinite(x) else None for x in values]


def _curves(history: History, query: CurvesQuery) -> dict[str, CurveData]:
    if not query.points:
        return {}
    curves = {
        name: history.curve(name, query.points, query.first + query.span, query.first)
        for name in dict.fromkeys(query.metrics)
    }
    return {
        name: CurveData(c.first, c.span, gaps(c.lower), gaps(c.mean), gaps(c.upper))
        for name, c in curves.items()
    }
