"""The program: all operations of an epoch, the next one marked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.cells import cell_len

from tui.widgets.canvas import Canvas, Line

if TYPE_CHECKING:
    from engine.protocol.views.inside import ArrayName, ProgramEntry

PHASES = {"forward": "accent", "loss": "warn", "backward": "good", "update": "muted"}
DETAILED = 28  # columns from which on there is room for what an operation reads and writes


class ProgramPanel(Canvas):
    """Lists the operations, and, with enough room, what each reads and writes.

    ``▶`` stands before the next one, ``●`` where a breakpoint is.
    """

    def __init__(self) -> None:
        super().__init__()
        self.border_title = "program"
        self._first = 0
        self._hidden: str | None = None

    def draw_program(
        self, program: list[ProgramEntry], following: int, looked_at: int, stops: set[str]
    ) -> None:
        """Draw all operations.

        Parameters
        ----------
        program : list of ProgramEntry
        following, looked_at : int
            The operation that comes next, and the one whose inside is shown.
        stops : set of str
            The operations that a breakpoint names.
        """

        def drawing(width: int, height: int) -> list[Line]:
            lines: list[Line] = []
            places = {}
            for k, entry in enumerate(program):
                start = len(lines)
                mark = "▶" if k == following else "●" if entry.name in stops else " "
                lines += _operation(entry, mark, k == looked_at, entry.name in stops, width)
                places[k] = start, len(lines)
            for k in (following, looked_at):  # what is looked at above all
                start, end = places.get(k, (0, 0))
                self._keep_in_view(start, end, len(lines), height)
            last = self._first + height
            below = sum(end > last for _, end in places.values())
            above = sum(start < self._first for start, _ in places.values())
            self._hidden = _hidden(above, below)
            return lines[self._first : last]

        self.paint(drawing)
        self._draw()  # now, since the border cannot be written while the screen is
        self.entitle("program", self._hidden)

    def _keep_in_view(self, start: int, end: int, total: int, height: int) -> None:
        """Scroll as little as shows the operation looked at."""
        self._first = min(max(self._first, end - height), start, max(0, total - height))


def _hidden(above: int, below: int) -> str | None:
    """Say how many operations are not shown in full."""
    parts = [f"↑ {above}"] if above else []
    parts += [f"↓ {below}"] if below else []
    return f"{' '.join(parts)} more" if parts else None


def _operation(
    entry: ProgramEntry, mark: str, looked_at: bool, stops: bool, width: int
) -> list[Line]:
    lines: list[Line] = [
        [
            (mark, "bad" if stops else "accent"),
            ("▎", PHASES[entry.phase]),
            (f"{entry.name:<{width - 2}}", "chosen" if looked_at else "text"),
        ]
    ]
    if width >= DETAILED:
        kind = entry.name.rpartition(".")[0]
        changed = {array.name for array in entry.writes}
        reads = [a for a in entry.reads if entry.phase != "update" or a.name not in changed]
        for sign, arrays in (("  ", reads), ("→ ", entry.writes)):
            for text in _wrapped(arrays, kind, width - 5):
                lines.append(
                    [(" ", "text"), ("▎", PHASES[entry.phase]), (f" {sign}{text}", "muted")]
                )
                sign = "  "
    return lines


def _wrapped(arrays: list[ArrayName], kind: str, width: int) -> Iterator[str]:
    """Write arrays into lines, those of the operation's own layer without its name."""
    line = ""
    for array in arrays:
        part = f"{array.name.removeprefix(f'{kind}.')} {array.shape}".rstrip()
        if line and cell_len(line) + cell_len(part) + 2 > width:
            yield line
            line = part
        else:
            line = f"{line}, {part}" if line else part
    if line:
        yield line
