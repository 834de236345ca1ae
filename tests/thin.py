"""Large tables of parameters: a part of them in each run of the suite, all with ``-m ""``."""

import pytest


def thinned(values, every):
    """Return the values as parameters, all but every so many of them for the long runs only."""
    return [
        value if place % every == 0 else pytest.param(*_row(value), marks=pytest.mark.endurance)
        for place, value in enumerate(values)
    ]


def _row(value):
    return value if type(value) is tuple else (value,)
