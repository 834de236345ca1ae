"""A row for each layer, with the figures that say how it is doing."""

from __future__ import annotations

from textwrap import wrap
from typing import ClassVar

from textual.message import Message

from engine.protocol.views.layers import FIGURES, Concern, LayerRow, Layers, LayersQuery
from tui.figures import figure, share
from tui.key import Key
from tui.views.curves import axis
from tui.views.view import RunState, View
from tui.widgets.canvas import Canvas, Line
from tui.widgets.sparkline import sparkline

HEADS = {
    "weights": "weights",
    "gradient": "gradient",
    "update": "update",
    "inactive": "inactive",
    "mean": "mean",
    "deviation": "std",
}
LOGARITHMIC = ("weights", "gradient", "update")  # figures that range over many powers of ten
LEAST, MOST = 9, 30  # columns of a figure and of its curve
LABEL = 16  # columns of a layer's name and shape
LEGEND = (
    "weights, gradient: their length · update: its share of the weights' · inactive: units that"
    " are the same for every sample · mean, std: of the output"
)


class LayersView(Canvas, View):
    """The layers of the network, and below them what is beyond the usual.

    Attributes
    ----------
    chosen : str
        The layer under the cursor; the first that there is something to say of, if nobody has
        chosen another.
    """

    NAME = "layers"
    KEYS: ClassVar = (
        Key("layers.up", "up", "choose(-1)", "Layers: the layer above", "up, down"),
        Key("layers.down", "down", "choose(1)", "Layers: the layer below", "up, down"),
        Key("layers.open", "enter", "open", "Layers: look inside", "look inside", "inside"),
    )

    class Opened(Message):
        """Somebody wants to look inside a layer."""

        def __init__(self, layer: str) -> None:
            super().__init__()
            self.layer = layer

    def __init__(self) -> None:
        super().__init__()
        self.border_title = "layers"
        self.chosen = ""
        self._layers: Layers | None = None
        self._first = 0

    @property
    def _column(self) -> int:
        """How many columns a figure and its curve take."""
        return max(LEAST, min(MOST, (self.size.width - LABEL) // len(FIGURES) - 1))

    def wanted(self, state: RunState) -> LayersQuery:
        """Return the curves that there is room for."""
        frame = state.frame
        span = axis.epochs_shown(frame.longest, frame.epochs) if frame else 1
        return LayersQuery(self._column, span)

    def draw(self, state: RunState) -> None:
        """Draw the rows that the session sent."""
        layers = state.frame and state.frame.answer(Layers)
        if layers:
            self._layers = layers
            count = len(layers.concerns)
            self.entitle("layers", f"{count} beyond the usual" if count else "all as usual")
            opens = state.keymap.shown("layers.open")
            self.paint(lambda width, height: self._lines_of(layers, width, height, opens))

    def action_choose(self, steps: int) -> None:
        """Move the cursor."""
        if self._layers:
            names = [row.name for row in self._layers.rows]
            here = names.index(self._marked(self._layers))
            self.chosen = names[max(0, min(here + steps, len(names) - 1))]

    def action_open(self) -> None:
        """Look inside the layer under the cursor."""
        if self._layers:
            self.post_message(self.Opened(self._marked(self._layers)))

    def _marked(self, layers: Layers) -> str:
        """Return the layer under the cursor."""
        names = [row.name for row in layers.rows]
        if self.chosen in names:
            return self.chosen
        return layers.concerns[0].layer if layers.concerns else names[0]

    def _lines_of(self, layers: Layers, width: int, height: int, opens: str) -> list[Line]:
        marked = self._marked(layers)
        keys = {marked: f" · {opens} looks inside"}
        said = _concerns(layers.concerns, keys, width, max(2, height // 3))
        spaced = height - 1 - len(said) >= 3 * len(layers.rows)
        room = max(1, (height - 1 - len(said)) // (2 + spaced))
        chosen = [row.name for row in layers.rows].index(marked)
        last = max(0, len(layers.rows) - room)
        self._first = min(max(self._first, chosen - room + 1), chosen, last)
        broken = {(concern.layer, concern.figure) for concern in layers.concerns}
        lines = [self._head(layers)]
        for row in layers.rows[self._first : self._first + room]:
            lines += [*self._row(row, row.name == marked, broken), *([[]] * spaced)]
        blank = height - len(lines) - len(said)
        return [*lines, *([[]] * max(0, blank)), *said]

    def _head(self, layers: Layers) -> Line:
        below = len(layers.rows)
        column = self._column
        heads = "".join(f" {HEADS[name]:>{column}}" for name in FIGURES)
        return [(f"{f'{below} layers':<{LABEL}}{heads}", "muted")]

    def _row(self, row: LayerRow, marked: bool, broken: set[tuple[str, str]]) -> list[Line]:
        column = self._column
        numbers: Line = [(f"{row.name:<{LABEL}.{LABEL}}", "chosen" if marked else "text")]
        curves: Line = [(f"{f'{row.kind} {row.shape}':<{LABEL}.{LABEL}}", "muted")]
        for name in FIGURES:
            beyond = (row.name, name) in broken
            text = _text(name, row.figures.get(name))
            numbers.append((f" {text:>{column}}", "bad" if beyond else "text"))
            curve = sparkline(row.curves.get(name, []), name in LOGARITHMIC)
            curves.append((f" {curve:<{column}.{column}}", "bad" if beyond else "accent"))
        return [numbers, curves]


def _text(name: str, value: float | None) -> str:
    """Write a figure; nothing for one that a layer does not have."""
    if value is None:
        return ""
    if name == "inactive":
        return share(value).strip()
    if name == "update":
        return f"{value:.1e}"
    return figure(value, abs(value) or 1.0).strip()


def _concerns(concerns: list[Concern], keys: dict[str, str], width: int, room: int) -> list[Line]:
    """Write what is beyond the usual, as many as there is room for; else what the figures are."""
    if not concerns:
        return [[(line, "muted")] for line in wrap(LEGEND, width)]
    lines: list[Line] = []
    for concern in concerns[:room]:
        about = "" if concern.exact else "about "
        said = f"{concern.text} since {about}epoch {concern.since:,}"
        line: Line = [("▲ ", "bad"), (said, "text")]
        for more in (keys.get(concern.layer, ""), f" · {concern.meaning}"):
            if sum(len(text) for text, _ in line) + len(more) <= width:
                line.append((more, "muted"))
        lines.append(line)
    if len(concerns) > room:
        lines[-1] = [(f"  and {len(concerns) - room + 1} more", "muted")]
    return lines
