"""The charts of a run's metrics: as many as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, get_args

from textual.app import ComposeResult
from textual.containers import Container
from textual.events import Click, MouseEvent, MouseScrollDown, MouseScrollUp

from engine.protocol.commands import GoTo
from engine.protocol.metrics import ACCURACY, BUILT_IN, LOSS, Metric
from engine.protocol.views.curves import Curves, CurvesQuery, Landmark
from tui.key import Key
from tui.views.curves import axis
from tui.views.curves.arrangement import Arrangement
from tui.views.curves.chart import MARGIN, Chart, Drawing, Style
from tui.views.curves.palette import metrics_palette
from tui.views.curves.series import Series
from tui.views.view import RunState, View

if TYPE_CHECKING:
    from engine.protocol.frames import Frame

FIRST = 2  # charts that are shown in any room
LEAST_HEIGHT = 8  # lines of each where there are more: six, and the border
LEAST_SPAN = 10  # epochs that are shown at least
BESIDE = ("second", "third")  # inks of what is drawn beside a metric
GHOSTS = ("ghost1", "ghost2", "ghost3")
STYLES: tuple[Style, ...] = get_args(Style)


class CurvesView(Container, View):
    """A chart for each metric, in rows of equal height.

    Parameters
    ----------
    style : {"both", "line", "band"}
        What a chart shows to begin with.
    """

    NAME = "curves"
    KEYS: ClassVar = (
        Key(
            "curves.epoch_back", "less_than_sign", "scrub(-1)", "Charts: go back in time", "in time"
        ),
        Key("curves.epoch_on", "greater_than_sign", "scrub(1)", "Charts: go on in time", "in time"),
        Key("curves.cursor_left", "comma", "move(-1)", "Charts: read out to the left", "read out"),
        Key(
            "curves.cursor_right",
            "full_stop",
            "move(1)",
            "Charts: read out to the right",
            "read out",
        ),
        Key(
            "curves.previous_event",
            "left_curly_bracket",
            "hop(-1)",
            "Charts: read out the event before",
            "next event",
        ),
        Key(
            "curves.next_event",
            "right_curly_bracket",
            "hop(1)",
            "Charts: read out the next event",
            "next event",
        ),
        Key("curves.go", "enter", "go", "Charts: go to the epoch read out", "go there"),
        Key("curves.hide_cursor", "backspace", "leave", "Charts: read out no more", "no cursor"),
        Key("curves.zoom_in", "x", "zoom(1)", "Charts: zoom in", "zoom in, out", "zoom"),
        Key("curves.zoom_out", "X", "zoom(-1)", "Charts: zoom out", "zoom in, out", "zoom"),
        Key("curves.whole_run", "0", "whole", "Charts: the whole run", "the whole run"),
        Key("curves.style", "a", "style", "Charts: mean and band, mean, band", "mean, band, both"),
        Key(
            "curves.show_metric",
            "v",
            "find_metric",
            "Charts: show metric ..., or two on one",
            "show metric ...",
            "metric",
        ),
        Key(
            "curves.log_axis",
            "y",
            "log_axis",
            "Charts: logarithmic loss axis",
            "log. loss axis",
            "log",
        ),
    )

    def __init__(self, style: Style = "both") -> None:
        super().__init__()
        self._style = style
        self._epoch = self._reached = 0
        self._zoomed: tuple[int, int] | None = None
        self._window = 0, 1
        self._cursor: int | None = None
        self._curves: Curves | None = None
        self._arrangement = Arrangement()
        self._charts = len(BUILT_IN)

    def compose(self) -> ComposeResult:
        """Lay out those of the metrics that every run has."""
        for place, metric in enumerate(BUILT_IN):
            yield Chart(metric, place, self._style)

    @property
    def shown(self) -> list[Chart]:
        """The charts that are on the screen."""
        return [chart for chart in self.query(Chart) if chart.region]

    # -- asking and showing ----------------------------------------------------------------------

    def wanted(self, state: RunState) -> CurvesQuery | None:
        """Return which curves there is room for, in how many points."""
        charts, frame = self.shown, state.frame
        if not charts:
            return None
        names = [m.name for chart in charts for m in (chart.metric, *chart.beside)]
        whole = axis.epochs_shown(frame.longest, frame.epochs) if frame else 1
        first, span = self._zoomed or (0, whole)
        return CurvesQuery(names, charts[0].columns, span, first)

    def draw(self, state: RunState) -> None:
        """Draw the curves that the session sent."""
        frame = state.frame
        curves = frame and frame.answer(Curves)
        if not frame or not curves:
            return
        self._epoch, self._reached = frame.epoch, frame.reached
        self._window, self._curves = (curves.first, curves.span), curves
        validated = any(metric.beside == ACCURACY.name for metric in state.metrics)
        for chart in self.shown:
            series = _series(chart, curves)
            if self._cursor is None:
                chart.entitle(_title(chart, frame, validated))
            else:
                chart.entitle(*readout(chart.metric, series, self._cursor, curves.landmarks))
            chart.draw_curves(
                Drawing(
                    series,
                    _ghosts(chart, curves),
                    curves.first,
                    curves.span,
                    curves.rate_changes,
                    frame.epoch if frame.epoch < frame.reached else None,
                    self._cursor,
                )
            )

    def show_metrics(self, metrics: Sequence[Metric]) -> None:
        """Have a chart for each metric that is not drawn beside another."""
        self._arrangement.metrics = metrics
        self._arrange()

    def _arrange(self) -> None:
        placed = self._arrangement.placed
        own = {metric.name: metric for metric in placed if not metric.beside}
        charts = {chart.metric.name: chart for chart in self.query(Chart)}
        self.mount(
            *(
                Chart(metric, style=self._style)
                for name, metric in own.items()
                if name not in charts
            )
        )
        order, self._charts = list(own), len(own)
        for chart in self.query(Chart):
            name = chart.metric.name
            chart.metric = own.get(name, chart.metric)
            chart.beside = [metric for metric in placed if metric.beside == name]
            chart.place = order.index(name) if name in own else len(own)
        self.sort_children(key=lambda chart: chart.place if isinstance(chart, Chart) else -1)
        self._fit()

    def on_resize(self) -> None:
        """Show more charts, or fewer."""
        self._fit()

    def _fit(self) -> None:
        self.set_class(self._charts == 1, "-single")
        room = self.styles.grid_size_columns * (self.size.height // LEAST_HEIGHT)
        for chart in self.query(Chart):
            chart.display = chart.place < min(self._charts, max(FIRST, room))

    # -- keys ------------------------------------------------------------------------------------

    def action_scrub(self, columns: int) -> GoTo | None:
        """Go along the chart by a column, to an epoch that is known."""
        epoch = max(0, min(self._reached, self._epoch + columns * self._epochs_of_column))
        return GoTo(epoch) if epoch != self._epoch else None

    def action_move(self, columns: int) -> None:
        """Move the cursor by columns."""
        first, span = self._window
        here = min(self._epoch, first + span) if self._cursor is None else self._cursor
        self._set_cursor(here + columns * self._epochs_of_column)

    @property
    def _epochs_of_column(self) -> int:
        """How many epochs a column of the widest chart stands for, which has two points."""
        points = max((chart.columns for chart in self.shown), default=1)
        return max(1, round(2 * self._window[1] / points))

    def action_hop(self, direction: int) -> None:
        """Move the cursor to the next event, or the one before."""
        here = self._epoch if self._cursor is None else self._cursor
        places = self._places()
        if direction > 0:
            found = next((place for place in places if place > here), None)
        else:
            found = next((place for place in reversed(places) if place < here), None)
        if found is not None:
            self._set_cursor(found)

    def action_go(self) -> GoTo | None:
        """Go to the epoch under the cursor."""
        cursor, self._cursor = self._cursor, None
        return None if cursor is None else GoTo(cursor)

    def action_leave(self) -> None:
        """Show no cursor."""
        self._cursor = None

    def on_click(self, event: Click) -> None:
        """Read out the epoch under the mouse."""
        epoch = self._epoch_under(event)
        if epoch is not None:
            self._set_cursor(epoch)
            self.post_message(self.Changed())

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Zoom in on the epoch under the mouse."""
        self._zoom_under(event, 1)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Zoom out."""
        self._zoom_under(event, -1)

    def _zoom_under(self, event: MouseEvent, steps: int) -> None:
        event.stop()
        epoch = self._epoch_under(event)
        if epoch is not None:
            self._cursor = min(epoch, self._reached)
            self.action_zoom(steps)
            self.post_message(self.Changed())

    def _epoch_under(self, event: MouseEvent) -> int | None:
        """Return the epoch under the mouse; None beside the charts."""
        first, span = self._window
        for chart in self.shown:
            column = event.screen_x - chart.content_region.x - MARGIN
            columns = chart.size.width - MARGIN
            if chart.region.contains(event.screen_x, event.screen_y) and 0 <= column < columns:
                return first + int((column + 0.5) / columns * span)
        return None

    def _set_cursor(self, epoch: int) -> None:
        """Put the cursor on an epoch that is known, and show a part of the run that holds it."""
        self._cursor = max(0, min(self._reached, epoch))
        first, span = self._window
        if not first <= self._cursor < first + span:
            self._zoomed = max(0, self._cursor - span // 2), span

    def _places(self) -> list[int]:
        """Return the epochs of all events: changes, stops, branches, spikes, and the first NaN."""
        curves = self._curves
        if not curves:
            return []
        found = {landmark.epoch for landmark in curves.landmarks}
        for chart in self.shown[:1]:
            for series in _series(chart, curves)[:1]:
                found |= set(series.spikes(chart.logarithmic)) | set(series.gaps())
        return sorted(epoch for epoch in found if epoch <= self._reached)

    def action_zoom(self, steps: int) -> None:
        """Show half as many epochs around the cursor, or twice as many."""
        first, span = self._window
        wider = max(LEAST_SPAN, round(span / 2**steps))
        here = self._epoch if self._cursor is None else self._cursor
        middle = min(max(here, first), first + span)
        share = (middle - first) / span
        begin = max(0, round(middle - share * wider))
        last = max(self._reached + 1, LEAST_SPAN)
        self._zoomed = None if wider >= last and not begin else (begin, wider)

    def action_whole(self) -> None:
        """Show the whole run."""
        self._zoomed = None

    def action_style(self) -> None:
        """Draw means over a band from minimum to maximum, or only one of them."""
        self._style = STYLES[(STYLES.index(self._style) + 1) % len(STYLES)]
        for chart in self.query(Chart):
            chart.style_of_curve = self._style

    def action_find_metric(self) -> None:
        """Find a metric by its name, and put it on a chart."""
        self.app.push_screen(metrics_palette(self._arrangement, self.put_metric))

    def put_metric(self, name: str, beside: str = "") -> None:
        """Show a metric on the chart of another, or first on a chart of its own."""
        self._arrangement.put(name, beside)
        self._arrange()
        self.post_message(self.Changed())

    def action_log_axis(self) -> None:
        """Change the axis of the loss."""
        for chart in self.query(Chart):
            if chart.metric == LOSS:
                chart.logarithmic = not chart.logarithmic


def readout(
    metric: Metric, series: Sequence[Series], epoch: int, landmarks: Sequence[Landmark]
) -> tuple[str, str | None]:
    """Return a metric's mean, minimum and maximum at an epoch, and what happened there."""
    said = [f"epoch {epoch:,}"]
    for each in series:
        values = each.at(epoch)
        if values:
            low, mean, high = map(metric.text, values)
            name = f"{each.name} " if each.name else ""
            said.append(f"{name}{mean}" if low == high else f"{name}{mean} ({low}–{high})")
    happened = [landmark.text for landmark in landmarks if landmark.epoch == epoch]
    return f"{metric.name} · {' · '.join(said)}", happened[-1] if happened else None


