"""How large a record grows: by little more than the numbers that it holds."""

import numpy as np
import pytest

from engine.runs.blocks import INSERT, block, thinned
from engine.runs.database import RECORD, create
from tests import records

AT_ONCE = 512  # epochs that wait at most


@pytest.mark.parametrize(("epochs", "thin", "most"), [(200_000, False, 17.5), (2_000_000, True, 3)])
def test_ten_million_epochs_of_two_metrics_take_little_more_than_their_numbers(
    tmp_path, epochs, thin, most
):
    create(tmp_path)
    empty = (tmp_path / RECORD).stat().st_size
    values = np.random.default_rng(0).random((AT_ONCE, 2))
    with records.changing(tmp_path) as database:
        for begin in range(0, epochs, AT_ONCE):
            first, step, kept = thinned(begin, values) if thin else (begin, 1, values)
            database.execute(INSERT, block("main", first, step, kept))
    assert ((tmp_path / RECORD).stat().st_size - empty) / epochs < most
