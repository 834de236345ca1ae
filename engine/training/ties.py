"""Which arrays a network is tied to: those for a batch of one size, or of another.

The last batch of an epoch may be smaller than the others. Each size has arrays of its own, which
are allocated once; to change from one to the other, objects get other attributes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.nn.signals import Array
from engine.training.members import parts_of

# Objects' attributes, and what they are to be.
Tie = list[tuple[dict[str, Any], dict[str, Any]]]


def tie_of(things: list[Any]) -> Tie:
    """Take down what objects, and the layers and losses that they are made of, hold now."""
    return [(vars(part), dict(vars(part))) for thing in things for part in parts_of(thing)]


def differing(tie: Tie, other: Tie) -> Tie:
    """Leave out what is the same in another tie: parameters, and what goes on from batch to batch.

    Both are of the same objects.
    """
    return [
        (part, {name: value for name, value in own.items() if others.get(name) is not value})
        for (part, own), (_, others) in zip(tie, other, strict=True)
    ]


def tie_to(tie: Tie) -> None:
    """Change to other arrays, which hold at first what those before held in as many rows."""
    told: set[int] = set()
    for part, own in tie:
        for name, array in own.items():
            if name[0] != "_" and isinstance(array, np.ndarray) and id(array) not in told:
                told.add(id(array))
                _take_over(part.get(name), array)
        part.update(own)


def _take_over(before: Any, array: Array) -> None:
    if array.ndim and isinstance(before, np.ndarray) and before.shape[1:] == array.shape[1:]:
        rows = min(len(array), len(before))
        np.copyto(array[:rows], before[:rows], casting="unsafe")