def _title(chart: Chart, frame: Frame, validated: bool) -> str:
    """Write the metrics of a chart with their values, as many as there is room for."""
    metric = chart.metric
    parts = [f"{metric.name} {metric.text(frame.metrics.get(metric.name))}"]
    for beside in chart.beside:
        parts.append(f"{_short(beside, metric)} {beside.text(frame.metrics.get(beside.name))}")
    if metric == ACCURACY and not validated:
        parts.append("training set")
    while len(parts) > 1 and len(" · ".join(parts)) > chart.size.width - 2:
        parts.pop()
    return " · ".join(parts)


def _short(beside: Metric, metric: Metric) -> str:
    """Return what tells a metric from the one that it is drawn beside."""
    return beside.name.removesuffix(f"_{metric.name}")


def _series(chart: Chart, curves: Curves) -> Sequence[Series]:
    inks = zip(chart.beside, BESIDE, strict=False)
    named = [
        (chart.metric, "", "accent"),
        *((beside, _short(beside, chart.metric), ink) for beside, ink in inks),
    ]
    return [
        Series(name, ink, curves.curves[metric.name])
        for metric, name, ink in named
        if metric.name in curves.curves
    ]


def _ghosts(chart: Chart, curves: Curves) -> Sequence[Series]:
    name = chart.metric.name
    return [
        Series(ghost.name, ink, ghost.curves[name])
        for ghost, ink in zip(curves.ghosts, GHOSTS, strict=False)
        if name in ghost.curves
    ]
