"""The branches of a run: where each left, what was changed there, and what it came to."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from engine.protocol.commands import GoOver
from engine.protocol.events import BranchesChanged, BranchState
from engine.protocol.frames import Frame
from engine.protocol.metrics import Metric
from tui.screens.dialogs import Dialog
from tui.widgets.choices import Choices


class BranchesScreen(Dialog):
    """Shows the branches with their metrics, to go over to one."""

    BINDINGS = [("escape,o,q", "dismiss(None)", "Close")]  # noqa: RUF012

    def __init__(
        self, branches: BranchesChanged, frame: Frame | None, metrics: Sequence[Metric]
    ) -> None:
        super().__init__()
        self.branches, self.frame, self.metrics = branches, frame, metrics

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        with Vertical() as box:
            box.border_title = "branches"
            names = " ".join(f"{m.label:>{m.width + 3}}" for m in self.metrics)
            yield Static(f"  {'':<10} {'epoch':>8} {names}", classes="hint")
            yield Choices(*(Option(self._line(b), id=b.name) for b in self.branches.branches))
            yield Static("enter goes to its end, escape stays", classes="hint")

    def on_mount(self) -> None:
        """Begin at the branch that the run is on."""
        names = [b.name for b in self.branches.branches]
        self.query_one(Choices).highlighted = names.index(self.branches.current)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Go over."""
        name = event.option.id
        self.dismiss(GoOver(name) if name and name != self.branches.current else None)

    def _line(self, branch: BranchState) -> Text:
        current = branch.name == self.branches.current
        epoch, values = branch.epoch, branch.metrics
        if current and self.frame and self.frame.epoch == self.frame.reached:
            epoch, values = self.frame.epoch, self.frame.metrics
        numbers = (f"{m.text(values.get(m.name)):>{m.width + 3}}" for m in self.metrics)
        figures = " ".join((f"{'–' if epoch is None else epoch:>8}", *numbers))
        left = f"  left {branch.parent} at {branch.left}" if branch.parent else ""
        reason = f": {branch.reason}" if branch.reason else ""
        sign = "● " if current else "  "
        return Text.assemble((sign, "bold"), f"{branch.name:<10} {figures}", (left + reason, "dim"))
