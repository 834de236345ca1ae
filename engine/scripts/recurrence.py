"""Whether a script that is run again comes to the same."""

from __future__ import annotations

import marshal
import zlib
from array import array

_PLAIN = 2  # the version of `marshal` that writes the same numbers in the same bytes


class Recurrence:
    """Remembers the metrics of each iteration by four bytes, and compares.

    Attributes
    ----------
    differs : int or None
        The first iteration that came to something else when it was run again.
    """

    def __init__(self) -> None:
        self.differs: int | None = None
        self._sums = array("I")

    def compare(self, iteration: int, metrics: dict[str, float]) -> None:
        """Take what an iteration came to, now or again."""
        summed = zlib.crc32(marshal.dumps(metrics, _PLAIN))
        if iteration == len(self._sums):
            self._sums.append(summed)
        elif iteration < len(self._sums) and summed != self._sums[iteration]:
            if self.differs is None or iteration < self.differs:
                self.differs = iteration
            self._sums[iteration] = summed

    def forget_from(self, iteration: int) -> None:
        """Expect nothing of that iteration and later ones: something was changed before."""
        del self._sums[iteration:]
