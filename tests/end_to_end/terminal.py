"""A program in a real pseudo-terminal, its screen kept by pyte."""

import math
import os
import re
import signal
import sys
import time

import pexpect
import pyte

KEYS = {"enter": "\r", "escape": "\x1b", "up": "\x1b[A", "down": "\x1b[B", "pagedown": "\x1b[6~"}
# What pyte would print as text: mode queries, the kitty keyboard, operating system commands.
UNKNOWN = re.compile(rb"\x1b\[[?>=<][0-9;]*\$?[a-zA-Z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
MODES = re.compile(rb"\x1b\[\?[0-9;]*[hl]")


WHERE = b"\x1b[6n"
HERE = "\x1b[1;1R"


class Terminal:
    """Runs ``python -m tui ARGUMENTS`` in a terminal of that size.

    Parameters
    ----------
    rate : float
        Bytes a second that it reads at most.
    answers : bool
        Whether it says where its cursor is, when asked.
    """

    def __init__(self, *arguments, size=(80, 24), home, rate=math.inf, answers=True, **environment):
        self.rate, self.answers = rate, answers
        columns, rows = size
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "CI", "COLORTERM")}
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "tui", *arguments],
            dimensions=(rows, columns),
            env={
                **kept,
                "TERM": "xterm-256color",
                "COLORTERM": "truecolor",
                "XDG_STATE_HOME": str(home),
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
            asked = self.output.count(WHERE)
            self.output += data
            if self.answers:
                self.child.send(HERE * (self.output.count(WHERE) - asked))
            self.stream.feed(UNKNOWN.sub(lambda m: m[0] if MODES.fullmatch(m[0]) else b"", data))

    def _portion(self):
        """How many bytes to read next; on a slow line, when their time has come."""
        if self.rate == math.inf:
            return 65536
        time.sleep(0.02)
        return max(1, round(0.02 * self.rate))

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def until(self, pattern, patience=20, gone=False, pause=0.02):
        """Wait until the screen matches."""
        end = time.monotonic() + patience
        while bool(re.search(pattern, self.text())) == gone:
            assert time.monotonic() < end, f"{pattern!r} was not met:\n{self.text()}"
            self.pump(pause)
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
