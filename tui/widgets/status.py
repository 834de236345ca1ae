"""The status line, and the progress bar under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from tui.widgets.canvas import Canvas
from tui.widgets.samples import bar

if TYPE_CHECKING:
    from engine.events import Frame

SIGNS = {
    "running": ("●", "success"),
    "paused": ("⏸", "warning"),
    "completed": ("✓", "primary"),
    "stopped": ("■", "warning"),
    "failed": ("✗", "error"),
    "lost": ("✗", "error"),
    "starting": ("○", "text-muted"),
}


def number(value: float | None, digits: int) -> str:
    """Write a number, or a dash where there is none yet."""
    return "–" if value is None else f"{value:.{digits}f}"


def duration(seconds: float | None) -> str:
    """Write a time left."""
    if seconds is None or seconds >= 360_000:
        return ""
    whole = int(seconds + 0.5)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class StatusLine(Canvas):
    """What matters most, in one or two lines."""

    def draw_status(self, frame: Frame | None, status: str) -> None:
        """Draw the state of the run."""
        sign, colour = SIGNS[status]
        word = f"{sign} {status}"
        if frame is None:
            return self.paint([Text(word, style=self.colour(colour))])
        loss = "nan" if frame.loss is None and frame.reason == "alert" else number(frame.loss, 4)
        parts = [
            (word.ljust(11), f"bold {self.colour(colour)}"),
            (f"epoch {frame.epoch:<{len(str(frame.epochs))}}", ""),
            (f"loss {loss:<6}", ""),
            (f"acc {number(frame.accuracy, 3):<5}", ""),
            (f"lr {frame.learning_rate:<6g}", ""),
            (f"{frame.epochs_per_second:>6,.0f} epochs/s", self.colour("text-muted")),
        ]
        lines = [Text()]
        for text, style in parts:
            if lines[-1] and lines[-1].cell_len + len(text) + 2 > self.size.width:
                lines.append(Text())
            elif lines[-1]:
                lines[-1].append("  ")
            lines[-1].append(text, style=style or self.colour("foreground"))
        self.styles.height = len(lines)
        return self.paint(lines)


class ProgressLine(Canvas):
    """How far the run is, and how long it will take."""

    def draw_progress(self, frame: Frame | None) -> None:
        """Draw the bar."""
        if frame is None:
            return
        done = 0.0 if frame.loss is None and not frame.epoch else (frame.epoch + 1) / frame.epochs
        left = duration(frame.seconds_left) if frame.status == "running" else ""
        tail = f" {min(done, 1.0):4.0%} {left:>7}"
        text = Text(
            bar(done, max(1, self.size.width - len(tail))),
            style=f"{self.colour('primary')} on {self.colour('surface')}",
        )
        text.append(tail, style=f"{self.colour('text-muted')} on {self.colour('background')}")
        self.paint([text])
