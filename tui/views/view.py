"""What all views have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol

from textual.message import Message
from textual.widget import Widget

from tui.key import Key

if TYPE_CHECKING:
    from engine.protocol.commands import Query, SessionCommand
    from engine.protocol.events import BreakpointsChanged, Welcome
    from engine.protocol.frames import Frame
    from engine.protocol.metrics import Metric
    from tui.keymap import Keymap


class RunState(Protocol):
    """What is known of a run: what the session has sent last."""

    @property
    def welcome(self) -> Welcome | None: ...  # noqa: D102
    @property
    def frame(self) -> Frame | None: ...  # noqa: D102
    @property
    def metrics(self) -> Sequence[Metric]: ...  # noqa: D102
    @property
    def breakpoints(self) -> BreakpointsChanged: ...  # noqa: D102
    @property
    def keymap(self) -> Keymap: ...  # noqa: D102


class View(Widget):
    """A part of the screen that shows the answer to its query.

    The method that a key's action names, with the prefix ``action_``, changes what the view
    shows, or returns a command for the session.

    Attributes
    ----------
    NAME : str
    KEYS : tuple of Key
    """

    class Changed(Message):
        """The mouse has changed what the view shows."""

    NAME: ClassVar[str]
    KEYS: ClassVar[tuple[Key, ...]] = ()

    def wanted(self, state: RunState) -> Query | None:
        """Return what the view has room for; None if for nothing."""
        raise NotImplementedError

    def prepare(self, state: RunState) -> None:
        """Show what is known already, before the view is shown and its query answered."""

    def draw(self, state: RunState) -> None:
        """Show the latest frame."""
        raise NotImplementedError

    def act(self, action: str, *arguments: object) -> SessionCommand | None:
        """Do what one of the view's keys says."""
        command: SessionCommand | None = getattr(self, f"action_{action}")(*arguments)
        return command
