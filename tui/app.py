"""The app: a watcher that also steers, by what the keys say."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from textual import work
from textual.app import SystemCommand
from textual.binding import BindingsMap
from textual.command import CommandPalette
from textual.screen import ModalScreen, Screen
from textual.theme import ThemeProvider

from engine.protocol import commands
from engine.protocol.bounds import MOST_EPOCHS
from engine.service.remote import RemoteConnection
from tui.export import FORMATS, export, read_format
from tui.footer import GOING
from tui.keymap import action_of
from tui.keys import ACTIONS, MODES
from tui.screens.branches import BranchesScreen
from tui.screens.breakpoints import BreakpointsScreen
from tui.screens.dialogs import Ask, Dialog, Quit, Told
from tui.screens.help import Help
from tui.screens.palette import Palette
from tui.views.inside.view import InsideView
from tui.views.layers.view import LayersView
from tui.views.samples.view import SamplesView
from tui.watcher import Watcher

EXAMPLE = "dense_1.weights[0, 0] = "


class Monitor(Watcher):
    """Watches and steers one session: one action for each key."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Textual's own keymap would take a key from all views where it is rebound in one.
        own = BindingsMap(self.keymap.bindings())
        self._bindings = BindingsMap.merge([self._bindings, own])

    def action_pause(self) -> None:
        """Pause."""
        self.send(commands.Pause())

    def action_resume(self) -> None:
        """Go on, or start."""
        self.send(commands.Resume())

    action_start = action_resume  # of the key that pauses while it runs

    def action_step(self, unit: str, back: bool = False) -> None:
        """Go one operation, batch or epoch on, or back."""
        self.send(commands.Step(unit, back))  # type: ignore[arg-type]

    def action_run_back(self) -> None:
        """Go back to where a breakpoint held."""
        self.send(commands.RunBack())

    async def action_breakpoints(self) -> None:
        """Show the breakpoints."""
        await self.push_screen(BreakpointsScreen(self.breakpoints, self.send))

    async def action_edit(self) -> None:
        """Ask for a change."""
        under = {
            "-inside": lambda: self.query_one(InsideView).editable,
            "-samples": lambda: self.query_one(SamplesView).editable,
        }.get(self.mode, str)()
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
            await self._pose(BranchesScreen(self.branches, self.frame, self.leading))

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
        if action in ("pause", "start"):
            return (action == "pause") == (self.status in GOING)
        return action != "in_view" or parameters[0] in MODES[self.mode]

    def action_show(self, name: str) -> None:
        """Show all panels, or only some."""
        self.mode = name
        for view in self.views:
            if view.NAME in MODES[name]:
                view.prepare(self)
        screen = self.screen_stack[0]
        for mode in filter(None, MODES):
            screen.set_class(mode == name, mode)
        self.show_keys()

    def action_in_view(self, name: str, action: str, arguments: tuple[object, ...]) -> None:
        """Do what a key of a view says."""
        (view,) = (view for view in self.views if name == view.NAME)
        command = view.act(action, *arguments)
        if command:
            self.send(command)
        self.on_view_changed()

    def on_layers_view_opened(self, event: LayersView.Opened) -> None:
        """Look inside a layer."""
        self.query_one(InsideView).open(f"{event.layer}.forward")
        self.action_show("-inside")
        self._subscribe()
        self._hurry()

    def action_help(self) -> None:
        """Show the keys."""
        self.push_screen(Help(self.keymap, self.mode))

    async def action_quit(self) -> None:
        """Quit; ask first while it trains. What stands still ends with its last screen."""
        if self.status == "running":
            ways = {"stop": self.stop, "detach": self.detach}
            await self.push_screen(Quit(self.outlives), lambda way: way and ways[way]())
        else:
            self.stop(if_idle=True)

    async def action_export(self) -> None:
        """Ask in which format the run is to be written."""
        directory = self.log_path.parent
        if isinstance(self.connection, RemoteConnection) or not (directory / "run.db").exists():
            return self.tell("it can be exported only on the machine that records it: nntui export")
        question = f"Export as {', '.join(FORMATS[:3])}, ..."

        def write(format: str | None) -> None:
            if format:
                self._export(directory, format)

        await self.push_screen(Ask(question, FORMATS[0], read_format), write)
        return None

    @work
    async def _export(self, directory: Path, format: str) -> None:
        self.tell("it is being written")
        self.tell(await export(directory, format))

    def action_detach(self) -> None:
        """Quit, and leave the run as it is."""
        self.detach()

    def action_command_palette(self) -> None:
        """Show the palette."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(Palette(id="--command-palette"))

    def search_themes(self) -> None:
        """Show the themes."""
        self.push_screen(Palette([ThemeProvider], placeholder="Search for themes…"))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Put every key's action into the palette."""
        own = {key.text for key in self.keymap}
        yield from (c for c in super().get_system_commands(screen) if c.title not in own)
        note = self.welcome.note if self.welcome else ""
        if note:
            yield SystemCommand(
                "Describe the data",
                "what was read, and what was done to it",
                lambda: self.push_screen(Told("data", note)),
            )
        for key in self.keymap:
            yield SystemCommand(
                key.text,
                f"key {key.shown}",
                partial(self.call_later, self.run_action, action_of(key)),
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
    if abs(epoch) > MOST_EPOCHS:
        raise ValueError(f"an epoch is at most {MOST_EPOCHS:,}")
    return commands.GoTo(epoch, relative=text[0] in "+-")


def _read_change(text: str) -> commands.Edit:
    if "=" not in text:
        raise ValueError(f"a target and a number are needed, as {EXAMPLE}0.5")
    return commands.Edit(text)
