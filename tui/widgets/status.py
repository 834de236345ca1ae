"""What the run is, how it is, and how far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual.geometry import Size

from tui.widgets.bar import bar
from tui.widgets.canvas import Canvas, Line, length

if TYPE_CHECKING:
    from engine.protocol.events import Welcome
    from engine.protocol.frames import Frame
    from engine.protocol.metrics import Metric

SIGNS = {
    "starting": ("○", "muted"),
    "running": ("●", "good"),
    "paused": ("‖", "warn"),
    "completed": ("✓", "accent"),
    "stopped": ("■", "warn"),
    "failed": ("✗", "bad"),
    "lost": ("✗", "bad"),
}


SHORTEST = 8  # cells of a bar that tells something


def duration(seconds: float | None) -> str:
    """Write a time left."""
    if seconds is None or seconds >= 360_000:
        return ""
    whole = int(seconds + 0.5)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class RunLine(Canvas):
    """What is trained, and below it what the data are, where there is something to be said."""

    def __init__(self) -> None:
        super().__init__()
        self._note = self._breakpoints = ""

    def draw_breakpoints(self, number: int) -> None:
        """Say at the end of the line how many breakpoints there are."""
        self._breakpoints = f"◆ {number} breakpoint{'s' * (number > 1)}" if number else ""
        self.paint(self._drawing)

    def draw_run(self, run: Welcome, seed: int) -> None:
        """Draw as much as there is room for, the most important first."""
        parts = [
            run.network,
            f"seed {seed}",
            "" if run.note else f"{run.samples:,} samples",
            f"{run.batches:,} batches" if run.batches > 1 else "",
            f"{run.parameters:,} parameters",
        ]
        self._note = run.note

        def drawing(width: int, height: int) -> list[Line]:
            line = [(run.name or run.source, "strong")]
            room = width - (len(self._breakpoints) + 2 if self._breakpoints else 0)
            for part in filter(None, parts):
                if length(line) + len(part) + 3 <= room:
                    line.append((f" · {part}", "muted"))
            line += [(" " * max(2, width - length(line) - len(self._breakpoints)), "muted")]
            line += [(self._breakpoints, "warn")]
            return [line, [(shortened(run.note, width), "muted")]]

        self.paint(drawing)
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines it takes."""
        return 2 if self._note else 1


def shortened(text: str, width: int) -> str:
    """Cut a text that is too wide, and show that it goes on."""
    return text if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


class StatusLine(Canvas):
    """What matters most, in one line, or in more where one is too short."""

    def __init__(self) -> None:
        super().__init__()
        self._choices: list[Line] = [[]]

    def draw_status(self, frame: Frame | None, status: str, metrics: Sequence[Metric] = ()) -> None:
        """Draw the state of the run, with these metrics; those beside others if there is room."""
        sign, ink = SIGNS[status]
        state = (f"{sign} {status:<9}", ink)
        self._choices = [[state]]
        if frame is not None:
            self._choices = [
                [state, *_figures(frame, some), (_speed(frame), "muted")]
                for some in (metrics, [metric for metric in metrics if not metric.beside])
            ]
        self.paint(lambda width, height: self._wrapped(width))
        if len(self._wrapped(self.size.width)) != self.size.height:
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return how many lines it takes."""
        return len(self._wrapped(width))

    def _wrapped(self, width: int) -> list[Line]:
        parts = next((c for c in self._choices if _whole(c) <= width), self._choices[-1])
        gap = "  " if max(60, _whole(parts)) <= width else " "
        lines: list[Line] = [[]]
        for text, ink in parts:
            if lines[-1] and length(lines[-1]) + len(gap + text) > width:
                lines.append([])
            elif lines[-1]:
                lines[-1].append((gap, ink))
            lines[-1].append((text, ink))
        return lines


def _whole(parts: Line) -> int:
    """Return how many cells parts take in one line."""
    return sum(len(text) + 2 for text, _ in parts) - 2


def _figures(frame: Frame, metrics: Sequence[Metric]) -> Line:
    values = frame.metrics
    figures = [
        f"epoch {frame.epoch:<{len(str(frame.epochs))}}",
        *(f"{m.label} {m.text(values.get(m.name)):<{m.width}}" for m in metrics),
        f"lr {frame.learning_rate:<6.4g}",
    ]
    return [(figure, "text") for figure in figures]


def _speed(frame: Frame) -> str:
    """Write the speed, and its limit, in the same number of cells."""
    if frame.speed is None:
        return f"{frame.epochs_per_second:>6,.0f} epochs/s"
    return f"{frame.epochs_per_second:>5,.0f} of {frame.speed:g}/s".ljust(15)


class ProgressLine(Canvas):
    """How far the run is, and how long it will take."""

    def draw_progress(self, frame: Frame) -> None:
        """Draw the bar."""
        done = min(1.0, (frame.epoch + 1) / frame.epochs) if frame.metrics else 0.0
        left = duration(frame.seconds_left) if frame.status == "running" else ""

        def drawing(width: int, height: int) -> list[Line]:
            tails = (
                f" {done:4.0%} of {frame.epochs:,}  {left and left + ' left':>12}",
                f" {done:4.0%} of {frame.epochs:,} {left:>7}",
                f" {done:4.0%} {left:>7}",
            )
            tail = next((text for text in tails if len(text) + SHORTEST <= width), tails[-1])
            filled, empty = bar(done, max(1, width - len(tail)))
            return [[(filled, "accent"), (empty, "faint"), (tail, "muted")]]

        self.paint(drawing)
