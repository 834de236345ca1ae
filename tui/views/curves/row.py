"""One row of a chart: its cells, each with its ink."""

from __future__ import annotations

from tui.widgets.braille import BLANK
from tui.widgets.canvas import Line, gathered

FREE = " " + BLANK
NEAR = 9  # rows beside a line's end in which room for its name is looked for first


class Row:
    """One row of a chart.

    Parameters
    ----------
    columns : int
    """

    def __init__(self, columns: int) -> None:
        self.cells, self.inks = [" "] * columns, ["text"] * columns

    def draw(self, dots: str, ink: str, behind_from: int | None = None) -> None:
        """Draw dots over what is there.

        Parameters
        ----------
        dots, ink : str
        behind_from : int, optional
            The column from which on what is drawn is still ahead of what is shown elsewhere.
        """
        for column, cell in enumerate(dots):
            if cell != BLANK:
                ahead = behind_from is not None and column > behind_from
                self.cells[column], self.inks[column] = cell, "ahead" if ahead else ink

    def is_free(self, column: int, length: int) -> bool:
        """Whether so many cells from a column on are there, and blank."""
        cells = self.cells[column : column + length]
        return column >= 0 and len(cells) == length and all(cell in FREE for cell in cells)

    def write(self, column: int, text: str, ink: str) -> None:
        """Write into the cells from a column on."""
        end = column + len(text)
        self.cells[column:end], self.inks[column:end] = text, [ink] * len(text)

    def write_first(self, column: int, texts: tuple[str, ...], ink: str) -> bool:
        """Write the first of some texts that there is room for; return whether there was one."""
        for text in texts:
            if self.is_free(column, len(text)):
                self.write(column, text, ink)
                return True
        return False

    def line(self) -> Line:
        """Return pieces of one ink each."""
        return gathered(zip(self.cells, self.inks, strict=True))


def write_name(body: list[Row], name: str, ink: str, column: int, row: int) -> None:
    """Write a name as near to the end of its line as there is room; not, if there is none.

    Parameters
    ----------
    body : list of Row
    name, ink : str
    column, row : int
        Where the line ends.
    """
    rows = sorted(range(len(body)), key=lambda y: abs(y - row))
    near = [(y, x) for y in rows[:NEAR] for x in (column + 2, column - len(name))]
    far = [(y, column - k) for y in rows for k in range(len(name), column)]
    for y, x in (*near, *far):
        if body[y].is_free(x - 1, len(name) + 1):
            body[y].write(x, name, ink)
            return
