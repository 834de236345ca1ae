"""Copies of a script's process that stand still until they are woken: what going back rests on.

A copy has a channel of its own; the other end goes to whoever steers the script. It ends when
that end is closed, and when that process ends, however it ends. It is nobody's child but that
process's, so that a script that waits for its own children meets none of ours.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.scripts.channel import Channel, ClosedError, Message

_TASKS = Path("/proc/self/task")
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def adopt_orphans() -> None:
    """Become the parent of the copies that are made of a script."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with(parent: int) -> None:
    """End as soon as the parent process has ended; it is the one with that number."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def distrust() -> str:
    """Return why a copy of this process cannot be trusted, or nothing."""
    if sys.platform != "linux":
        return "going back needs Linux"
    names = ", ".join(thread.name for thread in _others() if not _is_harmless(thread))
    if names:
        return f"other threads run ({names[:60]}), which a copy of the process would not have"
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return "CUDA is in use, whose memory a copy of the process would not have"
    return ""


def _others() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread is not threading.main_thread()]


def _is_harmless(thread: threading.Thread) -> bool:
    """Whether it only redraws bars of progress."""
    return type(thread).__module__.partition(".")[0] == "tqdm"


@contextmanager
def deaf() -> Iterator[None]:
    """Leave the signals that the script handles for later; copies made meanwhile get none."""
    handled = [one for one in signal.valid_signals() if callable(signal.getsignal(one))]
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, handled)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


class Forks:
    """Makes copies of this process.

    Parameters
    ----------
    keeper : int
        The process that steers the script.
    """

    def __init__(self, keeper: int) -> None:
        self._keeper = keeper

    def copy(self, channel: Channel, message: Message) -> Channel | str:
        """Copy this process, and send a message with the copy's channel.

        Returns
        -------
        Channel or str
            In the copy its channel; here nothing, or why no copy was made.
        """
        ours, theirs = Channel.pair()
        lost = _lost()
        reason = _fork()
        if reason is None:
            theirs.close()
            channel.close()
            for give_back, value in lost:
                give_back(value)
            die_with(self._keeper)
            return self._announced(ours)
        ours.close()
        if not reason:
            channel.send(message, theirs)
        theirs.close()
        return reason

    def _announced(self, channel: Channel) -> Channel:
        try:
            channel.send(("born", os.getpid()))
        except ClosedError:  # it cannot be trusted
            os._exit(1)
        return channel


def _fork() -> str | None:
    """Fork; return None in the copy, and here nothing or why it cannot be trusted.

    The copy is a child of a process that has ended, and so of whoever adopts orphans.
    """
    try:
        between = os.fork()
        if between:
            return _trusted(between)
        between = os.getpid()
    except OSError as error:
        return f"no further process could be started ({error.strerror})"
    try:
        if os.fork():
            os._exit(0)
    except OSError:
        os._exit(1)
    while os.getppid() == between:
        time.sleep(0.0002)
    return None


def _trusted(between: int) -> str:
    with contextlib.suppress(ChildProcessError):  # where the script has others waited for
        if os.waitpid(between, 0)[1]:
            return "no further process could be started"
    # Libraries that can be copied end their threads before, and start them after.
    if len(os.listdir(_TASKS)) > 1 + len(_others()):
        return (
            "a library's threads run, which a copy of the process would not have;"
            " with PyTorch, torch.set_num_threads(1) helps"
        )
    return ""


def _lost() -> list[tuple[Callable[[Any], object], Any]]:
    """What Python itself changes in a copy: how to put it back, and what."""
    random, events = sys.modules.get("random"), sys.modules.get("asyncio.events")
    lost: list[tuple[Callable[[Any], object], Any]] = []
    if random:
        lost.append((random.setstate, random.getstate()))
    if events:
        lost.append((events._set_running_loop, events._get_running_loop()))
    return lost
