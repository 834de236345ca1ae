"""The app: a watcher that also steers, by what the keys say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from textual.app import SystemCommand
from textual.command import CommandPalette
from textual.screen import ModalScreen, Screen
from textual.theme import ThemeProvider

from engine.protocol import commands
from tui.keys import ACTIONS, INSIDE, KEYS, bindings
from tui.screens.branches import BranchesScreen
from tui.screens.breakpoints import BreakpointsScreen
from tui.screens.dialogs import Ask, Confirm, Dialog, Help
from tui.screens.palette import Palette
from tui.watcher import Watcher
from tui.widgets.chart import Chart
from tui.widgets.charts import FIRST
from tui.widgets.inside.view import Inside
from tui.widgets.samples import SamplesPanel

EXAMPLE = "dense_1.weights[0, 0] = "


class Monitor(Watcher):
    """Watches and steers one session: one action for each key."""

    BINDINGS = bindings()

    def action_pause_or_resume(self) -> None:
        """Pause or resume."""
        running = self.status in ("running", "starting")
        self.send(commands.Pause() if running else commands.Resume())

    def action_resume(self) -> None:
        """Continue."""
        self.send(commands.Resume())

    def action_step(self, unit: str, back: bool = False) -> None:
        """Go one operation, batch or epoch on, or back."""
        self.send(commands.Step(unit, back))  # type: ignore[arg-type]

    def action_scrub(self, columns: int) -> None:
        """Go along the chart by a column, to an epoch that is known."""
        frame, wanted = self.frame, self._subscribed
        if frame and wanted and wanted.points:
            epochs = columns * max(1, round(2 * wanted.span / wanted.points))
            epoch = max(0, min(frame.reached, frame.epoch + epochs))
            if epoch != frame.epoch:
                self.send(commands.GoTo(epoch))

    def action_run_back(self) -> None:
        """Go back to where a breakpoint held."""
        self.send(commands.RunBack())

    async def action_breakpoints(self) -> None:
        """Show the breakpoints."""
        await self.push_screen(BreakpointsScreen(self.breakpoints, self.send))

    async def action_edit(self) -> None:
        """Ask for a change."""
        under = self.query_one(Inside).editable if self._looks_inside else ""
        await self._pose(Ask("Edit: target = value", under or EXAMPLE, _read_change))

    def action_undo(self) -> None:
        """Take an edit back."""
        self.send(commands.Undo())

    def action_fork(self) -> None:
        """Begin a branch here."""
        self.send(commands.Fork())

    async def action_branches(self) -> None:
        """Show the branches, and go over to one."""
        if self.branches:
            await self._pose(BranchesScreen(self.branches, self.frame, self.metrics[:FIRST]))

    def action_rate(self, steps: int) -> None:
        """Change the learning rate by steps."""
        self.send(commands.NudgeLearningRate(steps))

    def action_speed(self, steps: int) -> None:
        """Change the speed by steps."""
        self.send(commands.NudgeSpeed(steps))

    def action_restart(self, new_weights: bool) -> None:
        """Begin again."""
        self.send(commands.Restart(new_weights))

    def action_train_further(self) -> None:
        """Train as many epochs again."""
        self.send(commands.TrainFurther(self.frame.epochs if self.frame else 1))

    async def action_type_rate(self) -> None:
        """Ask for a learning rate."""
        now = f"{self.frame.learning_rate:g}" if self.frame else ""
        await self._pose(Ask("Learning rate", now, _read_rate))

    async def action_go_to(self) -> None:
        """Ask for an epoch."""
        await self._pose(Ask("Go to epoch (or +50, -50)", "", _read_epoch))

    async def _pose(self, question: Dialog) -> None:
        """Ask, and send the answer; keys that are already typed wait for the question."""
        await self.push_screen(question, lambda answer: self.send(answer) if answer else None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the keys to a question that is asked, or to the view that they are of."""
        if isinstance(self.screen, ModalScreen) and action in ACTIONS:
            return None
        return action not in INSIDE or self._looks_inside

    def action_order(self, order: str) -> None:
        """Show only some samples, or all again."""
        self.order, self.first = ("all" if self.order == order else order), 0
        self._subscribe()
        self._hurry()

    def action_scroll(self, rows: int) -> None:
        """Scroll through the samples, or move in an array."""
        if self._looks_inside:
            return self._look(lambda inside: inside.move(rows, 0))
        total = self.frame.samples.total if self.frame and self.frame.samples else 0
        most = max(0, total - self.query_one(SamplesPanel).rows)
        self.first = max(0, min(most, self.first + rows))
        self._subscribe()
        self._hurry()
        return None

    def action_page(self, pages: int) -> None:
        """Scroll by a page."""
        if self._looks_inside:
            return self._look(lambda inside: inside.page(pages))
        return self.action_scroll(pages * max(1, self.query_one(SamplesPanel).rows))

    def action_jump(self, direction: int) -> None:
        """Scroll to the first, or the last."""
        if self._looks_inside:
            return self._look(lambda inside: inside.jump(direction))
        return self.action_scroll(direction * 10**9)

    def action_sideways(self, columns: int) -> None:
        """Show other classes of the samples, or move in an array."""
        if self._looks_inside:
            return self._look(lambda inside: inside.move(0, columns))
        self.query_one(SamplesPanel).scroll_classes(columns)
        self._draw()
        return None

    def action_log_axis(self) -> None:
        """Change the axis of the first chart."""
        chart = self.query(Chart).first()
        chart.logarithmic = not chart.logarithmic
        self._draw()

    def action_view(self, name: str) -> None:
        """Show all panels, or only some."""
        screen = self.screen_stack[0]
        for view in ("-curves", "-samples", "-inside"):
            screen.set_class(view == name, view)
        self.refresh_bindings()

    # -- inside an operation -------------------------------------------------------------------

    @property
    def _looks_inside(self) -> bool:
        return len(self.screen_stack) == 1 and self.screen.has_class("-inside")

    def _look(self, change: Callable[[Inside], None]) -> None:
        """Change what is looked at inside an operation."""
        change(self.query_one(Inside))
        self._subscribe()
        self._hurry()

    def action_array(self, steps: int) -> None:
        """Look at another array."""
        self._look(lambda inside: inside.choose_array(steps))

    def action_operation(self, steps: int) -> None:
        """Look at another operation."""
        self._look(lambda inside: inside.choose_operation(steps))

    def action_follow(self) -> None:
        """Look at the operation just done, or at the next."""
        self._look(Inside.follow)

    def action_face(self) -> None:
        """Show an array in another way."""
        self._look(Inside.turn)

    def action_source(self) -> None:
        """Show the source in full."""
        self._look(Inside.toggle_source)

    def action_help(self) -> None:
        """Show the keys."""
        self.push_screen(Help())

    async def action_quit(self) -> None:
        """Quit; ask first while it trains."""
        if self.status == "running":
            self.push_screen(
                Confirm("End it?", "end the training and quit", "go on"),
                lambda yes: self.exit(0) if yes else None,
            )
        else:
            self.exit(0)

    def action_command_palette(self) -> None:
        """Show the palette."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(Palette(id="--command-palette"))

    def search_themes(self) -> None:
        """Show the themes."""
        self.push_screen(Palette([ThemeProvider], placeholder="Search for themes…"))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Put every key's action into the palette."""
        own = {key.text for key in KEYS}
        yield from (c for c in super().get_system_commands(screen) if c.title not in own)
        for key in KEYS:
            yield SystemCommand(
                key.text,
                f"key {key.shown}",
                lambda a=key.action: self.call_later(self.run_action, a),
            )


def _read_rate(text: str) -> commands.SetLearningRate:
    try:
        rate = float(text)
    except ValueError:
        raise ValueError("a number is needed, as 0.05") from None
    if not 0 < rate < float("inf"):
        raise ValueError("it must be above 0")
    return commands.SetLearningRate(rate)


def _read_epoch(text: str) -> commands.GoTo:
    """Read an epoch, or how many further or back: from where the training will then be."""
    try:
        epoch = int(text)
    except ValueError:
        raise ValueError("an epoch is needed, as 500, +50 or -50") from None
    if abs(epoch) > commands.MOST_EPOCHS:
        raise ValueError(f"an epoch is at most {commands.MOST_EPOCHS:,}")
    return commands.GoTo(epoch, relative=text[0] in "+-")


def _read_change(text: str) -> commands.Edit:
    if "=" not in text:
        raise ValueError(f"a target and a number are needed, as {EXAMPLE}0.5")
    return commands.Edit(text)
