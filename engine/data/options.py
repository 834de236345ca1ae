"""What a person may say of how a file is to be read."""

from __future__ import annotations

from typing import Literal

import msgspec


class ReadingOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a file becomes features and labels, where that is not left to be found out.

    Attributes
    ----------
    label : str or None
        The column of the labels, by its name or its number from 1 on; of an ``.npy`` file, the
        file with its labels.
    features, drop : tuple of str
        The columns to learn from, if not all others, and those to leave out.
    missing : {"median", "drop", "refuse"}
        Whether a missing feature becomes the median of its column, its row is left out, or the
        file is refused.
    classes_from_numbers : bool
        Whether each different number is a class even where the label looks continuous.
    validation : str
        The share of the samples to keep apart, as ``0.2``, or a second file.
    """

    label: str | None = None
    features: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    missing: Literal["median", "drop", "refuse"] = "median"
    classes_from_numbers: bool = False
    validation: str = ""
