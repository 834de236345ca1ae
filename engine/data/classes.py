"""Classes from labels as people have them: numbers, text, one-hot rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.data.dataset import DataError
from engine.data.wording import clean, few
from engine.nn.arrays import Array

MOST_NUMBERS = 100  # more different whole numbers than that look continuous
FEW = 10  # so many classes are taken of any number of samples


def classes_of(
    labels: Array, what: str, advice: str, *, any_numbers: bool = False
) -> tuple[list[str], Array]:
    """Return the names of the classes in order, and the class of each sample.

    Parameters
    ----------
    labels : array, shape (samples,)
        Finite numbers, truth values or text.
    what : str
        How an error names the labels.
    advice : str
        What an error says to do.
    any_numbers : bool
        Whether each different label is a class even where they look continuous.

    Raises
    ------
    DataError
        If the labels look continuous, or are all the same.
    """
    found, y = np.unique(labels, return_inverse=True)
    return names_of(found, len(labels), what, advice, any_numbers=any_numbers), y.reshape(-1)


def names_of(
    found: Array, samples: int, what: str, advice: str, *, any_numbers: bool = False
) -> list[str]:
    """Return the names of classes, from the different labels that there are; see `classes_of`."""
    if len(found) < 2:
        same = f" ({name_of(found[0])})" if len(found) else ""
        raise DataError(f"all rows have the same label{same} in {what}; {advice}")
    if any_numbers:
        return [name_of(label) for label in found]
    ask = f"{advice}, or make each one a class with --classes-from-numbers"
    seen = f"{len(found):,} different values in {samples:,} samples"
    if found.dtype.kind in "fiu":
        fractions = found.dtype.kind == "f" and bool((found % 1 != 0).any())
        if fractions and len(found) > max(2, min(2 * FEW, samples / 2)):
            raise DataError(f"{what} looks continuous, not like classes ({seen}): {ask}")
        if len(found) > MOST_NUMBERS:
            raise DataError(f"{what} looks continuous, not like classes ({seen}): {ask}")
    if len(found) > FEW and len(found) > samples / 2:
        raise DataError(f"{what} has nearly as many classes as samples ({seen}): {ask}")
    return [name_of(label) for label in found]


def name_of(label: object) -> str:
    """Return the name of a class; a whole number has no point."""
    if isinstance(label, float | np.floating):
        return str(int(label)) if label % 1 == 0 else repr(float(label))
    return clean(str(label))


def given_names(classes: list[str], y: Array, names: list[str]) -> tuple[list[str], Array]:
    """Return names that come with the data, where the labels are their numbers from 0 on."""
    numbers = [int(name) for name in classes if name.isdecimal() and int(name) < len(names)]
    if len(names) < 2 or len(numbers) < len(classes):
        return classes, y
    return [clean(name) for name in names], np.array(numbers, np.intp)[y]


def known_classes(found: Array, y: Array, classes: list[str], place: Callable[[int], str]) -> Array:
    """Return which class each sample of another file has.

    Parameters
    ----------
    found : array
        The different labels, which may be the numbers of classes that have names.
    y : array of int, shape (samples,)
        Which of them each sample has.
    classes : list of str
        Of the training set.
    place : callable
        Returns how an error names where a sample stands.

    Raises
    ------
    DataError
        If the training set has not one of the classes.
    """
    labels, numbers = [name_of(label) for label in found], y
    if not set(labels) & set(classes):
        labels, numbers = given_names(labels, y, classes)
    indices = {name: k for k, name in enumerate(classes)}
    known: Array = np.array([indices.get(label, -1) for label in labels], np.intp)[numbers]
    new = np.flatnonzero(known < 0)
    if len(new):
        raise DataError(
            f"{place(new[0])}: class {name_of(found[y[new[0]]])!r} does not occur in the "
            f"training set, which has {few(classes, 5)}"
        )
    return known


def one_hot_classes(y: Array, name: str) -> Array:
    """Return the class of each row of ``y``, in which one column is 1 and the others are 0.

    Raises
    ------
    DataError
        If a row names no class, or several.
    """
    if not ((y == 0) | (y == 1)).all():
        raise DataError(
            f"{name} has the shape {y.shape}: labels are one value a sample, or one-hot rows"
        )
    sums = np.asarray(y, np.intp).sum(axis=1)
    wrong = np.flatnonzero(sums != 1)
    if len(wrong):
        count = f"{sums[wrong[0]]} classes" if sums[wrong[0]] else "no class"
        raise DataError(
            f"row {wrong[0] + 1} of {name} names {count}: a one-hot row names one; "
            "several labels a sample cannot be learned"
        )
    indices: Array = np.argmax(y, axis=1)
    return indices
