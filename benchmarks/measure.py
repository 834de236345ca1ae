"""Two things measured in turns, so that a busy machine is unfair to neither."""

import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass


@dataclass
class Row:
    """One line of the table.

    Attributes
    ----------
    what, beside : str
        What is measured, and what it is compared with.
    unit : str
    peer, own : float
        Medians.
    ratio, low, high : float
        Median, least and greatest of own / peer, turn by turn.
    budget : float
        What the ratio may be.
    """

    what: str
    beside: str
    unit: str
    peer: float
    own: float
    ratio: float
    low: float
    high: float
    budget: float

    HEAD = (
        "| what | beside | theirs | nntui | ratio (least–greatest) | budget |\n"
        "|---|---|---|---|---|---|"
    )

    def __str__(self) -> str:
        spread = f"{self.ratio:.2f} ({self.low:.2f}–{self.high:.2f})"
        figures = f"{self.peer:,.1f} {self.unit} | {self.own:,.1f} {self.unit}"
        return f"| {self.what} | {self.beside} | {figures} | {spread} | ≤ {self.budget} |"

    as_dict = asdict


def in_turns(
    what: str,
    beside: str,
    peer: Callable[[], float],
    own: Callable[[], float],
    turns: int,
    budget: float,
    unit: tuple[str, float] = ("µs", 1e6),
) -> Row:
    """Measure both, one after the other, so many times; each returns seconds."""
    pairs = [(peer(), own()) for _ in range(turns)]
    ratios = [b / a for a, b in pairs]
    theirs, ours = (statistics.median(side) * unit[1] for side in zip(*pairs, strict=True))
    return Row(
        *(what, beside, unit[0], theirs, ours),
        *(statistics.median(ratios), min(ratios), max(ratios), budget),
    )
