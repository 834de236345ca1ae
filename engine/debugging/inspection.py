"""Looks inside an operation: its formula and source, and its arrays before and after.

It costs nothing until somebody looks: nothing is copied, and no operation knows of it.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from engine.debugging.dataflow import Dataflow, dataflow, derivative_by, is_there, value_of
from engine.debugging.places import earlier
from engine.debugging.shapes import Shape, expected_shapes
from engine.debugging.sources import kernel_source, sources
from engine.debugging.statistics import histogram, part_of, scale_of, statistics
from engine.debugging.updates import Update
from engine.debugging.windows import Window, differs, shape_text
from engine.nn.arrays import Array
from engine.protocol.events import Position
from engine.protocol.views.inside import (
    ArrayLine,
    ArrayName,
    ArrayStatistics,
    InsideQuery,
    Inspection,
    Kind,
    ProgramEntry,
)
from engine.training.program import Place

if TYPE_CHECKING:
    from engine.debugging.trainer import Trainer

MOST_KEPT = 64 << 20  # bytes of all arrays kept as they were before


class Inspector:
    """Shows the operations of a trainer, and their arrays.

    Parameters
    ----------
    trainer : Trainer

    Attributes
    ----------
    watchers : int
        How many look. Without any, arrays are not kept as they were before a step.
    done : int or None
        The operation that the last step did, if it did one; else None.
    """

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        trainer.timeline.approach = self._approach
        self.watchers = 0
        self.done: int | None = None
        self._looked_at = 0
        self._kept_at: tuple[Position, int] | None = None  # and the epoch measured last
        self._before: dict[str, Array] = {}
        self._before_figures: dict[str, ArrayStatistics] = {}

    # -- what an operation is ------------------------------------------------------------------

    @cached_property
    def _expected(self) -> dict[str, Shape]:
        return expected_shapes(self.trainer)

    @cached_property
    def _flows(self) -> list[Dataflow]:
        return [dataflow(self.trainer, operation) for operation in self.trainer.program]

    @cached_property
    def program(self) -> list[ProgramEntry]:
        """All operations: what each reads and writes, its formula, and the kernel in its place."""
        return [
            ProgramEntry(
                operation.name,
                operation.phase,
                [ArrayName(name, self._shape(name, flow)) for name in flow.reads],
                [ArrayName(name, self._shape(name, flow)) for name in flow.writes],
                *sources(operation.methods),
                *kernel_source(operation.kernel),
            )
            for operation, flow in zip(self.trainer.program, self._flows, strict=True)
        ]

    def _shape(self, name: str, flow: Dataflow) -> str:
        place = flow.places[name]
        if name in self._expected:
            return shape_text(self._expected[name])
        return shape_text(value_of(place).shape) if is_there(place) else ""

    def names(self, operation: int) -> list[str]:
        """Return the names of an operation's arrays: what it reads, then what else it writes."""
        return list(self._flows[operation].places)

    # -- before --------------------------------------------------------------------------------

    def remember(self, done: int | None = None) -> None:
        """Keep the arrays as they are before a step.

        Parameters
        ----------
        done : int, optional
            The operation that the step does, if it is no more than that one.
        """
        self.forget()
        self.done = done
        if not self.watchers:
            return
        measured = self.trainer.measured
        self._kept_at = self.trainer.position, measured.epoch if measured else -1
        kept = 0
        first = self._looked_at if done is None else done
        for k in (first, *range(len(self.trainer.program))):
            for name, place in self._flows[k].places.items():
                value = value_of(place)
                if name not in self._before and kept + value.nbytes <= MOST_KEPT:
                    self._before[name] = value.copy()
                    kept += value.nbytes

    def forget(self) -> None:
        """Let go of the arrays as they were before the last step."""
        self.done = self._kept_at = None
        self._before, self._before_figures = {}, {}

    def _approach(self, end: Position) -> None:
        """Keep what was before the last operation of a journey; nothing is before the beginning."""
        if self.trainer.position < end:
            self.remember()
        else:
            self.forget()

    @property
    def _since(self) -> str:
        """When the arrays were as they were kept."""
        if self._kept_at is None:
            return ""
        (place, epoch), here = self._kept_at, self.trainer.position
        if place == here:
            return "by the edit"
        if place == earlier(self.trainer, here, "operation"):
            return f"in {self.trainer.program[place.operation]}"
        return f"since epoch {epoch:,}" if epoch >= 0 else "since the beginning"

    def _then(self, name: str, now: Array) -> Array | None:
        before = self._before.get(name)
        return before if before is not None and before.shape == now.shape else None

    def _figures_then(self, name: str, then: Array | None) -> ArrayStatistics | None:
        if then is not None and name not in self._before_figures:
            self._before_figures[name] = statistics(part_of(then, exact=True))
        return self._before_figures.get(name) if then is not None else None

    # -- looking -------------------------------------------------------------------------------

    @np.errstate(all="ignore")  # of what is not finite, the figures are not finite either
    def look(self, wanted: InsideQuery, exact: bool = True) -> Inspection:
        """Take what a screen shows of an operation.

        Parameters
        ----------
        wanted : InsideQuery
        exact : bool
            Whether figures are of all values, unless an array is very large, or of a sample.
        """
        k = self._looked_at = self._operation(wanted.operation)
        places = self._flows[k].places
        names = list(places)
        lines = [self._line(name, places[name], exact) for name in places]
        written = [*self._flows[k].writes, *names]
        chosen = names.index(wanted.array if wanted.array in names else written[0])
        name, figures = names[chosen], lines[chosen].now
        value = value_of(places[name])
        then = self._then(name, value)
        before = self._figures_then(name, then)
        part = part_of(value, exact)
        known = [figures, before] if before else [figures]
        scale = max(map(scale_of, known))
        low = -scale if any(f.minimum < 0 for f in known) else 0.0
        window = self._window(name, places[name], exact)
        is_parameter = window.update is not None
        return Inspection(
            operation=k,
            array=chosen,
            arrays=lines,
            before=before,
            sampled=part.size < value.size,
            rows=window.matrix.shape[0],
            columns=window.matrix.shape[1],
            scale=scale,
            low=low,
            histogram=histogram(part, wanted.bins, low, scale),
            histogram_before=[]
            if then is None
            else histogram(part_of(then, exact), wanted.bins, low, scale),
            kind=wanted.kind,
            missing=self._missing(wanted.kind, window),
            since=self._since,
            heat=window.heat(wanted),
            table=window.table(wanted, wanted.kind),
            gradients=window.table(wanted, "gradient")
            if is_parameter and wanted.kind == "values"
            else None,
            cell=window.cell(wanted),
            gradient=window.gradient_name,
            gradient_scale=window.scale("gradient"),
            update_ratio=window.update_ratio,
        )

    def _window(self, name: str, place: Place, exact: bool) -> Window:
        value = value_of(place)
        slope = derivative_by(self.trainer, place)
        gradient = None if slope is None or not is_there(slope) else value_of(slope)
        return Window(
            name,
            value,
            self._then(name, value),
            gradient if gradient is not None and gradient.shape == value.shape else None,
            Update.find(self.trainer, place),
            exact,
        )

    def _missing(self, kind: Kind, window: Window) -> str:
        """Say why there is nothing of a kind; nothing where there is."""
        if kind == "gradient" and window.gradient is None:
            return f"no gradient of {window.name} is known here"
        if kind == "change" and window.then is None:
            large = window.value.nbytes > MOST_KEPT
            reason = "it is too large to be kept" if large else "take a step first"
            return f"what {window.name} was before is not known: {reason}"
        return ""

    def _operation(self, wanted: int | None) -> int:
        """Return the operation to look at: the one just done, or else the next, if none is said."""
        if wanted is None:
            wanted = self.trainer.operation if self.done is None else self.done
        return max(0, min(wanted, len(self.trainer.program) - 1))

    def _line(self, name: str, place: Place, exact: bool) -> ArrayLine:
        value = value_of(place)
        shape = value.shape if is_there(place) else self._expected.get(name, value.shape)
        part, then = part_of(value, exact), self._then(name, value)
        changed = then is not None and bool(differs(part_of(then, exact), part).any())
        return ArrayLine(name, shape_text(shape), str(value.dtype), statistics(part), changed)
