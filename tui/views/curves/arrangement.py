"""Which metrics are drawn on which chart: as they say themselves, or as a person wants it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from engine.protocol.metrics import BUILT_IN, Metric

MOST_ON_ONE = 3  # metrics on a chart, of which each has a colour


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that can be done with a metric.

    Attributes
    ----------
    text : str
    name : str
        Of the metric.
    beside : str
        The metric on whose chart it will be drawn; empty if it will have one of its own.
    """

    text: str
    name: str
    beside: str = ""


@dataclass
class Arrangement:
    """The metrics, and where a person has put them.

    Attributes
    ----------
    metrics : sequence of Metric
        As the run has declared them.
    """

    metrics: Sequence[Metric] = BUILT_IN
    _first: list[str] = field(default_factory=list)
    _beside: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, beside: str = "") -> None:
        """Show a metric on the chart of another, or first on a chart of its own."""
        for metric in self.placed:
            follows = beside and metric.beside == name
            self._beside[metric.name] = beside if follows else metric.beside
        self._beside[name] = beside
        if not beside:
            self._first = [name, *(other for other in self._first if other != name)]

    @property
    def placed(self) -> list[Metric]:
        """All metrics, each with the one that it is drawn beside, in the order of their charts."""
        beside = {m.name: self._beside.get(m.name, m.beside) for m in self.metrics}
        rank = {name: place for place, name in enumerate(self._first)}
        found = [replace(m, beside=_owner(m.name, beside)) for m in self.metrics]
        return sorted(found, key=lambda metric: rank.get(metric.name, len(rank)))

    def offers(self) -> Iterator[Offer]:
        """Yield what can be done: each metric on a chart of its own, or on another's."""
        placed = self.placed
        yield from (Offer(f"Show metric {metric.name}", metric.name) for metric in placed)
        size = Counter(metric.beside or metric.name for metric in placed)
        for metric in placed:
            for owner in placed:
                room = size[owner.name] + max(1, size[metric.name]) <= MOST_ON_ONE
                if room and not owner.beside and owner.name not in (metric.name, metric.beside):
                    text = f"Show metric {metric.name} on the chart of {owner.name}"
                    yield Offer(text, metric.name, owner.name)


def _owner(name: str, beside: Mapping[str, str]) -> str:
    """Return the metric whose chart a metric is on, through others that have been put there."""
    owner = ""
    while beside[owner or name] in beside:
        owner = beside[owner or name]
    return owner
