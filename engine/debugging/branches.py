"""The ways that a training took: what was changed on each, and what it came to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile

from engine.debugging.snapshots import Snapshots
from engine.nn.arrays import Array
from engine.protocol import events
from engine.protocol.events import Changed, Position
from engine.training.history import History
from engine.training.snapshots import Snapshot

BEGINNING = Position(0, 0, 0)


@dataclass(eq=False)
class Branch:
    """One way that the training took.

    Attributes
    ----------
    name : str
    parent : Branch or None
        Which branch it left.
    left : Position
        Where it left it.
    changes : list of Changed
        All from the beginning on, those of the parent's way included.
    history : History
        Likewise.
    snapshots : Snapshots
        Its own, from where it left its parent.
    reached : Position
        How far it has come.
    measured : EpochMeasured or None
        Its last figures.
    state : str
        A digest of the state that it has come to.
    """

    name: str
    parent: Branch | None = None
    left: Position = BEGINNING
    changes: list[Changed] = field(default_factory=list)
    history: History = field(default_factory=History)
    snapshots: Snapshots = field(default_factory=Snapshots)
    reached: Position = BEGINNING
    measured: events.EpochMeasured | None = None
    state: str = ""

    @property
    def reason(self) -> str:
        """What was changed where it left its parent."""
        if self.parent is None:
            return ""
        own = [c for c in self.changes if c.position == self.left and c not in self.parent.changes]
        return ", ".join(c.text for c in own)

    @property
    def nbytes(self) -> int:
        """Bytes that its past takes, about."""
        return self.snapshots.nbytes + self.history.nbytes

    def has(self, here: Position, target: str, after: float) -> bool:
        """Return whether this change was made there, the last place where any was."""
        last = takewhile(lambda change: change.position == here, reversed(self.changes))
        return any((change.target, change.after) == (target, after) for change in last)

    def thin(self) -> bool:
        """Keep about half of what takes most; return whether that could be done."""
        if self.history.nbytes >= self.snapshots.nbytes and self.history.thin():
            return True
        if self.snapshots.nbytes:
            self.snapshots.thin()
            return True
        return self.history.thin()

    def before(self, iteration: int) -> Iterator[Snapshot]:
        """Yield snapshots up to that iteration, the latest first, its forebears' included."""
        branch: Branch | None = self
        left = None
        while branch:
            for snapshot in branch.snapshots:
                if snapshot.iteration <= iteration and (left is None or snapshot.position < left):
                    yield snapshot
            left = branch.left if left is None else min(left, branch.left)
            branch = branch.parent


def number_of(name: str) -> int:
    """Return the number in a branch's name; 0 for the first branch."""
    digits = name.rpartition("_")[2]
    return int(digits) if digits.isdecimal() else 0


def digest(*arrays: Array) -> str:
    """Return a digest of the arrays' bits."""
    hashed = hashlib.sha256()
    for array in arrays:
        hashed.update(array.tobytes())
    return hashed.hexdigest()
