"""What watches: it shows what the session tells, and asks for what the screen shows now."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from time import monotonic
from typing import Any

from textual import work
from textual.app import App, ComposeResult
from textual.containers import Container, Horizontal
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Static

from engine.protocol import commands, events, frames
from engine.protocol.metrics import BUILT_IN, Metric, leading
from engine.protocol.views.inside import Program
from engine.service.client import Connection, Disconnected
from engine.service.remote import RemoteConnection
from tui import themes
from tui.config.settings import Settings
from tui.footer import footer, tabs
from tui.hints import hint, message_of
from tui.keys import VIEWS
from tui.paced import PacedApp
from tui.screens.breakpoints import BreakpointsScreen
from tui.screens.dialogs import Dialog
from tui.screens.sized import SizedScreen
from tui.views.curves.view import FIRST, CurvesView
from tui.views.inside.view import InsideView
from tui.views.layers.view import LayersView
from tui.views.samples.view import SamplesView
from tui.views.view import View
from tui.widgets.key_line import KeyLine
from tui.widgets.status import ProgressLine, RunLine, StatusLine

SMALLEST = (40, 12)

FAREWELL = 5.0  # seconds that a session is given to record how it ends
SILENCE = 3.0  # seconds without an answer that is due, until the screen says so
UNANSWERED = "the worker does not answer: it is stopped, or a single operation takes long"
DEFAULTS = Settings()


class Watcher(PacedApp):
    """Watches one session.

    Parameters
    ----------
    connection : Connection
    log : Path
        The run's log, to be named where the worker dies.
    notice : str
        What is to be said until a person does something.
    settings : Settings

    Attributes
    ----------
    failure : str
        Why the run has ended, or was never there.
    ended : Ended or None
        How the session has ended, if it was told to.
    leaving : str
        Whether the session is to end when the screen does: ``stop`` or ``detach``.
    """

    CSS_PATH = ["app.tcss", "views/inside/styles.tcss", "views/layers/styles.tcss"]  # noqa: RUF012
    TITLE = "nntui"
    ALLOW_SELECT = False  # there is nothing to be selected, and Textual fails beside what there is
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (76, "-wide"), (150, "-broad")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (18, "-middle"), (30, "-tall")]  # noqa: RUF012

    def __init__(
        self, connection: Connection, log: Path, notice: str = "", settings: Settings = DEFAULTS
    ) -> None:
        super().__init__(log)
        self.connection, self.said = connection, notice
        self.settings, self.keymap = settings, settings.keymap
        self.welcome: events.Welcome | None = None
        self.frame: frames.Frame | None = None
        self.metrics = list(BUILT_IN)
        self.breakpoints = events.BreakpointsChanged([])
        self.branches: events.BranchesChanged | None = None
        self.failure = self.leaving = ""
        self.ended: events.Ended | None = None
        self.not_recorded = ""
        self.status = "starting"
        self.mode = ""
        self._heard_at = self._sent_at = monotonic()
        self._unanswered, self._line_down = False, ""
        self._waiting: list[commands.SessionCommand] = []
        self._subscribed: commands.Subscribe | None = None
        for theme in (themes.DARK, themes.LIGHT):
            self.register_theme(theme)
        # Set before there is anything to be drawn, so that nothing is styled twice.
        self.set_reactive(App.theme, themes.DARK.name)
        self.stylesheet.set_variables(self.get_css_variables())

    def compose(self) -> ComposeResult:
        """Lay out the screen."""
        yield RunLine()
        yield StatusLine()
        with Horizontal(id="progress"):
            yield ProgressLine()
            yield KeyLine(" ", id="tabs")
        with Container(id="panels"):
            yield CurvesView(self.settings.charts)
            yield SamplesView()
        yield InsideView()
        yield LayersView()
        yield Static("", id="notice", markup=False)
        yield KeyLine("  ", id="footer")
        yield Static("", id="too-small", markup=False)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return the colours that Textual's own themes do not have."""
        return themes.DARK.variables

    def get_default_screen(self) -> Screen[Any]:
        """Return the screen that is below all dialogs."""
        return SizedScreen(id="_default")

    async def on_load(self) -> None:
        """Make ready what needs no terminal, and hear of a run that cannot be built."""
        self.stylesheet.parse()
        first = self.connection.first()
        await asyncio.sleep(0)  # Ctrl+C has its effect here, before the terminal is another
        if isinstance(first, events.Failed):
            self.failure = first.message
            self.exit(2)

    def on_mount(self) -> None:
        """Attach to the session."""
        self.theme = themes.first(self, self.settings.theme)
        self.query_one(StatusLine).draw_status(None, "starting")
        self.show_keys()
        self.listen()
        self.set_interval(SILENCE / 3, self._look_for_answer)
        self._show_notice()

    @property
    def leading(self) -> list[Metric]:
        """The metrics that are shown in any room, and those beside them."""
        return leading(self.metrics, FIRST)

    # -- listening -----------------------------------------------------------------------------

    @work(exclusive=True)
    async def listen(self) -> None:
        """Show what the session tells until it ends."""
        async for event in self.connection.events():
            self._hear(event)
        self._lose()

    def _hear(self, event: frames.SessionEvent | Disconnected) -> None:
        self._heard_at = monotonic()
        self._set_unanswered(False)
        for screen in self.screen_stack:
            if isinstance(screen, Dialog):
                screen.call_later(screen.hear, event)  # it may not be mounted yet
        match event:
            case Disconnected(reason, final):
                self._disconnected(reason, final)
            case events.Welcome():
                self.welcome, self._subscribed, self._line_down = event, None, ""
                self.query_one(RunLine).draw_run(event, event.seed)
                self._subscribe()
                for command in self._waiting:
                    self.connection.send(command)
                self._waiting.clear()
            case Program(operations):
                self.query_one(InsideView).program = operations
            case frames.Frame():
                self.frame = event
                self._set_status(event.status)
                self._draw()
                if self._subscribe():  # the curves have outgrown what was asked for
                    self._hurry()
                self.frame_arrived()
            case events.Paused():
                self._set_status("paused")
                self._hurry()
            case events.Resumed():
                self._set_status("running")
            case events.TrainingCompleted():
                self._set_status("completed")
                self._hurry()
            case events.Failed(message):
                self.failure = message
                self.exit(1 if self.welcome else 2)  # 2 for what could not be built
            case events.Ended(status):
                self.ended = event
                self._set_status(status)
            case events.NotRecorded(message):
                self.not_recorded = message
                self._draw()
            case events.MetricsChanged(metrics):
                self.metrics = metrics
                self.query_one(CurvesView).show_metrics(metrics)
            case events.BreakpointsChanged():
                self.breakpoints = event
                self.query_one(RunLine).draw_breakpoints(len(event.breakpoints))
                self._draw()
            case events.BranchesChanged():
                self.branches = event
            case events.Rejected(message):
                if not isinstance(self.screen, BreakpointsScreen):  # which shows it itself
                    self.said = message
                    self._show_notice()
            case events.Restarted(seed) if self.welcome:
                self.query_one(RunLine).draw_run(self.welcome, seed)

    def _disconnected(self, reason: str, final: bool) -> None:
        """Say that the line to another machine is down, and whether it is tried again."""
        if final:
            self.failure = reason
            self._set_status("lost")
        again = "" if final else " · trying again"
        self._line_down = f"the line is down: {reason or 'it was closed'}{again}"
        self._show_notice()

    def _set_status(self, status: str) -> None:
        """Take down how the run is; the footer shows what can be done then."""
        if status != self.status:
            self.status = status
            self.show_keys()

    def show_keys(self) -> None:
        """Show what can be done now, and which views are shown."""
        self.query_one("#tabs", KeyLine).show(tabs(self.keymap, self.mode))
        self.query_one("#footer", KeyLine).show(*footer(self.keymap, self.mode, self.status))

    def _expect_answer(self) -> None:
        if self._sent_at < self._heard_at:
            self._sent_at = monotonic()

    def _look_for_answer(self) -> None:
        """Say so, where the worker owes an answer for long."""
        due = self._sent_at >= self._heard_at and self.status not in ("starting", "lost")
        self._set_unanswered(due and monotonic() - self._sent_at > SILENCE)

    def _set_unanswered(self, unanswered: bool) -> None:
        if unanswered != self._unanswered:
            self._unanswered = unanswered
            self._draw()

    def _lose(self) -> None:
        """Quit as it was asked for, or say that the worker has gone."""
        if self.leaving:
            self.exit(0)
        elif self.ended:
            self._draw_end(f"the session was ended, and the run is {self.ended.status}", "-warn")
        elif not self.failure:
            self._set_status("lost")
            log = f"; its log: {self.log_path}" if self.outlives else ""
            self.failure = f"the worker has died{log}"
            self._draw_end(self.failure, "-bad")

    def _draw_end(self, message: str, kind: str) -> None:
        self._notice(f"{message} · {self.keymap.shown('quit')} quits", kind)
        self.query_one(StatusLine).draw_status(self.frame, self.status, self.leading)

    # -- leaving -------------------------------------------------------------------------------

    @property
    def outlives(self) -> bool:
        """Whether the run can go on without a screen: it is recorded, so that it is found again."""
        return str(self.log_path) != os.devnull or isinstance(self.connection, RemoteConnection)

    def stop(self, if_idle: bool = False) -> None:
        """Quit when the session has ended; at once, if it goes on, has gone, or is asked again."""
        if self.welcome is None or self.ended or self.failure or self.leaving:
            return self.exit(0)
        self.leaving = "stop"
        self.connection.send(commands.Shutdown(if_idle))
        self.said = "the run is being saved"
        self._show_notice()
        self.set_timer(FAREWELL, lambda: self.exit(0))
        return None

    def detach(self) -> None:
        """Quit, and let the run go on, if it can."""
        if self.outlives:
            self.leaving = "detach"
            self.exit(0)
        else:
            quits = f"{self.keymap.shown('quit')} quits"
            self.said = f"this run is not recorded, and ends with its screen: {quits}"
            self._show_notice()

    # -- asking --------------------------------------------------------------------------------

    @property
    def views(self) -> list[View]:
        """All views."""
        return [self.query_one(kind) for kind in VIEWS]

    def _subscribe(self) -> bool:
        """Ask for what the screen shows now; return whether it is not what was asked for before."""
        shown = [view for view in self.views if view.region]
        queries = [query for view in shown if (query := view.wanted(self))]
        wanted = commands.Subscribe(queries)
        if wanted == self._subscribed:
            return False
        self._subscribed = wanted
        self._tell(wanted)
        return True

    def ask_for_frame(self) -> None:
        """Tell the session that the last frame has been drawn."""
        if self.status == "running":  # what is paused owes no frame
            self._expect_answer()
        self.connection.send(commands.Drawn())

    def send(self, command: commands.SessionCommand) -> None:
        """Send a command, and show soon what it does."""
        self.said = ""
        self._tell(command)
        self._hurry()

    def _tell(self, command: commands.SessionCommand) -> None:
        """Send a command, or keep it until there is a session."""
        if self.welcome is None:
            self._waiting.append(command)
        else:
            self._expect_answer()
            self.connection.send(command)

    def _hurry(self) -> None:
        """Show soon what a person has asked for."""
        if self.welcome:
            self.hurry()

    # -- showing -------------------------------------------------------------------------------

    def _draw(self) -> None:
        frame, run = self.frame, self.welcome
        if run is None or frame is None or self._subscribed is None:
            return
        self.query_one(StatusLine).draw_status(frame, self.status, self.leading)
        self.query_one(ProgressLine).draw_progress(frame)
        for view in self.views:
            view.draw(self)
        self._show_notice()

    def _show_notice(self) -> None:
        """Say what has happened, or else what helps now."""
        if self._line_down:
            return self._notice(self._line_down, "-bad")
        frame = self.frame
        said = self._message(frame) if frame else ""
        parts = [part for part in (self.said or said, self.not_recorded) if part]
        if parts:
            return self._notice(self.keymap.with_keys(" · ".join(parts)), "-warn")
        helps = self.settings.hints and hint(frame, self.status, self.keymap.shown)
        return self._notice(helps or "", "")

    def tell(self, said: str) -> None:
        """Show a line until the next command."""
        self.said = said
        self._show_notice()

    def _message(self, frame: frames.Frame) -> str:
        """Return what is to be said of the training."""
        batches = self.welcome.batches if self.welcome else 1
        return UNANSWERED if self._unanswered else message_of(frame, self.status, batches)

    def _notice(self, message: str, kind: str) -> None:
        notice = self.query_one("#notice", Static)
        if message != str(notice.content) or kind not in notice.classes:
            notice.update(message)
            notice.set_classes(kind)

    def on_resize(self, event: Resize) -> None:
        """Follow the window."""
        width, height = event.size
        self.screen_stack[0].set_class(width < SMALLEST[0] or height < SMALLEST[1], "-tiny")
        self.query_one("#too-small", Static).update(
            f"{width}×{height} is too small: {SMALLEST[0]}×{SMALLEST[1]} is needed"
        )
        self.action_redraw()  # a terminal that is resized may move or lose what it shows

    def on_view_changed(self) -> None:
        """Ask for what a view shows now."""
        self.said = ""
        self._subscribe()
        self._draw()
        self._hurry()

    def on_canvas_resized(self) -> None:
        """Ask for what the panels now have room for."""
        self._subscribe()
        self._hurry()
