"""The curves of the metrics, of this branch and of others."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from engine.debugging.branches import Branch
from engine.debugging.timeline import Timeline
from engine.protocol.views.curves import CurveData, Curves, CurvesQuery, Ghost, Landmark
from engine.training.history import History

# Branches whose curves are sent: the latest ones, of which a chart stays readable.
GHOSTS = 3
RATE = "learning_rate"
MOST_LANDMARKS = 500


@dataclass(frozen=True, slots=True)
class Stop:
    """A breakpoint that held, or an alert."""

    branch: Branch
    epoch: int
    text: str


def answer(timeline: Timeline, query: CurvesQuery, stops: Iterable[Stop] = ()) -> Curves:
    """Return the curves that a client shows, over as many epochs and in as many points."""
    branch = timeline.branch
    asked = others(timeline) if query.metrics and query.points else []
    ghosts = [Ghost(_label(b, timeline), _curves(b.history, query)) for b in asked]
    own = _curves(branch.history, query)
    landmarks = _landmarks(timeline, stops)
    return Curves(query.first, query.span, own, ghosts, rate_changes(branch), landmarks)


def _landmarks(timeline: Timeline, stops: Iterable[Stop]) -> list[Landmark]:
    """Return what happened on the current branch, and where others have left it."""
    here = timeline.branch
    found = [Landmark(c.position.epoch, c.text) for c in here.changes]
    found += [Landmark(stop.epoch, stop.text) for stop in stops if stop.branch is here]
    if here.parent:
        found.append(Landmark(here.left.epoch, f"{here.name} leaves {here.parent.name}"))
    found += [
        Landmark(b.left.epoch, f"{b.name} begins") for b in timeline.branches if b.parent is here
    ]
    return sorted(found, key=lambda landmark: landmark.epoch)[-MOST_LANDMARKS:]


def _label(other: Branch, timeline: Timeline) -> str:
    """Return what tells another branch from the current one, in a few words."""
    here = timeline.branch
    rates = [_rate(branch, timeline) for branch in (here, other)]
    if rates[0] != rates[1]:
        return f"lr {rates[1]:g}"
    own = [c for c in other.changes if c not in here.changes and c.target != RATE]
    return f"{own[-1].target} = {own[-1].after:.12g}" if own else other.name


def _rate(branch: Branch, timeline: Timeline) -> float:
    """Return the learning rate that a branch has come to."""
    changes = [c for c in branch.changes if c.target == RATE]
    if changes:
        return changes[-1].after
    known = [c for b in timeline.branches for c in b.changes if c.target == RATE]
    return known[0].before if known else timeline.machine.learning_rate


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
    changes = [c for c in branch.changes if c.target == RATE and c.position.epoch > 0]
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
