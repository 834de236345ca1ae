"""The rows that are shown, against a plain reading of all of them."""

import statistics
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.protocol.commands import Subscribe
from engine.service.samples import MOST_LOOKED_AT, SamplesView

ORDERS = ("all", "wrong", "uncertain")


def draw(samples, classes, seed=0):
    random = np.random.default_rng(seed)
    said = random.dirichlet(np.ones(classes), samples)
    return said, random.integers(classes, size=samples)


def accuracy(said, true):
    return float((said.argmax(axis=1) == true).mean())


def expected(said, true, order):
    """The rows in that order."""
    if order == "wrong":
        return [i for i in range(len(true)) if said[i].argmax() != true[i]]
    if order == "uncertain":
        return sorted(range(len(true)), key=lambda i: said[i].max())
    return list(range(len(true)))


@given(
    samples=st.integers(1, 60),
    first=st.integers(0, 70),
    rows=st.integers(1, 20),
    order=st.sampled_from(ORDERS),
    state=st.none() | st.just(7),
)
def test_rows_are_those_of_the_order(samples, first, rows, order, state):
    said, true = draw(samples, 3)
    seen = SamplesView().look(said, true, Subscribe(0, 0, first, rows, order), state, 0.0)
    all_rows = expected(said, true, order)
    at = max(0, min(first, len(all_rows) - rows))
    assert [row.row for row in seen.rows] == all_rows[at : at + rows]
    assert (seen.first, seen.total, seen.every) == (at, len(all_rows), 1)
    assert seen.wrong == len(expected(said, true, "wrong"))
    for row in seen.rows:
        assert row.probabilities == said[row.row].tolist()
        assert (row.true_class, row.predicted) == (true[row.row], said[row.row].argmax())


@pytest.mark.parametrize("order", ORDERS)
def test_of_very_many_rows_a_part_is_looked_at_until_the_training_stands_still(order):
    said, true = draw(50_000, 3)
    view, wanted = SamplesView(), Subscribe(0, 0, 0, 9, order)
    seen = view.look(said, true, wanted, None, accuracy(said, true))
    assert seen.wrong == len(expected(said, true, "wrong"))
    if order == "all":
        assert (seen.total, seen.every) == (50_000, 1)
    else:
        part = slice(None, None, seen.every)
        assert said[part].size <= 2 * MOST_LOOKED_AT
        rows = expected(said[part], true[part], order)
        assert [row.row for row in seen.rows] == [k * seen.every for k in rows[:9]]
        assert seen.total == len(rows)
    still = view.look(said, true, wanted, 1, accuracy(said, true))
    assert [row.row for row in still.rows] == expected(said, true, order)[:9]
    assert still.every == 1


def test_another_state_is_put_in_order_anew():
    (said, true), (others, _) = draw(40, 3), draw(40, 3, seed=1)
    view, wanted = SamplesView(), Subscribe(0, 0, 0, 40, "uncertain")
    for state, values in ((1, said), (2, others)):
        seen = view.look(values, true, wanted, state, 0.0)
        assert [row.row for row in seen.rows] == expected(values, true, "uncertain")


@pytest.mark.parametrize("order", ORDERS)
def test_looking_at_300_000_rows_costs_little_beside_one_pass_over_them(order):
    said, true = draw(300_000, 3)
    view, wanted = SamplesView(), Subscribe(0, 0, 1000, 40, order)

    def seconds(function):
        begun = perf_counter()
        function()
        return perf_counter() - begun

    look = [seconds(lambda: view.look(said, true, wanted, None, 0.5)) for _ in range(15)]
    one_pass = [seconds(lambda: said.argmax(axis=1)) for _ in range(15)]
    assert statistics.median(look) < statistics.median(one_pass) / 2
