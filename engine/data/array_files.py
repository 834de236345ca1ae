"""Which arrays of a file are features and which are labels, by the names that people give them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from engine.data.dataset import DataError
from engine.data.wording import clean, few
from engine.nn.arrays import Array

PAIRS = (
    ("x", "y"),
    ("data", "target"),
    ("data", "targets"),
    ("data", "labels"),
    ("images", "labels"),
    ("features", "labels"),
    ("features", "target"),
    ("inputs", "targets"),
    ("inputs", "labels"),
    ("x", "labels"),
    ("x", "target"),
    ("arr0", "arr1"),
)
TRAINING = ("", "train", "training")
VALIDATION = ("val", "valid", "validation", "test")


@dataclass
class Arrays:
    """Features and labels as a file has them.

    Attributes
    ----------
    name, label : str
        Of the two arrays; ``label`` is empty without labels.
    X, y : array
        ``y`` is None without labels.
    feature_names, class_names : list of str
    validation : Arrays or None
    """

    name: str
    label: str
    X: Array
    y: Array | None
    feature_names: list[str] = field(default_factory=list)
    class_names: list[str] = field(default_factory=list)
    validation: Arrays | None = None


def read_arrays(path: Path, label: str | None = None, *, labelled: bool = True) -> Arrays:
    """Read the arrays of features and labels from an NPZ file or NPY files.

    Parameters
    ----------
    path : Path
    label : str, optional
        The name of the array with the labels, or of the NPY file; a column's number.
    labelled : bool
        Whether there must be labels.

    Raises
    ------
    DataError
        If they are not found, or hold anything but numbers and text.
    """
    if path.suffix.lower() == ".npy":
        return _from_npy(path, label, labelled=labelled)
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith(".npy")]
    except zipfile.BadZipFile:
        raise DataError("it is not an NPZ file") from None
    with np.load(path, allow_pickle=False) as file:
        return _from_npz(file, [name.removesuffix(".npy") for name in names], label, labelled)


def _from_npz(
    file: Mapping[str, Array], names: list[str], label: str | None, labelled: bool
) -> Arrays:
    if label is not None and label not in names:
        raise DataError(f"--label: there is no array {label!r}; it holds {few(names, 8)}")
    pair = _find_pair(names, TRAINING, label)
    if pair is None and not labelled:
        pair = _find_features(names), ""
    if pair is None:
        raise DataError(
            "it must hold arrays named X and y, or x_train and y_train, data and target, images "
            f"and labels; it holds {few([clean(name) for name in names], 8) or 'none'}"
        )
    held = {name: _array(file, name) for name in pair if name}
    arrays = Arrays(pair[0], pair[1], held[pair[0]], held.get(pair[1]))
    plain = {_plain(name): name for name in names}
    arrays.feature_names = _texts(file, plain.get("featurenames"))
    arrays.class_names = _texts(file, plain.get("targetnames") or plain.get("classnames"))
    apart = _find_pair(names, VALIDATION, None)
    if apart is not None:
        arrays.validation = Arrays(*apart, _array(file, apart[0]), _array(file, apart[1]))
    return arrays


def _from_npy(path: Path, label: str | None, *, labelled: bool) -> Arrays:
    X = _load(path)
    beside = Path(label) if label is not None and label.lower().endswith(".npy") else None
    if beside is not None and not beside.exists():
        beside = path.parent / beside
    if label is None:
        beside = _labels_beside(path)
    if beside is not None:
        arrays = Arrays(path.name, beside.name, X, _load(beside))
        for word in VALIDATION:
            test = path.with_name(re.sub("train(ing)?", word, path.name, flags=re.IGNORECASE))
            labels = _labels_beside(test) if test != path and test.exists() else None
            if labels is not None:
                arrays.validation = Arrays(test.name, labels.name, _load(test), _load(labels))
                break
        return arrays
    if not labelled:
        return Arrays(path.name, "", X, None)
    if X.ndim != 2 or X.shape[1] < 2:
        raise DataError(
            "there is no file with its labels beside it, such as y.npy beside X.npy; name it with "
            "--label FILE.npy"
        )
    column = X.shape[1] if label is None else int(label) if label.isdecimal() else 0
    if not 1 <= column <= X.shape[1]:
        raise DataError(f"--label: {label!r} is no file .npy and no column from 1 to {X.shape[1]}")
    rest = np.delete(X, column - 1, axis=1)
    return Arrays(path.name, f"column {column}", rest, X[:, column - 1])


def _find_pair(
    names: Collection[str], parts: Collection[str], label: str | None
) -> tuple[str, str] | None:
    """Return the names of the features and of the labels, in one of the usual spellings."""
    plain = {_plain(name): name for name in names}
    for part in parts:
        for features, labels in PAIRS:
            for before, after in ((part, ""), ("", part)):
                found = plain.get(before + features + after)
                of_labels = label or plain.get(before + labels + after)
                if found and of_labels and found != of_labels:
                    return found, of_labels
    return None


def _find_features(names: list[str]) -> str:
    """Return the name of the features where there may be no labels."""
    plain = {_plain(name): name for name in names}
    for part in (*TRAINING, *VALIDATION, "new"):
        for features, _ in PAIRS:
            for name in (part + features, features + part):
                if name in plain:
                    return plain[name]
    if len(names) == 1:
        return names[0]
    raise DataError(f"it must hold an array named X; it holds {few(names, 8) or 'none'}")


def _plain(name: str) -> str:
    """Return a name in small letters, without what parts its words."""
    return re.sub(r"[-_. ]", "", name).lower()


def _labels_beside(path: Path) -> Path | None:
    """Return the file of labels that belongs to one of features: y_train.npy to X_train.npy."""
    words = re.split(r"([-_. ])", path.stem)
    for features, labels in PAIRS:
        for i, word in enumerate(words):
            if word.lower() != features:
                continue
            for written in (labels, labels.upper(), labels.capitalize()):
                beside = path.with_name("".join([*words[:i], written, *words[i + 1 :]]) + ".npy")
                if beside.exists():
                    return beside
    return None


def _load(path: Path) -> Array:
    try:
        with path.open("rb") as file:
            if file.read(6) != b"\x93NUMPY":
                raise DataError(f"{path.name} is not an NPY file")
            file.seek(0)
            array: Array = np.lib.format.read_array(file, allow_pickle=False)
    except DataError:
        raise
    except ValueError as error:
        raise _refused(path.name, error) from None
    return _checked(path.name, array)


def _array(file: Mapping[str, Array], name: str) -> Array:
    try:
        return _checked(name, file[name])
    except DataError:
        raise
    except ValueError as error:
        raise _refused(name, error) from None


def _refused(name: str, error: ValueError) -> DataError:
    if "allow_pickle" in str(error):
        return DataError(f"{clean(name)} is pickled (dtype object): save it as numbers or text")
    return DataError(f"{clean(name)} is damaged or not complete")


def _checked(name: str, array: Array) -> Array:
    name = clean(name)
    if array.dtype.names:
        raise DataError(f"{name} is a structured array: save its columns as one array of numbers")
    if array.dtype.kind not in "biufSU":
        raise DataError(f"{name} has the dtype {array.dtype}: save it as numbers or text")
    if array.ndim == 0:
        raise DataError(f"{name} is a single value, not one a sample")
    return array


def _texts(file: Mapping[str, Array], name: str | None) -> list[str]:
    """Return the texts of an array of names, or nothing if it cannot be read."""
    if name is None:
        return []
    try:
        array = _array(file, name)
    except DataError:
        return []
    return [clean(text) for text in as_texts(array).reshape(-1).tolist()]


def as_texts(array: Array) -> Array:
    """Return an array of bytes or other values as text."""
    if array.dtype.kind != "S":
        return array.astype(str)
    try:
        return np.char.decode(array, "utf-8")
    except UnicodeDecodeError:
        return np.char.decode(array, "latin-1")
