"""Finding a metric by its name, to be put on a chart."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from tui.screens.palette import Palette
from tui.views.curves.arrangement import Arrangement

Put = Callable[[str, str], None]


def metrics_palette(arrangement: Arrangement, put: Put) -> Palette:
    """Return a palette that offers each metric.

    Parameters
    ----------
    arrangement : Arrangement
    put : callable
        Takes the metric that was chosen, and the one on whose chart it is to be drawn, or "".
    """

    class Metrics(Provider):
        async def discover(self) -> Hits:
            for offer in arrangement.offers():
                yield DiscoveryHit(offer.text, partial(put, offer.name, offer.beside))

        async def search(self, query: str) -> Hits:
            matcher = self.matcher(query)
            for offer in arrangement.offers():
                score = matcher.match(offer.text)
                if score > 0:
                    text = matcher.highlight(offer.text)
                    yield Hit(score, text, partial(put, offer.name, offer.beside))

    return Palette([Metrics], placeholder="Search for a metric…")
