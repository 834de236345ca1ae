"""What an operation does: its formula, and the kernel in its place."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tui.widgets.canvas import Canvas, Line, gathered, length

if TYPE_CHECKING:
    from engine.protocol.views.inside import ProgramEntry


class OperationPanel(Canvas):
    """Where a formula stands and its text, as much as there is room for.

    ``▶`` marks that of the next operation.
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[ProgramEntry, bool, bool] | None = None
        self._first = self._rows = 0

    def draw_operation(self, entry: ProgramEntry, is_next: bool, with_kernel: bool) -> None:
        """Draw an operation's formula, and the kernel that does it below."""
        if self._shown is None or self._shown[0] is not entry:
            self._first = 0
        self._shown = entry, is_next, with_kernel
        self.entitle(entry.name, entry.phase)

        def drawing(width: int, height: int) -> list[Line]:
            lines = list(_text(entry.place, entry.source, width, "▶" if is_next else " "))
            if len(lines) > height and not with_kernel:
                lines = list(_body(entry.source, width))
            if with_kernel:
                title = f"kernel: {entry.kernel_place}" if entry.kernel_place else "no kernel"
                lines += [[], *_text(title, entry.kernel_source, width, " ")]
            self._rows, self._first = len(lines), min(self._first, max(0, len(lines) - height))
            return _marked(lines[self._first :], width, height)

        self.paint(drawing)

    def scroll(self, rows: int) -> None:
        """Show other lines of a source that is longer than the panel."""
        self._first = max(0, min(self._first + rows, self._rows - self.size.height))
        if self._shown:
            self.draw_operation(*self._shown)


def _marked(lines: list[Line], width: int, height: int) -> list[Line]:
    """Return the lines that there is room for, and say at the end of the last how many follow."""
    if not 0 < height < len(lines):
        return lines
    mark = f" … {len(lines) - height} more"
    last = _cut(lines[height - 1], 0, width - len(mark))
    gap = " " * (width - len(mark) - length(last))
    return [*lines[: height - 1], [*last, (f"{gap}{mark}", "muted")]]


def _body(source: str, width: int) -> Iterator[Line]:
    """Yield the lines below the head of the first function, as far to the left as they can be."""
    head = next((k for k, line in enumerate(source.split("\n")) if line.endswith(":")), -1)
    for line in highlighted(textwrap.dedent("\n".join(source.split("\n")[head + 1 :]))):
        yield from _broken(line, width)


def _text(place: str, source: str, width: int, mark: str) -> Iterator[Line]:
    """Yield where a source stands, and its lines."""
    yield [(mark, "accent"), (f" {place}", "muted")]
    for line in highlighted(source):
        yield from _broken(line, width)


def _broken(line: Line, width: int) -> list[Line]:
    """Break a line of source that is too long, and indent what is left of it."""
    text = "".join(part for part, _ in line)
    if len(text) <= max(width, 1):
        return [line]
    indent = min(len(text) - len(text.lstrip()) + 4, width // 2)
    blank = text.rfind(" ", indent + 1, width + 1)
    at = blank if blank > 0 else width
    rest = [(" " * indent, "text"), *_cut(line, at + (blank > 0), len(text))]
    return [_cut(line, 0, at), *_broken(rest, width)]


def _cut(line: Line, first: int, last: int) -> Line:
    """Return the cells of a line from the first up to the last."""
    return gathered([(character, ink) for text, ink in line for character in text][first:last])


@lru_cache(64)
def highlighted(source: str) -> tuple[Line, ...]:
    """Return lines of Python in the inks of the theme."""
    from pygments.lexers.python import PythonLexer

    lines: list[Line] = [[]]
    for token, text in PythonLexer().get_tokens(source):
        for k, part in enumerate(text.split("\n")):
            if k:
                lines.append([])
            if part:
                lines[-1].append((part, _ink(token)))
    while lines and not lines[-1]:
        lines.pop()
    return tuple(lines)


def _ink(token: Any) -> str:
    from pygments.token import Comment, Keyword, Name, Number, Operator, String

    if token in Comment or token in String:
        return "muted"
    if token in Keyword or token is Operator.Word:
        return "accent"
    if token in Number:
        return "good"
    if token in Name.Builtin.Pseudo:
        return "muted"
    return "strong" if token in Name.Function else "text"
