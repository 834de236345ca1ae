"""The rows that are shown, against a plain reading of all of them."""

import statistics
import subprocess
import sys
from itertools import product
from queue import Empty, SimpleQueue
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.dataset import Dataset
from engine.protocol import commands
from engine.protocol.commands import Subscribe
from engine.protocol.views.samples import Samples, SamplesQuery
from engine.runs.build import build_trainer
from engine.runs.description import Description
from engine.service.answers.samples import MOST_LOOKED_AT, Ordering, SamplesView
from engine.service.session import Session
from tests.thin import thinned

ORDERS = (("data", False), ("data", True), ("uncertain", False), ("loss", False), ("loss", True))
UNCERTAIN = ORDERS[2]
WRONG = ORDERS[1]


def draw(samples, classes, seed=0):
    random = np.random.default_rng(seed)
    said = random.dirichlet(np.ones(classes), samples)
    y = random.integers(classes, size=samples)
    y[:2] = 0, 1
    return said, Dataset(random.standard_normal((samples, 2)), y)


def accuracy(said, data):
    return float((said.argmax(axis=1) == data.y).mean())


class Looked:
    """A view, and how to look once more when it says that there is more to be seen."""

    def __init__(self):
        self.calls = SimpleQueue()
        self.look = SamplesView(lambda: self.calls.put(None)).look

    def look_again(self, *wanted):
        self.calls.get(timeout=20)
        return self.look(*wanted)


def expected(said, true, order):
    """The rows in that order."""
    by, only_wrong = order
    rows = [i for i in range(len(true)) if not only_wrong or said[i].argmax() != true[i]]
    if by == "uncertain":
        return sorted(rows, key=lambda i: said[i].max())
    return rows if by == "data" else sorted(rows, key=lambda i: said[i, true[i]])


@given(
    samples=st.integers(2, 60),
    first=st.integers(0, 70),
    rows=st.integers(1, 20),
    order=st.sampled_from(ORDERS),
    state=st.none() | st.just(7),
)
def test_rows_are_those_of_the_order(samples, first, rows, order, state):
    said, data = draw(samples, 3)
    seen = Looked().look(said, data, SamplesQuery(first, rows, *order), state, 0.0)
    all_rows = expected(said, data.y, order)
    at = max(0, min(first, len(all_rows) - rows))
    assert [row.row for row in seen.rows] == all_rows[at : at + rows]
    assert (seen.first, seen.total, seen.every) == (at, len(all_rows), 1)
    assert seen.wrong == len(expected(said, data.y, WRONG))
    for row in seen.rows:
        assert row.probabilities == said[row.row].tolist()
        assert (row.true_class, row.predicted) == (data.y[row.row], said[row.row].argmax())


@pytest.mark.parametrize("order", ORDERS)
def test_of_very_many_rows_a_part_is_looked_at_until_the_training_stands_still(order):
    said, data = draw(50_000, 3)
    view, wanted = Looked(), SamplesQuery(0, 9, *order)
    seen = view.look(said, data, wanted, None, accuracy(said, data))
    assert seen.wrong == len(expected(said, data.y, WRONG))
    if order == ("data", False):
        assert (seen.total, seen.every) == (50_000, 1)
    else:
        part = slice(None, None, seen.every)
        assert said[part].size <= 2 * MOST_LOOKED_AT
        rows = expected(said[part], data.y[part], order)
        assert [row.row for row in seen.rows] == [k * seen.every for k in rows[:9]]
        assert seen.total == len(rows)
    now = said, data, wanted, 1, accuracy(said, data)
    assert view.look(*now) == seen
    still = view.look_again(*now)
    assert [row.row for row in still.rows] == expected(said, data.y, order)[:9]
    assert still.every == 1
    assert still.wrong == len(expected(said, data.y, WRONG))


def test_where_a_probability_is_no_number_nothing_is_predicted():
    said, data = draw(30, 3)
    said[[0, 7]] = np.nan
    for order in ORDERS:
        seen = Looked().look(said, data, SamplesQuery(0, 30, *order), None, 0.0)
        broken = [row for row in seen.rows if row.row in (0, 7)]
        assert [(row.predicted, row.loss) for row in broken] == [(None, None)] * 2
        assert seen.wrong == np.count_nonzero(said.argmax(axis=1) != data.y) + (data.y[0] == 0) + (
            data.y[7] == 0
        )
    first = Looked().look(said, data, SamplesQuery(0, 2, "loss"), None, 0.0).rows
    assert {row.row for row in first} == {0, 7}


def test_each_sample_has_its_own_loss_and_its_features():
    said, data = draw(30, 3)
    seen = Looked().look(said, data, SamplesQuery(0, 30, features=2), None, 0.0)
    losses = -np.log(np.clip(said[np.arange(30), data.y], 1e-7, 1 - 1e-7))
    assert [row.loss for row in seen.rows] == pytest.approx(losses.tolist())
    assert [row.features for row in seen.rows] == data.X.tolist()


def test_another_state_is_put_in_order_anew():
    (said, data), (others, _) = draw(40, 3), draw(40, 3, seed=1)
    view, wanted = Looked(), SamplesQuery(0, 40, "uncertain")
    for state, values in ((1, said), (2, others)):
        seen = view.look(values, data, wanted, state, 0.0)
        assert [row.row for row in seen.rows] == expected(values, data.y, UNCERTAIN)


