"""What the process that steers a script may ask of it, and what it is sent unasked."""

from __future__ import annotations

import os
import sys
from time import perf_counter
from types import FrameType

from engine.scripts import findings, names
from engine.scripts.channel import Channel, ClosedError, Message
from engine.scripts.forks import Forks, deaf, distrust
from engine.scripts.hooks import Aim, Conditions, Hooks
from engine.scripts.loops import Found
from engine.scripts.metrics import as_number
from engine.scripts.open_files import read_places, set_places
from engine.scripts.places import Position

SHARE = 150  # one part in so many of the time goes into checkpoints
COST = 0.003  # seconds, of a first one
MOST_TEXT = 2000  # characters
_PRINTED = 1, 2  # the open files of what is printed


class Server:
    """The handler of a script's hooks: it serves whoever holds the other end of its channel."""

    def __init__(self, channel: Channel, keeper: int, loop: Found) -> None:
        self._channel, self._forks = channel, Forks(keeper)
        self._measured: list[tuple[int, float | None, dict[str, float]]] = []
        self._checkpoint_due, self._cost = 0.0, COST
        self._distrust = ""
        self._places: dict[int, int] = {}
        self._hooks = Hooks(loop, self)
        os.register_at_fork(after_in_child=lambda: self._channel.close())
        self._serve()

    # -- what the hooks tell ----------------------------------------------------------------------

    def measured(self, iteration: int, epoch: float | None, metrics: dict[str, float]) -> None:
        """Keep it, until it is sent with others."""
        self._measured.append((iteration, epoch, metrics))

    @deaf()
    def attend(self, begins: bool) -> None:
        """Send what is new, do what is asked, and leave a copy of the process from time to time."""
        self._send_news()
        while self._channel.has_message():
            self._do(self._receive())
        if begins and (self._hooks.is_before_aim or perf_counter() > self._checkpoint_due):
            self._checkpoint()

    @deaf()
    def stopped(self, reason: str) -> None:
        """Serve until the script is to go on."""
        self._send_news()
        line = self._hooks.line
        self._send(("stopped", reason, tuple(self._hooks.position), tuple(line)))
        self._serve()

    # -- messages ---------------------------------------------------------------------------------

    def _send(self, message: Message) -> None:
        try:
            self._channel.send(message)
        except ClosedError:
            os._exit(1)

    def _receive(self) -> Message:
        try:
            return self._channel.receive()[0]
        except ClosedError:
            os._exit(1)

    def _send_news(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (AttributeError, OSError, ValueError):  # the person's own, or closed
                continue
        if self._measured:
            self._send(("measured", self._measured))
            self._measured = []

    def _serve(self) -> None:
        while not self._do(self._receive()):
            pass

    def _do(self, message: Message) -> bool:
        """Do what is asked; return whether the script is to go on."""
        match message:
            case ("go", position, unit):
                self._hooks.aim = Aim(position and Position(*position), unit)
                return True
            case ("pause",):
                self._hooks.aim.asked = "pause"
            case (asked, *arguments):
                try:
                    self._send(("answer", True, getattr(self, f"_do_{asked}")(*arguments)))
                except Exception as error:
                    self._send(("answer", False, names.description(error)))
        return False

    # -- answers ----------------------------------------------------------------------------------

    def _frame(self, in_loop: bool) -> FrameType:
        """Return the loop's frame, or the one that stands if any does."""
        loop = self._hooks.loop_frame
        frame = loop if in_loop else self._hooks.frame or loop
        if frame is None:
            raise LookupError("the loop has not begun")
        return frame

    def _do_conditions(self, holding: list[str], lines: list[tuple[str, int]]) -> None:
        codes = {text: compile(text.strip(), "<condition>", "eval") for text in holding}
        self._hooks.conditions = Conditions(codes, set(lines))

    def _do_metrics(self, chosen: list[str]) -> None:
        self._hooks.metrics.choose(chosen)

    def _do_numbers(self) -> tuple[list[str], dict[str, float]]:
        return self._hooks.metrics.chosen, self._hooks.metrics.possible(self._frame(True))

    def _do_evaluate(self, expression: str, in_loop: bool) -> tuple[str, float | None]:
        value = names.evaluate(expression, self._frame(in_loop))
        return repr(value)[:MOST_TEXT], as_number(value)

    def _do_array(self, expression: str, in_loop: bool) -> tuple[str, tuple[int, ...], bytes]:
        value = names.evaluate(expression, self._frame(in_loop))
        if not findings.is_array(value):
            raise TypeError(f"{expression} is no array")
        if hasattr(value, "detach"):
            value = value.detach().cpu().numpy()
        return value.dtype.str, tuple(value.shape), value.tobytes()

    def _do_execute(self, statement: str, in_loop: bool) -> None:
        names.execute(statement, self._frame(in_loop))

    def _do_rates(self) -> dict[str, float]:
        with names.quiet():
            return findings.rates(self._frame(True))

    def _do_layers(self) -> dict[str, dict[str, findings.Array]]:
        with names.quiet():
            return findings.layers(self._frame(True))

    def _do_samples(self) -> dict[str, str]:
        with names.quiet():
            return findings.samples(self._frame(True))

    # -- checkpoints ------------------------------------------------------------------------------

    def _checkpoint(self) -> None:
        """Leave a copy of the process here."""
        start = perf_counter()
        reason = distrust()
        if not reason:
            self._places = read_places()
            sizes = tuple(os.fstat(stream).st_size for stream in _PRINTED)
            here = "checkpoint", tuple(self._hooks.position), sizes
            copied = self._forks.copy(self._channel, here)
            if isinstance(copied, Channel):
                self._sleep(copied)
                return
            reason = copied
            self._cost = perf_counter() - start
        if reason != self._distrust:
            self._distrust = reason
            self._send(("distrust", reason))
        self._plan_checkpoint()

    def _plan_checkpoint(self) -> None:
        self._checkpoint_due = perf_counter() + SHARE * self._cost

    def _sleep(self, channel: Channel) -> None:
        """Stand still as a checkpoint; return in a copy that was asked for."""
        self._channel = channel
        while True:
            self._receive()
            woken = self._forks.copy(self._channel, ("woken",))
            if isinstance(woken, Channel):
                self._channel = woken
                self._channel.has_message(None)  # when no other reads and writes the files
                set_places(self._places)
                self._hooks.put_in()
                self._plan_checkpoint()
                self._serve()
                return
            if woken:
                self._send(("distrust", woken))
