"""What was understood of a file, so that it can be shown, and new rows be read in the same way."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.nn.arrays import Array


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How a file became features and labels, with the training set's figures.

    Attributes
    ----------
    summary : str
        The one line that the screen shows, such as ``178 samples, 13 features standardised,
        label: cultivar (3 classes), left out: id``.
    classes : list of str
        The names of the classes, in the order of their indices.
    """

    summary: str
    classes: list[str]

    def describe(self) -> list[str]:
        """Return the full description, one item a line."""
        raise NotImplementedError

    def features_of(self, path: Path) -> tuple[Array, list[str]]:
        """Read new rows from a file with the same columns, prepared as the training set was.

        The label may be absent, and other columns are ignored.

        Returns
        -------
        X : array, shape (samples, features)
        remarks : list of str
            One line each on what could not be taken as it is, such as ``row 3: colour 'pink' is
            new, taken as none``.

        Raises
        ------
        DataError
            With one line that says what is wrong, and where.
        """
        raise NotImplementedError
