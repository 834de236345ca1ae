"""How each layer is doing: a few figures, and which of them are beyond the usual."""

from __future__ import annotations

import msgspec

from engine.protocol.bounds import Cells, Span


class LayersQuery(msgspec.Struct, frozen=True, tag="layers"):
    """What a client shows of the layers.

    Attributes
    ----------
    points : int
        Of the small curve beside each figure; 0 for none.
    span : int
        Epochs that those points are wide.
    """

    points: Cells
    span: Span


class LayerRow(msgspec.Struct, frozen=True):
    """A layer.

    Attributes
    ----------
    name, kind, shape : str
        As ``dense_1``, ``Dense`` and ``2×64``; the shape is of its weights, or its output.
    figures : dict of str to float or None
        Those of `FIGURES` that it has; None where a figure is no number.
    curves : dict of str to list of float or None
        What they were over the epochs.
    """

    name: str
    kind: str
    shape: str
    figures: dict[str, float | None]
    curves: dict[str, list[float | None]]


class Concern(msgspec.Struct, frozen=True):
    """A figure that is beyond the usual.

    Attributes
    ----------
    layer, figure : str
    text, meaning : str
        What is so, and what that means.
    since : int
        The epoch from which on it has been so,
    exact : bool
        or else at most a few epochs later.
    """

    layer: str
    figure: str
    text: str
    meaning: str
    since: int
    exact: bool


class Layers(msgspec.Struct, frozen=True, tag="layers"):
    """All layers, and what is to be said of them, the most serious first."""

    rows: list[LayerRow]
    concerns: list[Concern]


# The length of the parameters and of their gradient, the length of an update relative to the
# former, the share of units that pass no gradient on, mean and deviation of the output.
FIGURES = ("weights", "gradient", "update", "inactive", "mean", "deviation")
