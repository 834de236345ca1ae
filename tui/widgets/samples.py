"""What softmax says of single rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from tui.widgets.canvas import Canvas

if TYPE_CHECKING:
    from engine.events import SampleRow, Samples

BAR = " ▏▎▍▌▋▊▉█"
TITLES = {"all": "all rows", "wrong": "only the wrong ones", "uncertain": "least certain first"}


def bar(share: float, width: int) -> str:
    """Return a bar of ``width`` cells, filled to ``share`` in eighths of a cell."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (BAR[rest] if rest else "")).ljust(width)


class SamplesPanel(Canvas):
    """A table of sample rows; arrows scroll through all of them."""

    @property
    def rows(self) -> int:
        """How many rows fit."""
        return max(0, self.size.height - 2)

    def draw_samples(self, samples: Samples | None, class_names: list[str], order: str) -> None:
        """Draw the rows that the session sent."""
        if samples is None:
            return
        title = Text("softmax ", style=f"bold {self.colour('foreground')}")
        last = samples.first + len(samples.rows)
        title.append(
            f"{TITLES[order]}, {samples.first + 1 if last else 0}–{last} of {samples.total}"
            f" · {samples.wrong} wrong",
            style=self.colour("text-muted"),
        )
        room = self.size.width - 16
        shown = max(1, min(len(class_names), room // 10))
        bar_width = max(3, min(20, room // shown - 7))
        head = Text("   row  true".ljust(14), style=self.colour("text-muted"))
        for name in class_names[:shown]:
            head.append(f"{name[: bar_width + 5]:<{bar_width + 7}}")
        lines = [title, head]
        lines += [self._row(row, class_names, shown, bar_width) for row in samples.rows]
        self.paint(lines)

    def _row(self, row: SampleRow, names: list[str], shown: int, width: int) -> Text:
        muted, right = self.colour("text-muted"), row.predicted == row.true_class
        text = Text(f"{row.row:6d}  ", style=muted)
        text.append(f"{names[row.true_class][:5]:<6}", style=self.colour("foreground"))
        for k, share in enumerate(row.probabilities[:shown]):
            strong = k == row.predicted
            colour = self.colour(
                ("success" if right else "error") if strong else "secondary-darken-2"
            )
            text.append(bar(share or 0.0, width), style=colour)
            figure = " nan  " if share is None else f" {share:.3f} "
            text.append(figure, style=self.colour("foreground") if strong else muted)
        text.append("✓" if right else "✗", style=self.colour("success" if right else "error"))
        return text
