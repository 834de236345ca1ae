"""The toy datasets by name: a table that costs nothing to import."""

from __future__ import annotations

from typing import NamedTuple


class Toy(NamedTuple):
    """A toy dataset.

    Attributes
    ----------
    sentence : str
        What it looks like.
    noise : float
        The standard deviation of what is added to each feature, if not given.
    most_classes : int or None
        None for any number.
    """

    sentence: str
    noise: float = 0.0
    most_classes: int | None = None


TOYS = {
    "spiral": Toy("One arm of a spiral for each class, as in the book."),
    "vertical": Toy("One upright cloud for each class, side by side, as in the book."),
    "circles": Toy("A small circle inside a large one.", 0.1, 2),
    "moons": Toy("Two half moons, each reaching into the other.", 0.1, 2),
    "gaussians": Toy("One round cloud for each class, around a common centre.", 0.3),
    "xor": Toy("Four squares, of which those across from each other are one class.", 0.05, 2),
}

REGRESSION = ("sine",)  # of nnfs, whose targets are no classes
