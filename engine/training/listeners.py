"""Who listens to a training: callbacks, which are a part of it, and observers, which are not."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, redirect_stdout
from typing import Any, TypeVar

import numpy as np

from engine.protocol import events

E = TypeVar("E", bound=events.Event)

# What is told of a training while it goes on, and again where it goes over known ground.
REPEATED = (
    events.EpochMeasured,
    events.LossNotFinite,
    events.EpochCompleted,
    events.TrainingCompleted,
)


class Listeners:
    """Tells callbacks and observers of events.

    Attributes
    ----------
    rerunning : bool
        Whether the training goes over known ground, where nothing is observed a second time.
    in_callback : bool
        Whether a callback or a metric is being called, which is a part of the training.
    failure : Exception or None
        What an operation, a metric, a callback or an observer raised last.
    """

    def __init__(self) -> None:
        self._callbacks: dict[type, list[Callable[[Any], None]]] = defaultdict(list)
        self._observers: dict[type, list[Callable[[Any], None]]] = defaultdict(list)
        self._heard: set[type] = set()  # what somebody has listened to
        self.rerunning = False
        self.in_callback = False
        self.failure: Exception | None = None

    def subscribe(self, event: type[E], receive: Callable[[E], None]) -> Callable[[], None]:
        """Call ``receive`` with each event of that type, as a part of the training.

        It may change what trains. Where the training goes back and over known ground again, it is
        called again, and what it keeps goes back as well.

        Returns
        -------
        callable
            Ends the subscription.
        """
        self._callbacks[event].append(receive)
        self._heard.add(event)
        return lambda: self._callbacks[event].remove(receive)

    def observe(self, event: type[E], receive: Callable[[E], None]) -> Callable[[], None]:
        """Call ``receive`` with each event of that type that is new; return what ends that."""
        self._observers[event].append(receive)
        self._heard.add(event)
        return lambda: self._observers[event].remove(receive)

    @property
    def callbacks(self) -> list[Callable[[Any], None]]:
        """Those that may change what trains while the training goes on."""
        return [receive for event in REPEATED for receive in self._callbacks[event]]

    def emit(self, event: events.Event) -> None:
        """Call those who listen to events of this type."""
        try:
            if callbacks := self._callbacks[type(event)]:
                with self.calling_back():
                    for receive in tuple(callbacks):
                        receive(event)
            if not self.rerunning:
                for receive in tuple(self._observers[type(event)]):
                    receive(event)
        except Exception as error:
            self.failure = error
            raise

    @contextmanager
    def calling_back(self) -> Iterator[None]:
        """Call what is a part of the training."""
        before, self.in_callback = self.in_callback, True
        try:
            yield
        finally:
            self.in_callback = before

    def expect_no_callback(self) -> None:
        """Raise RuntimeError in a callback or a metric: it cannot move what it is a part of."""
        if self.in_callback:
            raise RuntimeError(
                "a callback or a metric cannot run the training, take it back or restart it:"
                " call pause(), and do that where run() was called"
            )

    def rerun(self) -> AbstractContextManager[None]:
        """Go over known ground: nothing is observed or printed a second time."""
        return self._rerun()

    @contextmanager
    def _rerun(self) -> Iterator[None]:
        self.rerunning = True
        try:
            with np.errstate(all="ignore"), redirect_stdout(_Silence()):
                yield
        finally:
            self.rerunning = False


class _Silence(io.TextIOBase):
    """Takes what is printed a second time."""

    def write(self, text: str) -> int:
        """Forget it."""
        return len(text)
