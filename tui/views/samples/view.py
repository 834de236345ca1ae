"""What softmax says of single rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from engine.protocol.views.samples import Order, Samples, SamplesQuery
from tui.key import Key
from tui.views.view import RunState, View
from tui.widgets.bar import bar
from tui.widgets.canvas import Canvas, Line

if TYPE_CHECKING:
    from engine.protocol.views.samples import SampleRow

ORDERS: dict[Order, str] = {
    "data": "as they come",
    "loss": "greatest loss first",
    "uncertain": "least certain first",
}
LEAST_BAR, MOST_BAR = 4, 24
FIGURE = 8  # columns of a class besides its bar: a blank, the number, two blanks
FEATURE, LOSS = 8, 8  # columns of a feature and of a loss
MOST_FEATURES = 4
EMPTY = "what the network predicts for each sample will be here"
NEEDED = 6  # more columns than these of each class, before features are shown


class SamplesView(Canvas, View):
    """A table of samples.

    Attributes
    ----------
    first, chosen : int
        The places, in the order, of the first that is shown and of the one under the cursor.
    order, only_wrong
        In which order, and whether only those are shown that are predicted wrongly.
    first_class : int
        The leftmost class that is shown, where there is no room for all.
    """

    NAME = "samples"
    KEYS: ClassVar = (
        Key(
            "samples.wrong",
            "w",
            "wrong",
            "Samples: only the wrong ones, or all",
            "only the wrong",
            "wrong",
        ),
        Key(
            "samples.order",
            "u",
            "next_order",
            "Samples: by loss, by uncertainty, as they come",
            "order",
            "order",
        ),
        Key("samples.up", "up", "choose(-1)", "Samples: up", "up, down"),
        Key("samples.down", "down", "choose(1)", "Samples: down", "up, down"),
        Key("samples.page_up", "pageup", "page(-1)", "Samples: a page up", "a page"),
        Key("samples.page_down", "pagedown", "page(1)", "Samples: a page down", "a page"),
        Key("samples.first", "home", "choose(-1_000_000_000)", "Samples: the first", "first, last"),
        Key("samples.last", "end", "choose(1_000_000_000)", "Samples: the last", "first, last"),
        Key(
            "samples.left", "left", "sideways(-1)", "Samples: classes further left", "more classes"
        ),
        Key(
            "samples.right",
            "right",
            "sideways(1)",
            "Samples: classes further right",
            "more classes",
        ),
    )

    def __init__(self) -> None:
        super().__init__()
        self.first = self.chosen = self._total = 0
        self.order: Order = "data"
        self.only_wrong = False
        self.border_title = "samples"
        self.first_class, self._names, self._label = 0, [""], 4
        self._seen: Samples | None = None

    @property
    def rows(self) -> int:
        """How many rows fit."""
        return max(0, self.size.height - 1)

    @property
    def editable(self) -> str:
        """The sample under the cursor as it is edited, ``data.X[5, 0] = 0.5``."""
        seen = self._seen
        here = (
            [row for k, row in enumerate(seen.rows, seen.first) if k == self.chosen] if seen else []
        )
        if not here or not here[0].features:
            return ""
        return f"data.X[{here[0].row}, 0] = {here[0].features[0]:.6g}"

    def wanted(self, state: RunState) -> SamplesQuery | None:
        """Return which samples there is room for."""
        if not self.rows:
            return None
        features = max(1, self._features)
        return SamplesQuery(self.first, self.rows, self.order, self.only_wrong, features)

    def action_wrong(self) -> None:
        """Show only the samples that are predicted wrongly, or all again."""
        self.only_wrong = not self.only_wrong
        self.first = self.chosen = 0

    def action_next_order(self) -> None:
        """Show the samples in another order."""
        orders = list(ORDERS)
        self.order = orders[(orders.index(self.order) + 1) % len(orders)]
        self.first = self.chosen = 0

    def action_choose(self, rows: int) -> None:
        """Move the cursor by rows, and scroll as little as shows it."""
        self.chosen = max(0, min(self._total - 1, self.chosen + rows))
        self.first = max(min(self.first, self.chosen), self.chosen - self.rows + 1, 0)
        self.first = max(0, min(self._total - self.rows, self.first))

    def action_page(self, pages: int) -> None:
        """Scroll by pages."""
        self.action_choose(pages * max(1, self.rows))

    def action_sideways(self, classes: int) -> None:
        """Show other classes, where there is no room for all."""
        last = len(self._names) - self._shown
        self.first_class = max(0, min(last, self.first_class + classes))

    def draw(self, state: RunState) -> None:
        """Draw the samples that the session sent."""
        samples = state.frame and state.frame.answer(Samples)
        if not samples or not state.welcome:
            return
        self._seen, self._total, names = samples, samples.total, state.welcome.class_names
        self.action_choose(0)
        self._names, self._label = names, min(10, max(4, *map(len, names)))
        self.action_sideways(0)
        last = samples.first + len(samples.rows)
        hidden = len(names) - self._shown
        sideways = state.keymap.shown("samples.left") + state.keymap.shown("samples.right")
        more = f" · {sideways} {hidden} more classes" if hidden else ""
        part = f" of every {samples.every}th" if samples.every > 1 else ""
        only = "only the wrong ones, " if self.only_wrong else ""
        right = samples.wrong == 0 and samples.total + self.only_wrong > 0
        wrong = "none wrong" if right else f"{samples.wrong} wrong"
        here = f"{samples.first + 1}–{last} of {samples.total} · {wrong}" if last else None
        self.entitle(
            f"samples · {only}{ORDERS[self.order]}{part}{more}",
            here,
        )
        self.paint(lambda width, height: self._table(samples))

    @property
    def _features(self) -> int:
        """How many features there is room for, once each class has a bar."""
        seen = self._seen.rows[0].features if self._seen and self._seen.rows else [0.0] * 2
        spare = self.size.width - self._least - (LEAST_BAR + NEEDED + FIGURE) * len(self._names)
        return max(0, min(MOST_FEATURES, spare // FEATURE, max(2, len(seen))))

    @property
    def _least(self) -> int:
        """Columns of what is always shown."""
        return 5 + 2 + self._label + 2 + self._label + 3 + LOSS

    @property
    def _left(self) -> int:
        return self._least + FEATURE * self._features

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

    def _table(self, samples: Samples) -> list[Line]:
        if not samples.rows:
            said = "none is predicted wrongly" if self.only_wrong else EMPTY
            return [[]] * (self.rows // 2) + [[(said.center(self.size.width), "faint")]]
        width, view, features = self._bar, self._in_view, self._features
        rows = (
            self._row(row, width, view, features, k == self.chosen)
            for k, row in enumerate(samples.rows, samples.first)
        )
        return [self._head(width + FIGURE, view, features), *rows]

    def _head(self, width: int, view: slice, features: int) -> Line:
        label = self._label
        head = f"{'row':>5}  {'true':<{label}}  {'predicted':<{label}.{label}}   {'loss':<{LOSS}}"
        head += "".join(f"{f'X[{k}]':<{FEATURE}}" for k in range(features))
        head += "".join(f"{name[: width - 2]:<{width}}" for name in self._names[view])
        return [(head, "muted")]

    def _row(self, row: SampleRow, width: int, view: slice, features: int, chosen: bool) -> Line:
        label = self._label
        right, names = row.predicted == row.true_class, self._names
        verdict = "good" if right else "bad"
        predicted = "nan" if row.predicted is None else names[row.predicted]
        line = [(f"{row.row:5d}", "chosen" if chosen else "muted")]
        line.append((f"  {names[row.true_class][:label]:<{label}}  ", "muted"))
        line.append((f"{predicted[:label]:<{label}} {'✓' if right else '✗'} ", verdict))
        loss = "nan" if row.loss is None else f"{row.loss:.4f}"
        line.append((f"{loss:<{LOSS}}", "text"))
        shown = [f"{_feature(x):<{FEATURE}}" for x in row.features[:features]]
        line.append(("".join(shown).ljust(FEATURE * features), "muted"))
        for k, share in enumerate(row.probabilities[view], view.start):
            strong = k == row.predicted
            filled, empty = bar(share or 0.0, width)
            figure = "  nan" if share is None else f"{share:.3f}"
            line += [(filled, verdict if strong else "muted"), (empty, "faint")]
            line.append((f" {figure}  ", "text" if strong else "muted"))
        return line


def _feature(value: float) -> str:
    """Write a feature in seven columns."""
    text = f"{value:.3f}"
    return text if len(text) < FEATURE else f"{value:.1e}"
