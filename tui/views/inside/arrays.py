"""An operation's arrays, one a line, and the figures of one of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tui.figures import NARROW, WIDTH, figure, share
from tui.widgets.canvas import Canvas, Line, gathered

if TYPE_CHECKING:
    from engine.protocol.views.inside import ArrayLine, ArrayStatistics, Inspection, ProgramEntry

BLOCKS = " ▁▂▃▄▅▆▇█"
FIGURES = 8 + 2 * (WIDTH + 1)  # columns of the statistics


class ArraysPanel(Canvas):
    """What an operation reads and writes: names, shapes and the most telling figures."""

    def __init__(self) -> None:
        super().__init__()
        self.border_title = "reads, and → writes"
        self._first = 0

    def draw_arrays(self, entry: ProgramEntry, seen: Inspection | None) -> None:
        """Draw the arrays, the chosen one marked; their names only where nothing is seen yet."""
        shapes = {array.name: array.shape for array in (*entry.reads, *entry.writes)}
        lines = {line.name: line for line in seen.arrays} if seen else {}
        shapes |= {line.name: line.shape for line in lines.values()}
        written = {array.name for array in entry.writes}
        kind = entry.name.rpartition(".")[0]
        chosen = seen.array if seen else -1

        def drawing(width: int, height: int) -> list[Line]:
            names = {name: name.removeprefix(f"{kind}.") for name in shapes}
            label = max(map(len, names.values()), default=0)
            shape = max(5, *map(len, shapes.values())) if shapes else 5
            columns, wide = _columns(width - label - shape - 3)
            shown = self._in_view(max(0, chosen), len(names), height - 1)
            rows: list[Line] = [
                [
                    ("→ " if name in written else "  ", "accent"),
                    (f"{names[name]:<{label}}", "chosen" if k == chosen else "text"),
                    (f" {shapes[name]:<{shape}}", "muted"),
                    *_figures(lines.get(name), columns, wide),
                ]
                for k, name in enumerate(shapes)
                if k in shown
            ]
            heads = "".join(f" {head:>{wide}}" for head in columns)
            head: Line = [(f"  {'':<{label}} {'shape':<{shape}}{heads}", "muted")]
            return [head, *rows, *_more(shown, len(names))]

        self.paint(drawing)

    def _in_view(self, chosen: int, count: int, room: int) -> range:
        """Return which arrays to show, scrolled as little as shows the chosen one.

        Where not all fit, a line is left to say how many do not.
        """
        room = max(1, room if count <= room else room - 1)
        self._first = min(max(self._first, chosen + 1 - room), chosen)
        self._first = max(0, min(self._first, count - room))
        return range(self._first, min(self._first + room, count))


def _more(shown: range, count: int) -> list[Line]:
    """Say how many arrays are not shown, and where they are."""
    parts = [f"↑ {shown.start} more"] if shown.start else []
    parts += [f"↓ {count - shown.stop} more"] if shown.stop < count else []
    return [[("  " + "  ".join(parts), "muted")]] if parts else []


def _columns(room: int) -> tuple[list[str], int]:
    """Return the figures there is room for, the most telling first to last, and their width."""
    every = ("min", "mean", "max", "std", "zeros")
    wide = WIDTH if room >= len(every) * (WIDTH + 1) else NARROW
    kept = ("min", "mean", "max", "zeros", "std")[: max(0, room // (wide + 1))]
    return [name for name in every if name in kept], wide


def _figures(line: ArrayLine | None, columns: list[str], wide: int) -> Line:
    """Write an array's figures; nothing where they are not known yet."""
    if line is None:
        return []
    now, whole = line.now, line.dtype[0] in "biu"
    if now.not_numbers or now.infinite:
        return [(f" {now.not_numbers:,} nan  {now.infinite:,} infinite", "bad")]
    figures = "".join(f" {_figure(now, whole, column, wide)}" for column in columns)
    return [(figures, "accent" if line.changed else "text")]


def _figure(now: ArrayStatistics, whole: bool, column: str, wide: int) -> str:
    scale = max(abs(now.minimum), abs(now.maximum)) or 1.0
    match column:
        case "min":
            return figure(now.minimum, scale, whole, wide)
        case "mean":
            return figure(now.mean, scale, width=wide)
        case "max":
            return figure(now.maximum, scale, whole, wide)
        case "std":
            return figure(now.deviation, scale, width=wide)
        case _:
            return share(now.zeros).rjust(wide)