def test_what_was_put_in_order_for_an_earlier_state_is_dropped():
    (said, data), (others, _) = draw(50_000, 3), draw(50_000, 3, seed=1)
    view, wanted = Looked(), SamplesQuery(0, 40, "uncertain")
    view.look(said, data, wanted, 1, 0.0)
    now = others, data, wanted, 2, 0.0
    seen = view.look(*now)
    while seen.every > 1:
        seen = view.look_again(*now)
    assert [row.row for row in seen.rows] == expected(others, data.y, UNCERTAIN)[:40]


def test_each_order_is_made_once_a_state_though_clients_want_different_ones():
    said, data = draw(50_000, 3)
    view = Looked()
    wanted = [SamplesQuery(0, 9, *order) for order in ORDERS]
    for _ in ORDERS:
        for each in wanted:
            view.look(said, data, each, 1, 0.5)
        view.calls.get(timeout=20)
    looks = [view.look(said, data, each, 1, 0.5) for each in wanted]
    assert {seen.every for seen in looks} == {1}
    assert {seen.wrong for seen in looks} == {len(expected(said, data.y, WRONG))}
    with pytest.raises(Empty):
        view.calls.get(timeout=0.2)


@pytest.mark.parametrize(("order", "still"), thinned(product(ORDERS, [False, True]), 3))
def test_looking_at_300_000_rows_costs_little_beside_putting_them_in_order(order, still):
    said, data = draw(300_000, 3)
    view, wanted = Looked(), SamplesQuery(1000, 40, *order)

    def seconds(function):
        begun = perf_counter()
        function()
        return perf_counter() - begun

    looks = []
    for number in range(15):
        state = number if still else None
        looks.append(seconds(lambda state=state: view.look(said, data, wanted, state, 0.5)))
    in_order = [seconds(lambda: Ordering(said, data.y, *order)) for _ in range(15)]
    assert statistics.median(looks) < statistics.median(in_order) / 2
    if still:
        seen = view.look(said, data, wanted, 14, 0.5)
        while seen.wrong == 150_000:  # as the accuracy says, until they have been counted
            seen = view.look_again(said, data, wanted, 14, 0.5)
        assert seen.every == 1
        by, only_wrong = order
        rows = np.arange(300_000)
        if only_wrong:
            rows = np.flatnonzero(said.argmax(axis=1) != data.y)
        if by != "data":
            key = said.max(axis=1) if by == "uncertain" else said[np.arange(300_000), data.y]
            rows = rows[np.argsort(key[rows], kind="stable")]
        assert [row.row for row in seen.rows] == rows[1000:1040].tolist()


@pytest.mark.parametrize("batch_size", [None, 20_000])
def test_a_session_has_rows_put_in_order_anew_only_where_others_may_be_predicted(batch_size):
    description = Description(samples=10_000, hidden=(4,), paused=True, batch_size=batch_size)
    session, calls = Session(build_trainer(description), description), SimpleQueue()
    session.wake = lambda: calls.put(None)
    trainer, wanted = session.trainer, SamplesQuery(0, 9, "uncertain")

    def is_put_in_order(command, probabilities):
        """Do a command; return whether it took a while until all rows were in order."""
        session.handle(command)
        while session.running:
            session.advance(1)
        seen = session.frame(Subscribe([wanted])).answer(Samples)
        if takes_a_while := seen.every > 1:
            calls.get(timeout=20)
            seen = session.frame(Subscribe([wanted])).answer(Samples)
        said = probabilities()
        assert seen.every == 1
        assert [row.row for row in seen.rows] == np.argsort(said.max(1), kind="stable")[:9].tolist()
        assert seen.wrong == np.count_nonzero(said.argmax(1) != trainer.data.y)
        return takes_a_while

    assert is_put_in_order(commands.Step("epoch"), lambda: trainer.probabilities)
    for operation in trainer.program:
        anew = is_put_in_order(commands.Step("operation"), lambda: trainer.probabilities)
        assert anew == (operation.name in ("dense_2.forward", "loss.forward"))
    for edit in ("dense_2.biases[1] = 0.5", "data.y[0] = 2"):
        assert is_put_in_order(commands.Edit(edit), lambda: trainer.evaluate().probabilities)
    assert is_put_in_order(commands.Undo(), lambda: trainer.evaluate().probabilities)
    assert is_put_in_order(commands.Undo(), lambda: trainer.probabilities)
    assert not is_put_in_order(commands.Pause(), lambda: trainer.probabilities)
    assert is_put_in_order(commands.Step("epoch", back=True), lambda: trainer.probabilities)


ENDLESS = """
import threading, numpy as np
from engine.data.dataset import Dataset
from engine.protocol.views.samples import SamplesQuery
from engine.service.answers.samples import SamplesView

class Endless(np.ndarray):
    def argmax(self, **options):
        if len(self) == 300_000:
            threading.Event().wait()
        return super().argmax(**options)

said = np.zeros((300_000, 3)).view(Endless)
view = SamplesView(lambda: None)
data = Dataset(np.zeros((300_000, 1)), np.arange(300_000) % 3)
view.look(said, data, SamplesQuery(0, 9, "uncertain"), 1, 0.5)
assert threading.active_count() == 2
print("done")
"""


def test_a_process_ends_while_rows_are_put_in_order():
    command = [sys.executable, "-c", ENDLESS]
    assert subprocess.run(command, capture_output=True, text=True, timeout=60).stdout == "done\n"
