"""What softmax says of single rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.widgets.canvas import Canvas, Line

if TYPE_CHECKING:
    from engine.protocol.frames import SampleRow, Samples

ORDERS = {"all": "all rows", "wrong": "wrong rows", "uncertain": "least certain first"}
LEAST_BAR, MOST_BAR = 4, 24
FIGURE = 8  # columns of a class besides its bar: a blank, the number, two blanks


def bar(share: float, width: int) -> tuple[str, str]:
    """Return the filled and the empty part of a bar, in halves of a cell."""
    halves = round(max(0.0, min(1.0, share)) * width * 2)
    full, half = divmod(halves, 2)
    filled = "━" * full + "╸" * half
    return filled, "─" * (width - len(filled))


class SamplesPanel(Canvas):
    """A table of sample rows.

    Attributes
    ----------
    first_class : int
        The leftmost class that is shown, where there is no room for all.
    """

    def __init__(self) -> None:
        super().__init__()
        self.border_title = "softmax"
        self.first_class, self._names, self._label = 0, [""], 4

    @property
    def rows(self) -> int:
        """How many rows fit."""
        return max(0, self.size.height - 1)

    def scroll_classes(self, classes: int) -> None:
        """Show other classes, where there is no room for all."""
        last = len(self._names) - self._shown
        self.first_class = max(0, min(last, self.first_class + classes))

    def draw_samples(self, samples: Samples | None, names: list[str], order: str) -> None:
        """Draw the rows that the session sent."""
        if samples is None:
            return
        self._names, self._label = names, min(10, max(4, *map(len, names)))
        self.scroll_classes(0)
        last = samples.first + len(samples.rows)
        hidden = len(names) - self._shown
        more = f" · ←→ {hidden} more classes" if hidden else ""
        part = f" of every {samples.every}th" if samples.every > 1 else ""
        self.entitle(
            f"softmax · {ORDERS[order]}{part}{more}",
            f"{samples.first + 1 if last else 0}–{last} of {samples.total} · {samples.wrong} wrong",
        )
        self.paint(lambda width, height: self._table(samples.rows))

    @property
    def _left(self) -> int:
        return 5 + 2 + self._label + 2 + self._label + 3

    @property
    def _room(self) -> int:
        return self.size.width - self._left

    @property
    def _shown(self) -> int:
        """How many classes there is room for."""
        return max(1, min(len(self._names), (self._room + 2) // (LEAST_BAR + FIGURE)))

    @property
    def _bar(self) -> int:
        return max(LEAST_BAR, min(MOST_BAR, (self._room + 2) // self._shown - FIGURE))

    @property
    def _in_view(self) -> slice:
        return slice(self.first_class, self.first_class + self._shown)

    def _table(self, rows: list[SampleRow]) -> list[Line]:
        width, view = self._bar, self._in_view
        return [self._head(width + FIGURE, view), *(self._row(row, width, view) for row in rows)]

    def _head(self, width: int, view: slice) -> Line:
        label = self._label
        head = f"{'row':>5}  {'true':<{label}}  {'says':<{label}}   "
        head += "".join(f"{name[: width - 2]:<{width}}" for name in self._names[view])
        return [(head, "muted")]

    def _row(self, row: SampleRow, width: int, view: slice) -> Line:
        label, right = self._label, row.predicted == row.true_class
        verdict = "good" if right else "bad"
        true, says = (self._names[k][:label] for k in (row.true_class, row.predicted))
        line = [(f"{row.row:5d}  {true:<{label}}  ", "muted")]
        line.append((f"{says:<{label}} {'✓' if right else '✗'} ", verdict))
        for k, share in enumerate(row.probabilities[view], view.start):
            strong = k == row.predicted
            filled, empty = bar(share or 0.0, width)
            figure = "  nan" if share is None else f"{share:.3f}"
            line += [(filled, verdict if strong else "muted"), (empty, "faint")]
            line.append((f" {figure}  ", "text" if strong else "muted"))
        return line
