"""Mistakes in what networks and trainers are made of, in one line that says what was meant."""

from __future__ import annotations


def expect(kind: type, value: object, what: str) -> None:
    """Raise TypeError if a value is not of that kind.

    Parameters
    ----------
    kind : type
    value : object
    what : str
        What it is for, as ``the loss of a trainer``.
    """
    if isinstance(value, kind):
        return
    name = kind.__name__
    article = "an" if name[0] in "AEIO" else "a"
    if isinstance(value, type) and issubclass(value, kind):
        raise TypeError(
            f"{what} must be {article} {name}: write {value.__name__}(...) for one,"
            f" not {value.__name__}, which is the class"
        )
    hint = "; make one with Dataset(X, y)" if name == "Dataset" else ""
    raise TypeError(f"{what} must be {article} {name}, not {value!r:.60}{hint}".replace("\n", " "))
