"""What a client is told of a trainer: as much as it asked for, and no array of it."""

from __future__ import annotations

import math

from engine.debugging.branches import Branch
from engine.debugging.timeline import Timeline
from engine.debugging.trainer import Trainer
from engine.protocol import events, frames
from engine.protocol.commands import Subscribe
from engine.training.history import History

# Branches whose curves are sent: the latest ones, of which a chart stays readable.
GHOSTS = 3


def welcome_of(trainer: Trainer, name: str, log: str) -> events.Welcome:
    """Return what is trained."""
    return events.Welcome(
        protocol=events.PROTOCOL,
        name=name,
        source=trainer.data.name,
        network=trainer.network.shape,
        parameters=trainer.network.parameters.size,
        seed=trainer.seed,
        samples=trainer.data.samples,
        class_names=class_names_of(trainer),
        batches=trainer.batches,
        note=trainer.data.note,
        log=log,
    )


def class_names_of(trainer: Trainer) -> list[str]:
    """Return a name for each output, also for those that no label of the data has."""
    names = list(trainer.data.class_names)
    return names + [str(k) for k in range(len(names), trainer.probabilities.shape[1])]


def curves_of(history: History, wanted: Subscribe) -> dict[str, frames.CurveData]:
    """Return the curves that a client shows, over as many epochs and in as many points."""
    if not wanted.points:
        return {}
    names = dict.fromkeys(wanted.curves)
    curves = {name: history.curve(name, wanted.points, wanted.span) for name in names}
    return {
        name: frames.CurveData(curve.span, gaps(curve.lower), gaps(curve.upper))
        for name, curve in curves.items()
    }


def others(timeline: Timeline) -> list[Branch]:
    """Return the other branches whose curves are sent, the latest ones last."""
    known = [b for b in timeline.branches if b is not timeline.branch and b.history.epochs]
    return known[-GHOSTS:]


def ghosts_of(timeline: Timeline, wanted: Subscribe) -> list[frames.Ghost]:
    """Return the curves of the other branches."""
    if not (wanted.points and wanted.curves):
        return []
    return [frames.Ghost(b.name, curves_of(b.history, wanted)) for b in others(timeline)]


def longest_known(trainer: Trainer) -> int:
    """Return the last epoch that is known on any branch that is sent."""
    histories = [trainer.history, *(b.history for b in others(trainer.timeline))]
    return max(0, *(history.epochs - 1 for history in histories))


def rate_changes(branch: Branch) -> list[tuple[int, float]]:
    """Return the epochs from which the learning rate was another, and what it was."""
    changes = [c for c in branch.changes if c.target == "learning_rate" and c.position.epoch > 0]
    return list({c.position.epoch: c.after for c in changes}.items())


def metrics_of(trainer: Trainer) -> events.MetricsChanged:
    """Return all metrics."""
    return events.MetricsChanged(list(trainer.metrics.schema))


def breakpoints_of(trainer: Trainer) -> events.BreakpointsChanged:
    """Return all breakpoints."""
    return events.BreakpointsChanged(
        [
            events.BreakpointState(b.number, b.text, sorted(b.condition.operations), b.on, b.held)
            for b in trainer.breakpoints.all
        ]
    )


def branches_of(trainer: Trainer) -> events.BranchesChanged:
    """Return all branches, with what each has measured last."""
    timeline = trainer.timeline
    return events.BranchesChanged([_branch(b) for b in timeline.branches], timeline.branch.name)


def _branch(branch: Branch) -> events.BranchState:
    measured = branch.measured
    return events.BranchState(
        branch.name,
        branch.parent.name if branch.parent else "",
        branch.left.epoch,
        branch.reason,
        measured.epoch if measured else None,
        measured.metrics if measured else {},
    )


def gaps(values: list[float]) -> list[float | None]:
    """Return numbers, with None where there is none."""
    return [x if math.isfinite(x) else None for x in values]