class FiguresPanel(Canvas):
    """The statistics of an array before and after the last step, and its histogram.

    What the histogram was before stands dimly behind it.
    """

    @property
    def bins(self) -> int:
        """How many parts the histogram can show."""
        beside = self.size.width - FIGURES - 3
        return max(8, min(60, beside if beside >= 16 else self.size.width))

    def draw_figures(self, seen: Inspection) -> None:
        """Draw the figures of the chosen array."""
        line = seen.arrays[seen.array]
        about = " · of a part of it" if seen.sampled else ""
        self.entitle(line.name, f"{line.shape} {line.dtype}{about}")

        def drawing(width: int, height: int) -> list[Line]:
            rows = statistics_lines(seen, line)
            if width - FIGURES - 3 >= 16:
                bars = histogram_lines(seen, height)
                rows += [[] for _ in range(len(bars) - len(rows))]
                gap = FIGURES + 3
                return [
                    [*row, (" " * (gap - sum(len(t) for t, _ in row)), "text"), *bar]
                    for row, bar in zip(rows, bars + [[]] * (len(rows) - len(bars)), strict=True)
                ]
            left = height - len(rows)
            return rows + (histogram_lines(seen, left) if left >= 3 else [])

        self.paint(drawing)


def statistics_lines(seen: Inspection, line: ArrayLine) -> list[Line]:
    """Write what an array is, before and after the last step."""
    now, before, scale = line.now, seen.before, seen.scale
    head = f"{'':8}{'before':>{WIDTH}} {'after':>{WIDTH}}" if before else f"{'':8}{'now':>{WIDTH}}"
    lines: list[Line] = [[(head, "muted")]]
    for name, attribute in (
        ("min", "minimum"),
        ("mean", "mean"),
        ("max", "maximum"),
        ("std", "deviation"),
    ):
        values = [getattr(s, attribute) for s in (before, now) if s is not None]
        lines.append(_statistic(name, [figure(v, scale) for v in values], "text"))
    known = [s for s in (before, now) if s is not None]
    lines.append(_statistic("zeros", [share(s.zeros).rjust(WIDTH) for s in known], "text"))
    broken = [f"{s.not_numbers}/{s.infinite}".rjust(WIDTH) for s in known]
    ink = "bad" if now.not_numbers or now.infinite else "text"
    lines.append(_statistic("nan/inf", broken, ink))
    if seen.update_ratio is not None:
        lines.append([("update  ", "muted"), (f"{share(seen.update_ratio)} of its norm", "text")])
    return lines


def _statistic(name: str, texts: list[str], ink: str) -> Line:
    changed = len(set(texts)) > 1
    row = [(f"{name:<8}", "muted"), *((f"{text} ", "muted") for text in texts[:-1])]
    return [*row, (texts[-1], "accent" if changed and ink == "text" else ink)]


def histogram_lines(seen: Inspection, height: int) -> list[Line]:
    """Draw the histogram in eighths of a cell, with its limits below."""
    counts, rows = seen.histogram, min(height - 1, 10)
    before = seen.histogram_before or [0] * len(counts)
    most = max([*counts, *before], default=0)
    if rows < 1 or not counts:
        return []
    bars = [
        [math.ceil(8 * rows * n / most) if most else 0 for n in pair]
        for pair in zip(counts, before, strict=True)
    ]
    lines: list[Line] = []
    for row in reversed(range(rows)):
        lines.append(
            gathered(_bar(*(max(0, min(8, eighths - 8 * row)) for eighths in bar)) for bar in bars)
        )
    low, high = f"{seen.low:g}", f"{seen.scale:g}"
    middle = "0" if seen.low else ""
    room = len(counts) - len(low) - len(high)
    return [*lines, [(f"{low}{middle:^{max(0, room)}}{high}", "muted")]]


def _bar(now: int, before: int) -> tuple[str, str]:
    """Draw one cell of a bar, so many eighths high; what was there before is behind it."""
    if now >= before:
        return BLOCKS[now], "accent"
    return (BLOCKS[now], "over") if now else (BLOCKS[before], "ghost")
