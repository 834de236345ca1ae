"""Things measured in turns, so that a busy machine is unfair to none."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

HEAD = """\
| what | beside | theirs | nntui | ratio or figure (least–greatest) | budget |
|---|---|---|---|---|---|"""


@dataclass
class Row:
    """One line of the table.

    Attributes
    ----------
    what, beside : str
        What is measured, and what it is compared with.
    theirs, own : str
        Medians, with their units.
    figure, least, greatest : float
        Median and spread of what the budget is about: own / theirs, turn by turn, or own alone.
    budget : float
        What the figure may be at most.
    """

    what: str
    beside: str
    theirs: str
    own: str
    figure: float
    least: float
    greatest: float
    budget: float

    def __str__(self) -> str:
        spread = " (".join(map(_brief, (self.figure, self.least)))
        spread += f"–{_brief(self.greatest)})"
        verdict = "≤" if self.figure <= self.budget else "**over**"
        cells = self.what, self.beside, self.theirs, self.own, spread, f"{verdict} {self.budget:g}"
        return f"| {' | '.join(cells)} |"

    as_dict = asdict


def _brief(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"


@dataclass
class Unit:
    """What seconds, or bytes, are multiplied by, and how that is called."""

    name: str
    factor: float = 1

    def write(self, value: float) -> str:
        """Write a value with the unit."""
        return f"{_brief(value * self.factor)} {self.name}"


MICROSECONDS, MILLISECONDS = Unit("µs", 1e6), Unit("ms", 1e3)
Measured = Callable[[], float]
REST = 0.25  # seconds


def beside(
    what: str,
    own: Measured,
    peers: dict[str, tuple[Measured, float]],
    turns: int,
    unit: Unit = MICROSECONDS,
    rest: float = REST,
) -> list[Row]:
    """Measure all, one after the other, so many times.

    Parameters
    ----------
    own : callable
        Returns seconds.
    peers : dict of name to (callable, budget)
        What is compared with, and how much of it nntui may take.
    rest : float
        Seconds before each, in which the threads of the one before stop spinning.
    """
    ours: list[float] = []
    theirs: dict[str, list[float]] = {name: [] for name in peers}
    for _ in range(turns):
        for name, (measured, _budget) in peers.items():
            time.sleep(rest)
            theirs[name].append(measured())
        time.sleep(rest)
        ours.append(own())
    return [
        _ratio(what, name, theirs[name], ours, unit, budget)
        for name, (_measured, budget) in peers.items()
    ]


def each_beside(
    owns: dict[str, tuple[Measured, float]], peer: str, theirs: Measured, turns: int, unit: Unit
) -> list[Row]:
    """Measure several things and the one that all are compared with, as `beside` does.

    Parameters
    ----------
    owns : dict of str to (callable, budget)
        What is measured, and how much of the other it may take.
    peer, theirs : str, callable
        What all are compared with.
    """
    bases: list[float] = []
    ours: dict[str, list[float]] = {what: [] for what in owns}
    for _ in range(turns):
        bases.append(theirs())
        for what, (own, _budget) in owns.items():
            ours[what].append(own())
    return [
        _ratio(what, peer, bases, ours[what], unit, budget) for what, (_own, budget) in owns.items()
    ]


def _ratio(
    what: str, peer: str, theirs: list[float], ours: list[float], unit: Unit, budget: float
) -> Row:
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    medians = (unit.write(statistics.median(side)) for side in (theirs, ours))
    return Row(what, peer, *medians, *_spread(ratios), budget)


def alone(what: str, values: Sequence[float], unit: Unit, budget: float) -> Row:
    """Take figures that are compared with a budget only."""
    scaled = [value * unit.factor for value in values]
    return Row(what, "–", "–", unit.write(statistics.median(values)), *_spread(scaled), budget)


def _spread(values: Sequence[float]) -> tuple[float, float, float]:
    return statistics.median(values), min(values), max(values)
