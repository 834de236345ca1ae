"""What clients are sent of a trainer when it changes."""

from __future__ import annotations

import re

from engine.debugging.branches import Branch
from engine.debugging.trainer import Trainer
from engine.protocol import events
from engine.protocol.metrics import in_words


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
        operations={o.name: o.phase for o in trainer.program},
    )


def class_names_of(trainer: Trainer) -> list[str]:
    """Return a name for each output, also for those that no label of the data has."""
    names = list(trainer.data.class_names)
    return names + [str(k) for k in range(len(names), trainer.probabilities.shape[1])]


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


def values_in(trainer: Trainer, condition: str) -> str:
    """Return the metrics that a condition names, with their values; nothing if it names none."""
    words = set(re.findall(r"[\w.]+", condition))
    named = [m for m in trainer.metrics.schema if words & {m.name, m.short}]
    if not trainer.measured or not named:
        return ""
    return f" · {in_words(named, trainer.measured.metrics)}"
