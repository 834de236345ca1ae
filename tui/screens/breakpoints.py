"""The breakpoints: a list to switch and forget them, and a line to type a new one."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static
from textual.widgets.option_list import Option

from engine.protocol.commands import (
    RemoveBreakpoint,
    SessionCommand,
    SetBreakpoint,
    SwitchBreakpoint,
)
from engine.protocol.events import BreakpointsChanged, BreakpointState, Rejected
from engine.protocol.frames import SessionEvent
from tui.screens.dialogs import Dialog
from tui.widgets.choices import Choices
from tui.widgets.line import Line

EXAMPLES = (
    "loss < 0.5   accuracy > 0.9 and epoch > 100   isnan(loss)\n"
    "loss > 1.5 * previous(loss)   grad_norm('dense_1') > 10\n"
    "dead('relu_1') > 0.3   dense_2.backward (before that operation)\n"
    "and, at the end: once, or after 3"
)
HINT = "enter sets it · ↓ to the list: space switches, del forgets · esc"


class BreakpointsScreen(Dialog):
    """Shows the breakpoints and changes them.

    Parameters
    ----------
    breakpoints : BreakpointsChanged
    send : callable
        Takes the commands.
    """

    BINDINGS = [  # noqa: RUF012
        ("escape", "dismiss(None)", "Close"),
        ("delete,x", "remove", "Forget"),
        ("space", "switch", "Switch"),
        ("down", "to_list", "List"),
    ]

    def __init__(
        self, breakpoints: BreakpointsChanged, send: Callable[[SessionCommand], None]
    ) -> None:
        super().__init__()
        self.breakpoints, self.send = breakpoints, send

    def compose(self) -> ComposeResult:
        """Lay out the list and the line."""
        with Vertical() as box:
            box.border_title = "breakpoints"
            yield Line(placeholder="stop where …")
            yield Choices()
            yield Static(HINT, id="hint", classes="hint")
            yield Static(EXAMPLES, classes="examples")

    def on_mount(self) -> None:
        """Fill the list, and take what is typed from the first key on."""
        self.set_focus(self.query_one(Line))
        self.show_breakpoints(self.breakpoints)

    def hear(self, event: SessionEvent) -> None:
        """Show the breakpoints, or what is wrong with the condition, which is left to be mended."""
        match event:
            case BreakpointsChanged():
                self.show_breakpoints(event)
            case Rejected(message):
                self._hint(message, problem=True)

    def show_breakpoints(self, event: BreakpointsChanged) -> None:
        """Show the breakpoints that there are."""
        more = len(event.breakpoints) > len(self.breakpoints.breakpoints)
        self.breakpoints = event
        options, line = self.query_one(Choices), self.query_one(Line)
        at = options.highlighted
        options.set_options(Option(_line(b), id=str(b.number)) for b in event.breakpoints)
        options.display = bool(event.breakpoints)
        if more:
            line.clear()
        if event.breakpoints:
            options.highlighted = min(at or 0, len(event.breakpoints) - 1)
        else:
            line.focus()
        self._hint(HINT)

    def _hint(self, message: str, problem: bool = False) -> None:
        hint = self.query_one("#hint", Static)
        hint.update(Text(message))
        hint.set_class(problem, "problem")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Set a breakpoint."""
        if event.value.strip():
            self.send(SetBreakpoint(event.value))

    def on_input_changed(self) -> None:
        """Forget what was wrong."""
        self._hint(HINT)

    def on_option_list_option_selected(self) -> None:
        """Switch the one that enter was pressed on."""
        self.action_switch()

    def action_to_list(self) -> None:
        """Move to the list."""
        if self.breakpoints.breakpoints:
            self.query_one(Choices).focus()

    def action_switch(self) -> None:
        """Look at it, or no longer."""
        if chosen := self._chosen():
            self.send(SwitchBreakpoint(chosen.number))

    def action_remove(self) -> None:
        """Forget it."""
        if chosen := self._chosen():
            self.send(RemoveBreakpoint(chosen.number))

    def _chosen(self) -> BreakpointState | None:
        options, all_of_them = self.query_one(Choices), self.breakpoints.breakpoints
        at = options.highlighted
        if not options.has_focus or at is None or at >= len(all_of_them):
            return None
        return all_of_them[at]


def _line(breakpoint: BreakpointState) -> Text:
    sign = "●" if breakpoint.on else "○"
    held = f"   held {breakpoint.held}×" if breakpoint.held else ""
    text = Text.assemble(f"{sign} {breakpoint.number:>2}  ", breakpoint.condition, (held, "dim"))
    if not breakpoint.on:
        text.stylize("dim")
    return text
