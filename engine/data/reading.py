"""What was understood of a file, so that it can be shown, and new rows be read in the same way."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from engine.data.preparation import Preparation
from engine.data.tables.dialect import Dialect
from engine.data.wording import clean, counted, few
from engine.nn.arrays import Array

Kind = Literal["number", "true or false", "text", "date", "index", "id", "free text", "empty"]
Use = Literal["feature", "label", "left out"]


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a table, or of an array.

    Attributes
    ----------
    name : str
    kind : str
        What it holds.
    use : {"feature", "label", "left out"}
    missing : int
        In how many rows it has no value.
    categories : list of str
        Of a text column, in the order of its one-hot features; ``""`` stands for missing.
    """

    name: str
    kind: Kind = "number"
    use: Use = "feature"
    missing: int = 0
    categories: list[str] = []

    @property
    def width(self) -> int:
        """How many features it becomes."""
        if self.use != "feature":
            return 0
        return len(self.categories) if self.kind == "text" else 1


class NewRows(NamedTuple):
    """Rows of a file, prepared as a training set was.

    Attributes
    ----------
    X : array, shape (samples, features)
    remarks : list of str
        One line each on what could not be taken as it is, such as ``row 3: colour 'pink' is new,
        taken as none``.
    ids : list of str
        What the id column of the training set holds in these rows; empty without one.
    """

    X: Array
    remarks: list[str]
    ids: list[str] = []  # noqa: RUF012 - nobody changes it


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How a file became features and labels, with the training set's figures.

    Attributes
    ----------
    file : str
    format : dict of str
        How the file is written, by terms such as ``separator``.
    counts, validation_counts : list of int
        Samples of each class. Without a validation set the second is empty.
    validation_from : str
        Where the validation set comes from.
    label, label_found : str
        The column of the labels, and why it was taken.
    classes : list of str
        The names of the classes, in the order of their indices.
    columns : list of Column
        In the order of the file.
    preparation : Preparation
    remarks : list of str
        What else was done, each a part of the summary.
    dialect : Dialect or None
        Of a table of text.
    header : bool
        Whether the columns have names of their own.
    label_is_text : bool
    array : bool
        Whether it is a file of arrays.
    """

    file: str
    format: dict[str, str]
    counts: list[int] = []
    validation_counts: list[int] = []
    validation_from: str = ""
    label: str
    label_found: str
    classes: list[str]
    columns: list[Column]
    preparation: Preparation = Preparation(medians=[], means=[], deviations=[])
    remarks: list[str] = []
    dialect: Dialect | None = None
    header: bool = True
    label_is_text: bool = True
    array: bool = False

    @property
    def features(self) -> list[Column]:
        """The columns that are learned from."""
        return [column for column in self.columns if column.use == "feature"]

    @property
    def id(self) -> str:
        """The name of the column that tells the samples apart; empty without one."""
        left_out = [c.name for c in self.columns if c.kind == "id" and c.use == "left out"]
        return left_out[0] if left_out and self.header else ""

    @property
    def summary(self) -> str:
        """The one line that the screen shows.

        Such as ``178 samples, 13 features standardised, label: cultivar (3 classes), left out:
        id``.
        """
        samples = counted(sum(self.counts), "sample")
        if self.validation_counts:
            samples += f" + {sum(self.validation_counts):,} for validation"
        left_out = [column.name for column in self.columns if column.use == "left out"]
        one_hot = "one-hot, " if [c.use for c in self.columns].count("label") > 1 else ""
        parts = [
            samples,
            f"{counted(self.preparation.features, 'feature')} standardised",
            f"label: {self.label} ({one_hot}{counted(len(self.classes), 'class')})",
            f"left out: {few(left_out)}" if left_out else "",
            *self.remarks,
        ]
        return clean(", ".join(filter(None, parts)))

    def describe(self) -> list[str]:
        """Return the full description, one item a line."""
        from engine.data.description import describe

        return describe(self)

    def features_of(self, path: Path) -> NewRows:
        """Read new rows from a file with the same columns, prepared as the training set was.

        The label may be absent, and other columns are ignored.

        Raises
        ------
        DataError
            With one line that says what is wrong, and where.
        """
        from engine.data.files import new_features

        return new_features(path, self)
