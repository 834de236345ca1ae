"""What the network predicts for single samples."""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.protocol.bounds import Index, Rows

Order = Literal["data", "loss", "uncertain"]


class SamplesQuery(msgspec.Struct, frozen=True, tag="samples"):
    """Which samples a client shows.

    Attributes
    ----------
    first, rows : int
        The place of the first in the order, and how many.
    order : {"data", "loss", "uncertain"}
        As they come, those with the greatest loss first, or those whose likeliest class is least
        likely.
    only_wrong : bool
        Whether only those are shown whose likeliest class is not the true one.
    features : int
        How many features of each are shown.
    """

    first: Index
    rows: Rows
    order: Order = "data"
    only_wrong: bool = False
    features: Rows = 0


class SampleRow(msgspec.Struct, frozen=True):
    """What the network predicts for one sample.

    Attributes
    ----------
    row : int
        Its number in the data.
    true_class : int
    predicted : int or None
        The likeliest class; None where the probabilities are not numbers.
    loss : float or None
        Its own cross-entropy.
    probabilities : list of float or None
    features : list of float
        The first of them, as the network sees them.
    """

    row: int
    true_class: int
    predicted: int | None
    loss: float | None
    probabilities: list[float | None]
    features: list[float]


class Samples(msgspec.Struct, frozen=True, tag="samples"):
    """Those samples that a client asked for, and how many there are to scroll through.

    Attributes
    ----------
    wrong : int
        Of all samples.
    every : int
        Of how many samples one was looked at: more than 1 where there are very many, as long as
        the training goes on, and then until all of them have been put in order.
    """

    first: int
    total: int
    wrong: int
    rows: list[SampleRow]
    every: int = 1
