"""The charts of a run's metrics: as many as there is room for."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import Container

from engine.protocol.metrics import BUILT_IN, Metric
from tui.widgets.chart import Chart

FIRST = 2  # charts that are shown in any room
LEAST_HEIGHT = 8  # lines of each where there are more: six, and the border


class Charts(Container):
    """A chart for each metric, in rows of equal height."""

    def compose(self) -> ComposeResult:
        """Lay out those of the metrics that every run has."""
        yield from map(Chart, BUILT_IN)

    @property
    def shown(self) -> list[Chart]:
        """The charts that are on the screen."""
        return [chart for chart in self.query(Chart) if chart.region]

    def show_metrics(self, metrics: Iterable[Metric]) -> None:
        """Have a chart for each of these as well; of those laid out, only for these."""
        metrics = list(metrics)
        known = {chart.metric: chart for chart in self.query(Chart)}
        for metric in BUILT_IN:
            if metric in known and metric not in metrics:
                known[metric].remove()
        self.mount(*(Chart(metric) for metric in metrics if metric not in known))
        self._fit()

    def on_resize(self) -> None:
        """Show more charts, or fewer."""
        self._fit()

    def _fit(self) -> None:
        room = self.styles.grid_size_columns * (self.size.height // LEAST_HEIGHT)
        for number, chart in enumerate(self.query(Chart), 1):
            chart.display = number <= max(FIRST, room)
