"""What the run is, how it is, and how far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text

from tui.widgets.canvas import Canvas
from tui.widgets.samples import bar

if TYPE_CHECKING:
    from engine.events import Frame, Welcome

SIGNS = {
    "starting": ("○", "muted"),
    "running": ("●", "good"),
    "paused": ("‖", "warn"),
    "completed": ("✓", "accent"),
    "stopped": ("■", "warn"),
    "failed": ("✗", "bad"),
    "lost": ("✗", "bad"),
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


class RunLine(Canvas):
    """What is trained."""

    def draw_run(self, run: Welcome, seed: int) -> None:
        """Draw as much as there is room for, the most telling first."""
        parts = [
            run.network,
            f"seed {seed}",
            f"{run.samples:,} rows",
            f"{run.batches:,} batches" if run.batches > 1 else "",
            f"{run.parameters:,} parameters",
            run.note,
        ]
        text = Text(run.source, style=self.ink("strong"))
        for part in filter(None, parts):
            if text.cell_len + len(part) + 3 <= self.size.width:
                text.append(f" · {part}", style=self.ink("muted"))
        self.paint([text])


class StatusLine(Canvas):
    """What matters most, in one line, or in two where one is too short."""

    def draw_status(self, frame: Frame | None, status: str) -> None:
        """Draw the state of the run."""
        sign, ink = SIGNS[status]
        parts = [(f"{sign} {status:<9}", self.ink(ink) + Style(bold=True))]
        if frame is not None:
            parts += [(part, self.ink("text")) for part in _figures(frame)]
            speed = f"{frame.epochs_per_second:>6,.0f} epochs/s"
            if frame.speed is not None:
                speed += f" of {frame.speed:g}"
            parts.append((speed, self.ink("muted")))
        lines, gap = [Text()], " " * (1 if self.size.width < 60 else 2)
        for text, style in parts:
            if lines[-1] and lines[-1].cell_len + len(gap + text) > self.size.width:
                lines.append(Text())
            elif lines[-1]:
                lines[-1].append(gap)
            lines[-1].append(text, style=style)
        if self.styles.height is None or self.styles.height.value != len(lines):
            self.styles.height = len(lines)
        self.paint(lines)


def _figures(frame: Frame) -> list[str]:
    loss = "nan" if frame.loss is None and frame.reason == "alert" else number(frame.loss, 4)
    return [
        f"epoch {frame.epoch:<{len(str(frame.epochs))}}",
        f"loss {loss:<6}",
        f"acc {number(frame.accuracy, 3):<5}",
        f"lr {frame.learning_rate:<6.4g}",
    ]


class ProgressLine(Canvas):
    """How far the run is, and how long it will take."""

    def draw_progress(self, frame: Frame) -> None:
        """Draw the bar."""
        done = min(1.0, (frame.epoch + 1) / frame.epochs) if frame.loss is not None else 0.0
        left = duration(frame.seconds_left) if frame.status == "running" else ""
        tail = f" {done:4.0%} of {frame.epochs:,}  {left and left + ' left':>12}"
        if self.size.width < 60:
            tail = f" {done:4.0%} {left:>7}"
        filled, empty = bar(done, max(1, self.size.width - len(tail)))
        text = Text(filled, style=self.ink("accent"))
        text.append(empty, style=self.ink("faint"))
        text.append(tail, style=self.ink("muted"))
        self.paint([text])
