"""The app: it shows what the session tells, and sends it what the keys say."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from textual import work
from textual.app import App, ComposeResult, SystemCommand
from textual.containers import Container
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Footer, Static

from engine import commands, events
from engine.service.client import Connection, Worker
from tui import axis
from tui.keys import KEYS, bindings
from tui.screens.dialogs import Ask, Confirm, Help
from tui.widgets.chart import Chart
from tui.widgets.samples import SamplesPanel
from tui.widgets.status import ProgressLine, StatusLine, number

SMALLEST = (40, 12)


class Monitor(App[int]):
    """Watches and steers one session.

    Parameters
    ----------
    worker : Worker
        Already started; it ends with the app.
    """

    CSS_PATH = "app.tcss"
    TITLE = "nntui"
    BINDINGS = bindings()
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (76, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (18, "-tall")]  # noqa: RUF012

    def __init__(self, worker: Worker) -> None:
        super().__init__()
        self.worker = worker
        self.connection: Connection | None = None
        self.welcome: events.Welcome | None = None
        self.frame: events.Frame | None = None
        self.failure = ""
        self.status = "starting"
        self.first, self.order = 0, "all"
        self._waiting: list[commands.SessionCommand] = []
        self._subscribed: commands.Subscribe | None = None
        threading.Thread(target=_warm_up, daemon=True).start()

    def compose(self) -> ComposeResult:
        """Lay out the screen."""
        yield Static("nntui", id="top")
        yield StatusLine()
        yield ProgressLine()
        with Container(id="charts"):
            yield Chart("loss", id="loss")
            yield Chart("accuracy", top=1.0, id="accuracy")
        yield SamplesPanel()
        yield Static("", id="notice", markup=False)
        yield Footer(show_command_palette=False)
        yield Static("", id="too-small", markup=False)

    def on_mount(self) -> None:
        """Attach to the session."""
        self.query_one(StatusLine).draw_status(None, "starting")
        self.listen()

    # -- listening -----------------------------------------------------------------------------

    @work(exclusive=True)
    async def listen(self) -> None:
        """Show what the session tells until it ends."""
        try:
            self.connection = await Connection.open(self.worker)
        except ConnectionError:
            return self._lose()
        async for event in self.connection.events():
            self._hear(event)
        return self._lose()

    def _hear(self, event: events.SessionEvent) -> None:
        match event:
            case events.Welcome():
                self.welcome = event
                self._name_run()
                self._subscribe()
                for command in self._waiting:
                    self.send(command)
                self._waiting.clear()
            case events.Frame():
                self.frame, self.status = event, event.status
                self._draw()
                self._subscribe()
                self.send(commands.Drawn())
            case events.Failed(message):
                self.failure = message
                self.exit(2 if self.welcome is None else 1)
            case events.Rejected(message):
                self.notify(message, severity="warning")
            case events.Restarted():
                self._name_run(event.seed)

    def _lose(self) -> None:
        """Say that the worker has gone."""
        if not self.failure:
            self.status = "lost"
            self._notice(f"the worker has died; its log: {self.worker.run.log}  (q quits)")
            self.query_one(StatusLine).draw_status(self.frame, "lost")

    def _name_run(self, seed: int | None = None) -> None:
        run = self.welcome
        if run:
            seed = run.seed if seed is None else seed
            parts = [run.source, run.network, f"seed {seed}", run.note]
            self.query_one("#top", Static).update("  ·  ".join(p for p in parts if p))

    def _subscribe(self) -> None:
        """Ask for what the screen shows now, if that is not what was asked for before."""
        chart, samples = self.query_one("#loss", Chart), self.query_one(SamplesPanel)
        epoch, epochs = (self.frame.epoch, self.frame.epochs) if self.frame else (0, 1)
        wanted = commands.Subscribe(
            points=chart.columns,
            span=axis.epochs_shown(epoch, epochs),
            first=self.first,
            rows=samples.rows if samples.display else 0,
            order=self.order,  # type: ignore[arg-type]
        )
        if wanted != self._subscribed:
            self._subscribed = wanted
            self.send(wanted)

    def send(self, command: commands.SessionCommand) -> None:
        """Send a command, or keep it until there is a session."""
        if self.welcome is None:
            self._waiting.append(command)
        elif self.connection:
            self.connection.send(command)

    # -- showing -------------------------------------------------------------------------------

    def _draw(self) -> None:
        frame, wanted = self.frame, self._subscribed
        if frame is None or wanted is None or self.welcome is None:
            return
        self.query_one(StatusLine).draw_status(frame, self.status)
        self.query_one(ProgressLine).draw_progress(frame)
        marks = [epoch for epoch, _ in frame.rate_changes]
        for name, value in (("loss", frame.loss), ("accuracy", frame.accuracy)):
            chart = self.query_one(f"#{name}", Chart)
            chart.draw_curve(frame.curves.get(name), wanted.span, marks, number(value, 4))
        if frame.samples:
            self.first = frame.samples.first
        names = self.welcome.class_names
        self.query_one(SamplesPanel).draw_samples(frame.samples, names, self.order)
        self._notice(self._words(frame))

    @staticmethod
    def _words(frame: events.Frame) -> str:
        if frame.status == "completed":
            loss, accuracy = number(frame.loss, 4), number(frame.accuracy, 4)
            return f"completed: loss {loss}, accuracy {accuracy}.  t trains further, r starts again"
        return frame.message

    def _notice(self, message: str) -> None:
        notice = self.query_one("#notice", Static)
        if message != str(notice.content):
            notice.update(message)
            notice.set_class(bool(message), "shown")

    def on_resize(self, event: Resize) -> None:
        """Follow the window."""
        width, height = event.size
        small = width < SMALLEST[0] or height < SMALLEST[1]
        self.screen.set_class(small, "-tiny")
        self.query_one("#too-small", Static).update(
            f"{width}×{height} is too small: {SMALLEST[0]}×{SMALLEST[1]} is needed"
        )
        self.call_after_refresh(self._after_resize)

    def _after_resize(self) -> None:
        self._draw()
        self._subscribe()

    # -- keys ----------------------------------------------------------------------------------

    def action_pause_or_resume(self) -> None:
        """Pause or resume."""
        running = self.status in ("running", "starting")
        self.send(commands.Pause() if running else commands.Resume())

    def action_resume(self) -> None:
        """Continue."""
        self.send(commands.Resume())

    def action_step_epoch(self) -> None:
        """Go one epoch on."""
        self.send(commands.StepEpoch())

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

    @work
    async def action_type_rate(self) -> None:
        """Ask for a learning rate."""
        now = f"{self.frame.learning_rate:g}" if self.frame else ""
        rate = await self.push_screen_wait(Ask("Learning rate", now, _read_rate))
        if rate is not None:
            self.send(commands.SetLearningRate(rate))

    @work
    async def action_go_to(self) -> None:
        """Ask for an epoch."""
        here = self.frame.epoch if self.frame else 0
        read = lambda text: _read_epoch(text, here)  # noqa: E731
        epoch = await self.push_screen_wait(Ask("Go on to epoch (or +50)", "", read))
        if epoch is not None:
            self.send(commands.GoTo(int(epoch)))

    def action_order(self, order: str) -> None:
        """Show only some samples, or all again."""
        self.order, self.first = ("all" if self.order == order else order), 0
        self._subscribe()

    def action_scroll(self, rows: int) -> None:
        """Scroll through the samples."""
        total = self.frame.samples.total if self.frame and self.frame.samples else 0
        most = max(0, total - self.query_one(SamplesPanel).rows)
        self.first = max(0, min(most, self.first + rows))
        self._subscribe()

    def action_page(self, pages: int) -> None:
        """Scroll by a page."""
        self.action_scroll(pages * max(1, self.query_one(SamplesPanel).rows))

    def action_log_axis(self) -> None:
        """Change the loss's axis."""
        chart = self.query_one("#loss", Chart)
        chart.logarithmic = not chart.logarithmic
        self._draw()

    def action_help(self) -> None:
        """Show the keys."""
        self.push_screen(Help())

    async def action_quit(self) -> None:
        """Quit; ask first while it trains."""
        if self.status == "running":
            self.push_screen(
                Confirm("The training is running. End it?"),
                lambda yes: self.exit(0) if yes else None,
            )
        else:
            self.exit(0)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Put every key's action into the palette."""
        yield from super().get_system_commands(screen)
        for key in KEYS:
            yield SystemCommand(
                key.text,
                f"key {key.shown}",
                lambda a=key.action: self.call_later(self.run_action, a),
            )


def _warm_up() -> None:
    """Import what the first curve needs, while the worker starts."""
    import plotext  # noqa: F401


def _read_rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        raise ValueError("a number is needed, as 0.05") from None
    if not 0 < rate < float("inf"):
        raise ValueError("it must be above 0")
    return rate


def _read_epoch(text: str, here: int) -> float:
    try:
        epoch = here + int(text) if text.startswith("+") else int(text)
    except ValueError:
        raise ValueError("an epoch is needed, as 500 or +50") from None
    if epoch <= here:
        raise ValueError(f"it must be after epoch {here}")
    return epoch


def watch(worker: Worker) -> tuple[int, str]:
    """Run the app; return the exit status and what to say after it."""
    app = Monitor(worker)
    try:
        status = app.run()
    finally:
        worker.end()
    return app.return_code or status or 0, app.failure
