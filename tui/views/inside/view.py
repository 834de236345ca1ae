"""The view of an operation's inside: what is looked at, and the panels that show it."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, ClassVar, get_args

import msgspec
from textual.app import ComposeResult
from textual.containers import Container

from engine.protocol.views.inside import InsideQuery, Inspection, Kind, ProgramEntry, heat_room
from tui.key import Key
from tui.views.inside.arrays import ArraysPanel, FiguresPanel
from tui.views.inside.heat import HeatPanel
from tui.views.inside.numbers import CellLine, NumbersPanel
from tui.views.inside.operation import OperationPanel, highlighted
from tui.views.inside.program import ProgramPanel
from tui.views.view import RunState, View

if TYPE_CHECKING:
    from engine.protocol.frames import Frame

FACES = ("-numbers", "-heat", "-figures")
KINDS: tuple[Kind, ...] = get_args(Kind)


class InsideView(Container, View):
    """Shows one operation.

    Attributes
    ----------
    program : list of ProgramEntry
    operation : int or None
        The one looked at; None follows the training.
    array : str
        The array looked at; where an operation has none of that name, the first that it writes.
    row, column : int
        The cell under the cursor, kept from one array to the next.
    kind : Kind
        What heatmap and numbers show of it.
    """

    NAME = "inside"
    KEYS: ClassVar = (
        Key("inside.next_array", "tab", "array(1)", "Inside: the next array", "array", "array"),
        Key("inside.previous_array", "shift+tab", "array(-1)", "Inside: the array before", "array"),
        Key(
            "inside.next_operation",
            "j",
            "operation(1)",
            "Inside: the operation below",
            "operation",
            "look",
        ),
        Key(
            "inside.previous_operation",
            "k",
            "operation(-1)",
            "Inside: the operation above",
            "operation",
            "look",
        ),
        Key(
            "inside.follow",
            "escape",
            "follow",
            "Inside: follow the training",
            "follow training",
            "follow",
        ),
        Key(
            "inside.turn",
            "h",
            "turn",
            "Inside: numbers, heatmap, figures",
            "numbers, heatmap",
            "turn",
        ),
        Key(
            "inside.show",
            "a",
            "show",
            "Inside: values, change, gradient",
            "value, gradient",
            "show",
        ),
        Key(
            "inside.source", "v", "source", "Inside: source and kernel", "source, kernel", "source"
        ),
        Key("inside.up", "up", "move(-1, 0)", "Inside: a row up", "a row"),
        Key("inside.down", "down", "move(1, 0)", "Inside: a row down", "a row"),
        Key("inside.left", "left", "move(0, -1)", "Inside: a column to the left", "a column"),
        Key("inside.right", "right", "move(0, 1)", "Inside: a column to the right", "a column"),
        Key("inside.page_up", "pageup", "page(-1)", "Inside: a page up", "a page"),
        Key("inside.page_down", "pagedown", "page(1)", "Inside: a page down", "a page"),
        Key("inside.first", "home", "jump(-1)", "Inside: the first number", "first, last"),
        Key("inside.last", "end", "jump(1)", "Inside: the last number", "first, last"),
    )

    def __init__(self) -> None:
        super().__init__(classes=FACES[0])
        self.program: list[ProgramEntry] = []
        self.operation: int | None = None
        self.array, self.row, self.column = "", 0, 0
        self.kind: Kind = "values"
        self._seen: Inspection | None = None
        self._opened = ""
        self._numbers_at = self._heat_at = (0, 0)

    def compose(self) -> ComposeResult:
        """Lay out the panels."""
        yield ProgramPanel()
        with Container(id="operation"):
            with Container(id="does"):
                yield OperationPanel()
                yield ArraysPanel()
            with Container(id="holds"):
                with Container(id="values"):
                    yield FiguresPanel()
                    yield HeatPanel()
                    yield NumbersPanel()
                yield CellLine()

    # -- asking and showing ----------------------------------------------------------------------

    def wanted(self, state: RunState) -> InsideQuery:
        """Return what there is room for."""
        names = [entry.name for entry in self.program]
        if self._opened in names:
            self.operation, self._opened = names.index(self._opened), ""
        heat, numbers = self.query_one(HeatPanel), self.query_one(NumbersPanel)
        seen, figures = self._seen, self.query_one(FiguresPanel)
        beside = seen.gradient if seen and self.kind == "values" else ""
        at = (seen.cell.row, seen.cell.column) if seen else (0, 0)
        shape = (seen.rows, seen.columns) if seen else (1, 1)
        self._numbers_at = _scrolled(self._numbers_at, at, numbers.shown(beside))
        self._heat_at = _scrolled(self._heat_at, at, heat_room(shape, (heat.rows, heat.columns)))
        return InsideQuery(
            self.operation,
            self.array,
            self.row,
            self.column,
            *self._numbers_at,
            numbers.rows if numbers.region else 0,
            numbers.columns if numbers.region else 0,
            *self._heat_at,
            heat.rows if heat.region else 0,
            heat.columns if heat.region else 0,
            figures.bins if figures.region else 0,
            self.kind,
        )

    @property
    def editable(self) -> str:
        """The parameter under the cursor as it is edited, ``dense_1.weights[0, 17] = 0.5``."""
        seen = self._seen
        return f"{seen.cell.name} = {seen.cell.value:.6g}" if seen and seen.gradient else ""

    def prepare(self, state: RunState) -> None:
        """Draw the program, and the operation that comes next."""
        frame, run = state.frame, state.welcome
        if self._seen is None and frame and run:
            Thread(target=highlighted, args=("",), daemon=True).start()  # its import takes long
            known = [ProgramEntry(*item, [], [], "", "") for item in run.operations.items()]
            names = list(run.operations)
            looked_at = names.index(self._opened) if self._opened in names else frame.operation
            self._draw_operation(self.program or known, looked_at, state, frame)

    def draw(self, state: RunState) -> None:
        """Draw what the session sent."""
        frame = state.frame
        seen = frame.answer(Inspection) if frame else None
        if frame is None or seen is None or not self.program:
            return
        self._seen = seen
        self._draw_operation(self.program, seen.operation, state, frame)
        self.query_one(FiguresPanel).draw_figures(seen)
        self.query_one(HeatPanel).draw_heat(seen)
        self.query_one(NumbersPanel).draw_numbers(seen)
        self.query_one(CellLine).draw_cell(seen)

    def _draw_operation(
        self, program: list[ProgramEntry], looked_at: int, state: RunState, frame: Frame
    ) -> None:
        """Draw the program, and what of an operation is the same at all times."""
        entry, is_next = program[looked_at], frame.operation == looked_at
        stops = {name for b in state.breakpoints.breakpoints if b.on for name in b.operations}
        self.query_one(ProgramPanel).draw_program(program, frame.operation, looked_at, stops)
        self.query_one(OperationPanel).draw_operation(entry, is_next, self.has_class("-source"))
        self.query_one(ArraysPanel).draw_arrays(entry, self._seen)

    def open(self, operation: str) -> None:
        """Look at the operation of that name, as soon as the program is known."""
        self._opened, self.array = operation, ""

    # -- moving about ----------------------------------------------------------------------------

    def action_array(self, steps: int) -> None:
        """Look at the next array, or the one before."""
        if self._seen:
            names = [line.name for line in self._seen.arrays]
            here = names.index(self.array) if self.array in names else self._seen.array
            self.array = names[(here + steps) % len(names)]

    def action_operation(self, steps: int) -> None:
        """Look at the operation below, or above."""
        if self._seen:
            here = self._seen.operation if self.operation is None else self.operation
            self.operation = max(0, min(here + steps, len(self.program) - 1))

    def action_follow(self) -> None:
        """Look at what is trained now."""
        self.operation = None
        self.set_class(False, "-source")

    def action_move(self, rows: int, columns: int) -> None:
        """Move the cursor, or a source that is shown in full."""
        seen = self._seen
        if self.has_class("-source"):
            self.query_one(OperationPanel).scroll(rows)
        elif seen:
            self.row = max(0, min(seen.cell.row + rows, seen.rows - 1))
            self.column = max(0, min(seen.cell.column + columns, seen.columns - 1))
            self._seen = _moved(seen, self.row, self.column)

    def action_page(self, pages: int) -> None:
        """Move the cursor by as many rows as are shown."""
        numbers, heat = self.query_one(NumbersPanel), self.query_one(HeatPanel)
        self.action_move(pages * max(1, numbers.rows if numbers.region else heat.rows), 0)

    def action_jump(self, direction: int) -> None:
        """Move the cursor to the first cell, or the last."""
        self.action_move(direction * 10**9, direction * 10**9)

    def action_turn(self) -> None:
        """Show the array as numbers, as a heatmap, or in figures, where not all fit."""
        now = next(k for k, face in enumerate(FACES) if self.has_class(face))
        self.remove_class(FACES[now])
        self.add_class(FACES[(now + 1) % len(FACES)])

    def action_show(self) -> None:
        """Show an array's values, their change in the last step, or their gradient."""
        self.kind = KINDS[(KINDS.index(self.kind) + 1) % len(KINDS)]

    def action_source(self) -> None:
        """Show the source in full, with the kernel below, or what else there is."""
        self.toggle_class("-source")


def _scrolled(
    first: tuple[int, int], at: tuple[int, int], size: tuple[int, int]
) -> tuple[int, int]:
    """Return where a window begins that has been moved as little as shows the cell at ``at``."""
    row, column = (
        min(max(f, a - max(1, n) + 1), a) for f, a, n in zip(first, at, size, strict=True)
    )
    return row, column


def _moved(seen: Inspection, row: int, column: int) -> Inspection:
    """Return what was seen, with the cursor elsewhere, for the next move to begin there."""
    cell = msgspec.structs.replace(seen.cell, row=row, column=column)
    return msgspec.structs.replace(seen, cell=cell)
