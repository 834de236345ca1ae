"""All metrics of all branches of a run, as its record holds them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.nn.arrays import Array
from engine.runs.blocks import read_metrics
from engine.runs.database import RecordError, reading
from engine.runs.description import SourceError
from engine.runs.files import reason, shown
from engine.runs.journal import BranchRecord, Journal, read_journal
from engine.runs.run import Run

EVENTS = "select time, branch, place, what, detail from events order by number"


@dataclass(frozen=True)
class BranchCurves:
    """The metrics of one branch, from the beginning of its run on.

    Attributes
    ----------
    name, title : str
        The branch, and how it is called on a chart: by its learning rate if that made it.
    epochs : array, shape (n,)
    values : array, shape (n, metrics)
        NaN where a metric was not measured yet, or was no number.
    """

    name: str
    title: str
    epochs: Array
    values: Array


@dataclass(frozen=True)
class Curves:
    """What a run has measured, and what was done to it.

    Attributes
    ----------
    run : str
    metrics : list of str
    branches : list of BranchCurves
    journal : Journal
    events : list of tuple
        Seconds since 1970, branch, position as JSON, what was done, and its details as JSON.
    """

    run: str
    metrics: list[str]
    branches: list[BranchCurves]
    journal: Journal
    events: list[tuple[float, str, str, str, str]]

    def rows(self) -> Iterator[tuple[str, int, list[float]]]:
        """Yield branch, epoch and values, one epoch after the other."""
        for branch in self.branches:
            for epoch, values in zip(branch.epochs.tolist(), branch.values.tolist(), strict=True):
                yield branch.name, epoch, values


def read_curves(run: Run, branches: Sequence[str] = ()) -> Curves:
    """Read the metrics of some branches of a run, or of all.

    Raises
    ------
    SourceError
        If they cannot be read, or there is no such branch.
    """
    assert run.directory
    try:
        with reading(run.directory) as database:
            journal = read_journal(database)
            names = [branch.name for branch in journal.branches]
            unknown = [name for name in branches if name not in names]
            if unknown:
                raise SourceError(
                    f"there is no branch {unknown[0]!r}; there are {', '.join(names)}"
                )
            found = []
            for record in journal.branches:
                if not branches or record.name in branches:
                    metrics = read_metrics(database, journal, record)
                    title = _title(record)
                    found.append(BranchCurves(record.name, title, metrics.epochs, metrics.values))
            events = database.execute(EVENTS).fetchall()
    except OSError as error:
        raise SourceError(f"the run cannot be read: {reason(error)}") from None
    except RecordError as error:
        raise SourceError(f"the run in {shown(run.directory)} cannot be read: {error}") from None
    return Curves(run.name, [m.name for m in journal.metrics], found, journal, events)


def _title(branch: BranchRecord) -> str:
    made = [c.change for c in branch.changes if branch.parent and c.position == branch.left]
    if made and all(change.target == "learning_rate" for change in made):
        return f"lr {made[-1].after:g}"
    return branch.name
