"""The checkpoints of a script: processes that stand still, few where they are old."""

from __future__ import annotations

import contextlib
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
    """A copy of a script's process, with the channel to it."""

    channel: Channel
    pid: int

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
        """End it, and leave no zombie."""
        self.channel.close()
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)

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
        """Add one; one that stands at the same place is enough."""
        if any(other.position == checkpoint.position for other in self):
            checkpoint.process.end()
            return
        self._all.append(checkpoint)
        self._all.sort(key=lambda other: other.position)
        while len(self) > self._most:
            self._thin()
        while len(self) > 2 and self._nbytes() > self._memory:
            self._thin()

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

    def _thin(self) -> None:
        """End the one whose absence makes the least difference, for how long ago it is."""
        newest = self._all[-1].position.iteration

        def gap(place: int) -> float:
            before, after = (self._all[p].position.iteration for p in (place - 1, place + 1))
            return (after - before) / (newest - before + 1)

        if len(self) > 2:
            self.drop(self._all[min(range(1, len(self) - 1), key=gap)])
        else:
            self.drop(self._all[-1])
