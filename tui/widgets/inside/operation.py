"""What an operation does: its formula, and its source."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tui.widgets.canvas import Canvas, Line, gathered

if TYPE_CHECKING:
    from engine.protocol.frames import ProgramEntry


class OperationPanel(Canvas):
    """A formula, and below it the source, as much as there is room for."""

    def __init__(self) -> None:
        super().__init__()
        self._entry: ProgramEntry | None = None
        self._first = self._rows = 0

    def draw_operation(self, entry: ProgramEntry) -> None:
        """Draw an operation's formula and source."""
        if self._entry is not entry:
            self._entry, self._first = entry, 0
        self.entitle(entry.name, entry.phase)

        def drawing(width: int, height: int) -> list[Line]:
            formula = [[(part, "strong")] for part in _fold(entry.formula, width)]
            source = [part for line in highlighted(entry.source) for part in _broken(line, width)]
            room = height - len(formula) - len(source)
            lines = [*formula, *([[]] if room > 0 else []), *source]
            if height < len(formula) + 2:
                lines = formula
            self._rows, self._first = len(lines), min(self._first, max(0, len(lines) - height))
            return lines[self._first :]

        self.paint(drawing)

    def scroll(self, rows: int) -> None:
        """Show other lines of a source that is longer than the panel."""
        self._first = max(0, min(self._first + rows, self._rows - self.size.height))
        if self._entry:
            self.draw_operation(self._entry)


def _fold(text: str, width: int) -> list[str]:
    """Break a formula into lines, after a semicolon where it has some."""
    lines = [""]
    for word in text.split(" "):
        full = len(lines[-1]) + len(word) + 1 > width
        if lines[-1] and full:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".lstrip()
    return lines


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
