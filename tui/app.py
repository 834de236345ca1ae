"""The app: it shows what the session tells, and sends it what the keys say."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from time import monotonic
from typing import Any

from textual import work
from textual.app import App, ComposeResult, SystemCommand
from textual.containers import Container
from textual.events import CursorPosition, Resize
from textual.screen import ModalScreen, Screen
from textual.timer import Timer
from textual.widgets import Footer, Static

from engine import commands, events
from engine.service.client import Connection
from tui import axis, themes
from tui.keys import ACTIONS, INSIDE, KEYS, bindings
from tui.pace import DEAF, QUESTION, Pace
from tui.screens.branches import BranchesScreen
from tui.screens.breakpoints import BreakpointsScreen
from tui.screens.dialogs import Ask, Confirm, Help
from tui.terminal import Shown
from tui.widgets.chart import Chart
from tui.widgets.inside.view import Inside
from tui.widgets.samples import SamplesPanel
from tui.widgets.status import ProgressLine, RunLine, StatusLine, number

SMALLEST = (40, 12)
EXAMPLE = "dense_1.weights[0, 0] = "


class Monitor(App[int]):
    """Watches and steers one session.

    Parameters
    ----------
    connection : Connection
    log : Path
        The run's log, to be named where the worker dies.
    """

    CSS_PATH = "app.tcss"
    TITLE = "nntui"
    BINDINGS = bindings()
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (76, "-wide"), (150, "-broad")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (18, "-middle"), (30, "-tall")]  # noqa: RUF012

    def __init__(self, connection: Connection, log: Path) -> None:
        super().__init__()
        self.connection, self.log_path = connection, log
        self.run_told: events.Welcome | None = None
        self.frame: events.Frame | None = None
        self.breakpoints = events.BreakpointsChanged([])
        self.branches: events.BranchesChanged | None = None
        self.failure = ""
        self.status = "starting"
        self.first, self.order = 0, "all"
        self.shown = Shown()
        self._pace = Pace(monotonic())
        self._next: Timer | None = None
        self._waiting: list[commands.SessionCommand] = []
        self._subscribed: commands.Subscribe | None = None
        for theme in (themes.DARK, themes.LIGHT):
            self.register_theme(theme)
        threading.Thread(target=_warm_up, daemon=True).start()

    def compose(self) -> ComposeResult:
        """Lay out the screen."""
        yield RunLine()
        yield StatusLine()
        yield ProgressLine()
        with Container(id="panels"):
            with Container(id="charts"):
                yield Chart("loss", id="loss")
                yield Chart("accuracy", bounds=(0.0, 1.0), id="accuracy")
            yield SamplesPanel()
        yield Inside()
        yield Static("", id="notice", markup=False)
        yield Footer(show_command_palette=False)
        yield Static("", id="too-small", markup=False)

    def on_mount(self) -> None:
        """Attach to the session."""
        self.theme = themes.DARK.name
        self.theme = self._first_theme()
        self.app_resume_signal.subscribe(self, lambda _: self.action_redraw())
        self.query_one(StatusLine).draw_status(None, "starting")
        self._question()
        self.listen()

    def _first_theme(self) -> str:
        wanted = os.environ.get("TEXTUAL_THEME", "")
        if wanted in self.available_themes:
            return wanted
        return themes.SIXTEEN if self.console.color_system == "standard" else themes.DARK.name

    # -- the terminal ----------------------------------------------------------------------------

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        """Write what has changed, as much as the line carries at once, and ask for an answer."""
        most = self._pace.portion(monotonic())
        super()._display(screen, self.shown.lessen(renderable, self.size, most))
        self._question()

    def _question(self) -> None:
        if self._driver and self._pace.put(self.shown.written, monotonic()):
            self._driver.write(QUESTION)

    def action_redraw(self) -> None:
        """Write the whole screen again."""
        self.shown.forget(self.size)
        self.screen.refresh()

    # -- listening -----------------------------------------------------------------------------

    @work(exclusive=True)
    async def listen(self) -> None:
        """Show what the session tells until it ends."""
        async for event in self.connection.events():
            self._hear(event)
        self._lose()

    def _hear(self, event: events.SessionEvent) -> None:
        match event:
            case events.Welcome():
                self.run_told = event
                self.query_one(RunLine).draw_run(event, event.seed)
                self._subscribe()
                for command in self._waiting:
                    self.connection.send(command)
                self._waiting.clear()
            case events.Program(operations):
                self.query_one(Inside).program = operations
            case events.Frame():
                self.frame, self.status = event, event.status
                self._draw()
                self._subscribe()
                self.call_after_refresh(self._drawn)
            case events.Paused():
                self.status = "paused"
            case events.Resumed():
                self.status = "running"
            case events.TrainingCompleted():
                self.status = "completed"
            case events.Failed(message):
                self.failure = message
                self.exit(1)
            case events.BreakpointsChanged():
                self.breakpoints = event
                if isinstance(self.screen, BreakpointsScreen):
                    self.screen.show_breakpoints(event)
            case events.BranchesChanged():
                self.branches = event
            case events.Rejected(message):
                if isinstance(self.screen, BreakpointsScreen):
                    self.screen.show_problem(message)
                else:
                    self.clear_notifications()
                    self.notify(message, severity="warning")
            case events.Restarted(seed) if self.run_told:
                self.query_one(RunLine).draw_run(self.run_told, seed)

    def _lose(self) -> None:
        """Say that the worker has gone."""
        if not self.failure:
            self.status = "lost"
            self.failure = f"the worker has died; its log: {self.log_path}"
            self._notice(f"{self.failure} · q quits", "-bad")
            self.query_one(StatusLine).draw_status(self.frame, "lost")

    # -- asking --------------------------------------------------------------------------------

    def _subscribe(self) -> None:
        """Ask for what the screen shows now, if that is not what was asked for before."""
        chart, samples = self.query_one("#loss", Chart), self.query_one(SamplesPanel)
        inside = self.query_one(Inside)
        epoch, epochs = (self.frame.longest, self.frame.epochs) if self.frame else (0, 1)
        wanted = commands.Subscribe(
            points=chart.columns if chart.region else 0,
            span=axis.epochs_shown(epoch, epochs),
            first=self.first,
            rows=samples.rows if samples.region else 0,
            order=self.order,  # type: ignore[arg-type]
            inspect=inside.wanted() if inside.region else None,
        )
        if wanted != self._subscribed:
            self._subscribed = wanted
            self._tell(wanted)

    def _drawn(self) -> None:
        """Ask for the next frame, when this one has arrived."""
        if not gc.get_freeze_count():
            gc.freeze()  # what the screen is made of stays: looking through it all takes 0.1 s
        self._pace.drawn(self.shown.written, monotonic(), self.size)
        self._ask()

    def on_cursor_position(self, event: CursorPosition) -> None:
        """Hear the terminal's answer."""
        if self._pace.answered(event.time):
            self._question()
        self._ask()

    def _ask(self) -> None:
        """Write what is left of this frame, ask for the next one, as soon as the pace allows."""
        if self._next:
            self._next.stop()
        now = monotonic()
        if self.shown.late and self._pace.free(now):
            self._display(self.screen, self.shown.rest(self._pace.portion(now)))
        wait = self._pace.wait(now)
        later = wait or (DEAF if self.shown.late else 0)
        self._next = self.set_timer(later, self._ask) if later else None
        if wait == 0:
            self._pace.asked()
            self.connection.send(commands.Drawn())

    def send(self, command: commands.SessionCommand) -> None:
        """Send a command, and show soon what it does."""
        self._tell(command)
        self._hurry()

    def _tell(self, command: commands.SessionCommand) -> None:
        """Send a command, or keep it until there is a session."""
        if self.run_told is None:
            self._waiting.append(command)
        else:
            self.connection.send(command)

    def _hurry(self) -> None:
        """Show soon what a person has asked for."""
        if self.run_told:
            self._pace.hurry()
            self._ask()

    # -- showing -------------------------------------------------------------------------------

    def _draw(self) -> None:
        frame, wanted, run = self.frame, self._subscribed, self.run_told
        if run is None or frame is None or wanted is None:
            return
        self.query_one(StatusLine).draw_status(frame, self.status)
        self.query_one(ProgressLine).draw_progress(frame)
        for name, value in (
            ("loss", number(frame.loss, 4)),
            ("accuracy", number(frame.accuracy, 3)),
        ):
            chart = self.query_one(f"#{name}", Chart)
            chart.entitle(f"{name} {value}")
            chart.draw_curve(
                frame.curves.get(name),
                wanted.span,
                frame.rate_changes,
                [(ghost.name, ghost.curves[name]) for ghost in frame.ghosts if ghost.curves],
                frame.epoch if frame.epoch < frame.reached else None,
            )
        if frame.samples:
            self.first = frame.samples.first
        self.query_one(SamplesPanel).draw_samples(frame.samples, run.class_names, self.order)
        self.query_one(Inside).draw_frame(frame)
        if self.status == "completed":
            done = f"completed: loss {number(frame.loss, 4)}, accuracy {number(frame.accuracy, 3)}"
            self._notice(f"{done} · t trains further, r starts again", "")
        else:
            within = frame.status == "paused" and (frame.operation or frame.batch)
            batch = f" · batch {frame.batch} of {run.batches}" if run.batches > 1 else ""
            self._notice(frame.message or (f"next: {frame.next}{batch}" if within else ""), "-warn")

    def _notice(self, message: str, kind: str) -> None:
        notice = self.query_one("#notice", Static)
        if message != str(notice.content):
            notice.update(message)
            notice.set_classes(f"shown {kind}" if message else "")

    def on_resize(self, event: Resize) -> None:
        """Follow the window."""
        width, height = event.size
        self.screen_stack[0].set_class(width < SMALLEST[0] or height < SMALLEST[1], "-tiny")
        self.query_one("#too-small", Static).update(
            f"{width}×{height} is too small: {SMALLEST[0]}×{SMALLEST[1]} is needed"
        )

    def on_canvas_resized(self) -> None:
        """Ask for what the panels now have room for."""
        self._subscribe()
        self._hurry()

    # -- keys ----------------------------------------------------------------------------------

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
            await self._pose(BranchesScreen(self.branches, self.frame))

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
        if self.frame and self.frame.status == "completed":
            self.send(commands.TrainFurther(self.frame.epochs))
        else:
            self.notify("the training is not complete yet", severity="warning")

    async def action_type_rate(self) -> None:
        """Ask for a learning rate."""
        now = f"{self.frame.learning_rate:g}" if self.frame else ""
        await self._pose(Ask("Learning rate", now, _read_rate))

    async def action_go_to(self) -> None:
        """Ask for an epoch."""
        await self._pose(Ask("Go to epoch (or +50, -50)", "", _read_epoch))

    async def _pose(self, question: ModalScreen[Any]) -> None:
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
        """Change the loss's axis."""
        chart = self.query_one("#loss", Chart)
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


def _warm_up() -> None:
    """Import what the first curve needs, while the screen opens."""
    import plotext  # noqa: F401


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
    return commands.GoTo(epoch, relative=text[0] in "+-")


def _read_change(text: str) -> commands.Edit:
    if "=" not in text:
        raise ValueError(f"a target and a number are needed, as {EXAMPLE}0.5")
    return commands.Edit(text)
