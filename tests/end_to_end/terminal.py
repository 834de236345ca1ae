"""A program in a real pseudo-terminal, its screen kept by pyte."""

import contextlib
import math
import os
import re
import signal
import time

import pexpect
import pyte

from tests.command import NNTUI

KEYS = {"enter": "\r", "escape": "\x1b", "up": "\x1b[A", "down": "\x1b[B", "pagedown": "\x1b[6~"}
# What pyte would print as text: mode queries, the kitty keyboard, operating system commands.
UNKNOWN = re.compile(rb"\x1b\[[?>=<][0-9;]*\$?[a-zA-Z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
MODES = re.compile(rb"\x1b\[\?[0-9;]*[hl]")

# What would overrule the terminal's own colours and size.
UNWANTED = {"NO_COLOR", "CI", "COLORTERM", "COLUMNS", "LINES"}
WHERE = b"\x1b[6n"
HERE = "\x1b[1;1R"


class Terminal:
    """Runs ``python -m tui ARGUMENTS`` in a terminal of that size.

    Parameters
    ----------
    command : list of str, optional
        What is run instead.
    rate : float
        Bytes a second that it reads at most.
    answers : bool
        Whether it says where its cursor is, when asked.
    full_speed : bool
        Whether a toy is trained at full speed, and not at the pace for a person.
    """

    def __init__(
        self,
        *arguments,
        size=(80, 24),
        home,
        rate=math.inf,
        answers=True,
        command=None,
        full_speed=True,
        **environment,
    ):
        self.rate, self.answers = rate, answers
        columns, rows = size
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        kept = {k: v for k, v in os.environ.items() if k not in UNWANTED}
        if full_speed and "--speed" not in arguments:
            arguments = ("--speed", "max", *arguments)
        program, *rest = command or [*NNTUI, *arguments]
        self.child = pexpect.spawn(
            program,
            rest,
            dimensions=(rows, columns),
            env={
                **kept,
                "TERM": "xterm-256color",
                "COLORTERM": "truecolor",
                "XDG_STATE_HOME": str(home),
                "XDG_CONFIG_HOME": str(home),
                **environment,
            },
        )
        self.child.delaybeforesend = None
        self.output = b""

    def pump(self, seconds):
        """Take in what the program writes."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                data = self.child.read_nonblocking(self._portion(), left)
            except pexpect.TIMEOUT:
                return
            except pexpect.EOF:
                self.child.wait()
                return
            self._answer(data)
            self._show(data)

    def _answer(self, data):
        """Keep what was written, and say where the cursor is as often as that asks."""
        asked = self.output.count(WHERE)
        self.output += data
        if self.answers and self.output.count(WHERE) > asked:
            self.child.send(HERE * (self.output.count(WHERE) - asked))

    def _show(self, data):
        self.stream.feed(UNKNOWN.sub(lambda m: m[0] if MODES.fullmatch(m[0]) else b"", data))

    def _portion(self):
        """How many bytes to read next; on a slow line, when their time has come."""
        if self.rate == math.inf:
            return 65536
        time.sleep(0.02)
        return max(1, round(0.02 * self.rate))

    def seconds_until(self, pattern, patience=5):
        """Return when the output made the screen match, in seconds from now.

        The screen is made afterwards, so that the time it takes does not count.
        """
        begun, pieces = time.monotonic(), []
        while time.monotonic() - begun < patience:
            with contextlib.suppress(pexpect.TIMEOUT):
                pieces.append((self.child.read_nonblocking(65536, 0.05), time.monotonic()))
                self._answer(pieces[-1][0])
            if pieces and time.monotonic() - begun > 0.3:
                for at, (data, when) in enumerate(pieces):
                    self._show(data)
                    if re.search(pattern, self.text()):
                        for rest, _ in pieces[at + 1 :]:
                            self._show(rest)
                        return when - begun
                pieces.clear()
        raise AssertionError(f"{pattern!r} was not met:\n{self.text()}")

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def until(self, pattern, patience=20, gone=False):
        """Wait until the screen matches."""
        end = time.monotonic() + patience
        while bool(re.search(pattern, self.text())) == gone:
            assert time.monotonic() < end, f"{pattern!r} was not met:\n{self.text()}"
            self.pump(0.02)
        return re.search(pattern, self.text())

    def press(self, *keys, patience=0.02):
        for key in keys:
            self.child.send(KEYS.get(key, key))
            self.pump(patience)

    def resize(self, columns, rows):
        self.screen.resize(rows, columns)
        self.child.setwinsize(rows, columns)

    def wait(self, patience=10):
        """Wait for the end, and return the exit status."""
        end = time.monotonic() + patience
        while self.child.isalive():
            assert time.monotonic() < end, f"it does not end:\n{self.text()}"
            self.pump(0.05)
        self.pump(0.05)
        return (
            self.child.exitstatus if self.child.exitstatus is not None else -self.child.signalstatus
        )

    def close(self):
        if self.child.isalive():
            self.child.kill(signal.SIGKILL)
        self.child.close(force=True)
