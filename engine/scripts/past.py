"""The checkpoints of a script: processes that stand still, few where they are old."""

from __future__ import annotations

import contextlib
import math
import os
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.scripts.channel import Channel
from engine.scripts.places import Position

_PRIVATE = re.compile(r"^Private_\w+: +(\d+) kB", re.MULTILINE)


@dataclass(eq=False)
class Process:
    """A script's process, or a copy of it, with the channel to it; no number if it has ended."""

    channel: Channel
    pid: int | None

    @classmethod
    def born(cls, channel: Channel) -> Process:
        """Wait for the first word of a new one.

        Raises
        ------
        ClosedError
            If it ended before.
        """
        (_born, pid), _none = channel.receive()
        return cls(channel, pid)

    def end(self) -> None:
        """End it and the processes that it has started, and leave no zombie."""
        if self.pid is not None:
            ending = [self.pid, *_started_by(self.pid)]
            for pid in ending:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            for pid in ending:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, 0)
        self.pid = None
        self.channel.close()

    def wait(self) -> int | None:
        """Return its status if it has ended."""
        assert self.pid is not None
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if not pid:
            return None
        self.pid = None
        return os.waitstatus_to_exitcode(status)

    def private_bytes(self) -> int:
        """Return how much memory it shares with none."""
        try:
            text = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        except OSError:
            return 0
        return 1024 * sum(map(int, _PRIVATE.findall(text)))


@dataclass(eq=False)
class Checkpoint:
    """A place to go back to.

    Attributes
    ----------
    position : Position
    process : Process
    printed : tuple of int
        How far the logs had come there.
    """

    position: Position
    process: Process
    printed: tuple[int, ...]


class Past:
    """Checkpoints, in order.

    Parameters
    ----------
    most : int
        How many there may be.
    memory : int
        How many bytes they may take together.
    """

    def __init__(self, most: int, memory: int) -> None:
        self._most, self._memory = most, memory
        self._all: list[Checkpoint] = []

    def __iter__(self) -> Iterator[Checkpoint]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def add(self, checkpoint: Checkpoint) -> None:
        """Add one, where the script is; one that stands at the same place is enough."""
        if any(other.position == checkpoint.position for other in self):
            checkpoint.process.end()
            return
        self._all.append(checkpoint)
        self._all.sort(key=lambda other: other.position)
        while len(self) > self._most or (len(self) > 2 and self._nbytes() > self._memory):
            self._thin(checkpoint)

    def nearest(self, position: Position) -> Checkpoint | None:
        """Return the last one that is not after a position."""
        before = [checkpoint for checkpoint in self if checkpoint.position <= position]
        return before[-1] if before else None

    def drop(self, checkpoint: Checkpoint) -> None:
        """End one."""
        self._all.remove(checkpoint)
        checkpoint.process.end()

    def forget_after(self, position: Position) -> None:
        """End those that come after a position."""
        for checkpoint in [other for other in self if other.position > position]:
            self.drop(checkpoint)

    def close(self) -> None:
        """End all."""
        while self._all:
            self.drop(self._all[0])

    def _nbytes(self) -> int:
        return sum(checkpoint.process.private_bytes() for checkpoint in self)

    def _thin(self, latest: Checkpoint) -> None:
        """End the one whose absence makes the least difference, seen from the latest."""
        here = latest.position.iteration
        places = [checkpoint.position.iteration for checkpoint in self]

        def difference(place: int) -> float:
            if self._all[place] is latest:
                return math.inf
            after = places[place + 1] if place + 1 < len(places) else places[place]
            return (after - places[place - 1]) / (abs(here - places[place]) + 1)

        self.drop(self._all[min(range(1, len(self)), key=difference)])


def _started_by(pid: int) -> list[int]:
    """The processes that a process has started, and those that these have."""
    started = [pid]
    parents = dict(_parents())
    for parent in started:  # it grows
        started += [child for child, its_parent in parents.items() if its_parent == parent]
    return started[1:]


def _parents() -> Iterator[tuple[int, int]]:
    """Yield all processes, each with its parent."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            yield int(stat.parent.name), int(stat.read_text().rpartition(")")[2].split()[1])
